"""A plan has what differs and nothing else: whatever a file says, once is enough."""

from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.cli.declare.exporting import exported
from gateway.cli.declare.planning import plan, same
from gateway.cli.declare.state import SECTIONS, Found, Plan, Step, TypeFacts, Types
from gateway.cli.declare.wishing import wished
from gateway.cli.documents import parsed, written

LARK = TypeFacts(
    frozenset({"app_id", "app_secret", "encrypt_key", "api_base"}),
    frozenset({"app_secret", "encrypt_key"}),
    "app_id",
)
TYPES: Types = {"lark": LARK}
ENVIRONMENT = {"SECRET": "s3cret", "OTHER": "0ther"}

NAMES = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,5}", fullmatch=True)
USERS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,5}", fullmatch=True)
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
SCALARS = WORDS.filter(lambda text: not text.startswith("=~")) | st.booleans() | st.integers(0, 9)
RECIPIENTS = (
    USERS.map(lambda user: f"user:{user}")
    | USERS.map(lambda user: {"user": user})
    | NAMES.map(lambda topic: {"topic": topic})
    | st.just({"mobile": "+6581234567"})
    | st.just({"chat": "oc_1", "channel": "lark"})
)
SECRETS = st.sampled_from(["${SECRET}", "${OTHER}", "as it is"])


def some(**optional: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=optional)


CONFIGS = st.fixed_dictionaries(
    {"app_id": WORDS.map(lambda text: text.replace("$", "$${"))},
    optional={"app_secret": SECRETS, "encrypt_key": SECRETS | st.none(), "api_base": st.none()},
)
CHANNELS = st.fixed_dictionaries(
    {"type": st.just("lark"), "config": CONFIGS},
    optional={
        "enabled": st.booleans(),
        "label": WORDS,
        "limits": some(monthly_quota=st.integers(0, 9), calls_per_second=st.none()),
    },
)
PEOPLE = some(
    id=st.nothing(),
    display_name=WORDS,
    mobile=st.just("+6581234567") | st.none(),
    departments=st.lists(WORDS.filter(bool), max_size=2),
    preferences=some(
        quiet_hours=st.just({"start": "22:00", "end": "07:00"}) | st.none(),
        types=st.dictionaries(NAMES, st.booleans(), max_size=2),
    ),
)
RULES = some(
    enabled=st.booleans(),
    match=st.dictionaries(
        WORDS.filter(bool), SCALARS | st.lists(SCALARS, min_size=1, max_size=2), max_size=2
    ),
    channels=st.lists(NAMES, max_size=2),
    recipients=st.lists(RECIPIENTS, max_size=2),
    user_window_seconds=st.integers(0, 9) | st.none(),
)
TEMPLATES = st.fixed_dictionaries(
    {"card": st.builds(lambda title: {"title": f"{title} {{{{ who }}}}"}, NAMES)},
    optional={"locales": st.just({"zh-CN": {"card": {"title": "中文"}}})},
)
IDENTITIES = st.builds(lambda name: {"kind": "open_id", "id": name}, NAMES)
DOCUMENTS = st.fixed_dictionaries(
    {"tenant": some(name=WORDS, entitled=st.booleans()).map(lambda each: {"id": "acme", **each})},
    optional={
        "channels": st.dictionaries(NAMES, CHANNELS, max_size=3),
        "users": st.dictionaries(USERS, PEOPLE, max_size=3),
        "topics": st.dictionaries(NAMES, some(members=st.lists(RECIPIENTS, max_size=2))),
        "templates": st.dictionaries(NAMES, TEMPLATES, max_size=2),
        "rules": st.dictionaries(NAMES, RULES, max_size=3),
        "bindings": st.dictionaries(NAMES, st.dictionaries(USERS, IDENTITIES, max_size=2)),
    },
)
NOTHING = Found(exists=False, settings={}, sections={})
EMPTY = {section: {} for section in SECTIONS}


def after(found: Found, planned: Plan) -> Found:
    """Return what a gateway has when a plan was carried out."""
    settings = dict(found.settings)
    sections: dict[str, dict[str, Any]] = {
        name: dict(found.sections.get(name, {})) for name in SECTIONS
    }
    secrets = {name: set(each) for name, each in found.secrets.items()}
    for step in planned.steps:
        if step.section == "tenant":
            settings |= step.body
        elif step.section == "channels":
            _switch_or_put(sections["channels"], secrets, step)
        elif step.verb == "delete":
            del sections[step.section][step.name]
        else:
            sections[step.section][step.name] = step.body
    kept = {name: frozenset(each) for name, each in secrets.items()}
    return Found(exists=True, settings=settings, sections=sections, secrets=kept)


def _switch_or_put(channels: dict[str, Any], secrets: dict[str, set[str]], step: Step) -> None:
    if step.verb == "delete":
        del channels[step.name]
        secrets.pop(step.name, None)
    elif step.verb in {"enable", "disable"}:
        channels[step.name] = {**channels[step.name], "enabled": step.verb == "enable"}
    else:
        config = dict(step.body["config"])
        for name in LARK.secrets & config.keys():
            known = secrets.setdefault(step.name, set())
            (known.discard if config.pop(name) is None else known.add)(name)
        before = channels.get(step.name, {"enabled": False})
        channels[step.name] = {**step.body, "config": config, "enabled": before["enabled"]}


def planned(document: Mapping[str, Any], found: Found, **options: bool) -> Plan:
    return plan(wished(document, TYPES, ENVIRONMENT), found, TYPES, **options)


@given(DOCUMENTS)
def test_what_was_applied_needs_no_second_time(document: dict[str, Any]) -> None:
    found = after(NOTHING, planned(document, NOTHING))
    assert planned(document, found) == Plan(())


@given(DOCUMENTS, DOCUMENTS)
def test_pruning_leaves_what_the_file_says_whatever_was_there(
    before: dict[str, Any], document: dict[str, Any]
) -> None:
    found = after(NOTHING, planned(before, NOTHING))
    pruned = after(found, planned(document, found, prune=True))
    assert planned(document, pruned, prune=True) == Plan(())
    for section in SECTIONS:
        if section in document:
            assert pruned.sections[section].keys() == names(document, section)


def names(document: Mapping[str, Any], section: str) -> set[str]:
    if section != "bindings":
        return set(document[section])
    return {f"{channel}/{user}" for channel, users in document[section].items() for user in users}


@given(DOCUMENTS, DOCUMENTS)
def test_without_pruning_nothing_is_ever_deleted(
    before: dict[str, Any], document: dict[str, Any]
) -> None:
    found = after(NOTHING, planned(before, NOTHING))
    steps = planned(document, found).steps
    assert all(step.verb != "delete" for step in steps)


@given(DOCUMENTS)
def test_what_is_exported_changes_nothing_when_it_is_applied(document: dict[str, Any]) -> None:
    found = after(NOTHING, planned(document, NOTHING))
    text = written(exported("acme", found))
    again = parsed(text, "the export")
    assert planned(again, found, prune=True) == Plan(())
    assert written(exported("acme", found)) == text


@given(DOCUMENTS)
def test_an_export_makes_the_same_tenant_elsewhere(document: dict[str, Any]) -> None:
    found = after(NOTHING, planned(document, NOTHING))
    copy = exported("acme", found)
    environment = dict.fromkeys(("SECRET", "OTHER"), "x")
    wish = wished(copy, TYPES, environment)
    elsewhere = after(NOTHING, plan(wish, NOTHING, TYPES))
    assert same(exported("acme", elsewhere), copy)


@given(DOCUMENTS)
def test_what_a_file_leaves_out_is_left_alone(document: dict[str, Any]) -> None:
    found = after(NOTHING, planned(document, NOTHING))
    assert planned({"tenant": {"id": "acme"}}, found, prune=True) == Plan(())


def channel(**config: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    body = {"type": "lark", "config": {"app_id": "cli_1", "app_secret": "${SECRET}", **config}}
    return {"tenant": {"id": "acme"}, "channels": {"lark": body}}


def verbs(planned: Plan) -> list[str]:
    return [str(step) for step in planned.steps]


def sent(planned: Plan) -> set[str]:
    """Name the secrets that go along."""
    return {each.path for step in planned.steps for each in step.changes if each.secret}


def test_a_secret_that_is_set_is_sent_again_only_where_that_is_asked() -> None:
    found = after(NOTHING, planned(channel(), NOTHING))
    assert sent(planned(channel(), found, resend=True)) == {"config.app_secret"}
    assert sent(planned(channel(), found)) == set()


def test_a_secret_that_is_missing_is_sent() -> None:
    found = after(NOTHING, planned(channel(), NOTHING))
    assert sent(planned(channel(encrypt_key="${OTHER}"), found)) == {"config.encrypt_key"}


def test_null_removes_a_secret_once() -> None:
    found = after(NOTHING, planned(channel(encrypt_key="${OTHER}"), NOTHING))
    removed = after(found, planned(channel(encrypt_key=None), found))
    assert removed.secrets["lark"] == {"app_secret"}
    assert planned(channel(encrypt_key=None), removed) == Plan(())


def test_another_application_needs_its_secrets() -> None:
    found = after(NOTHING, planned(channel(), NOTHING))
    assert sent(planned(channel(app_id="cli_2"), found)) == {"config.app_secret"}
    assert sent(planned(channel(api_base="https://x.example"), found)) == set()


def test_a_channel_stops_before_it_changes_and_starts_after() -> None:
    on, off = channel(), channel(api_base="https://x.example")
    on["channels"]["lark"]["enabled"], off["channels"]["lark"]["enabled"] = True, False
    found = after(NOTHING, planned(on, NOTHING))
    assert verbs(planned(on, NOTHING))[-2:] == ["create channel lark", "enable channel lark"]
    assert verbs(planned(off, found)) == ["disable channel lark", "change channel lark"]


def test_what_is_named_is_written_first_and_deleted_last() -> None:
    document = {
        "tenant": {"id": "acme"},
        "rules": {"r": {"recipients": [{"topic": "t"}], "channels": ["lark"]}},
        "topics": {"t": {"members": ["user:li"]}},
        "users": {"li": {}},
        "channels": channel()["channels"],
    }
    made = ["tenant acme", "channel lark", "user li", "topic t", "rule r"]
    assert verbs(planned(document, NOTHING)) == [f"create {each}" for each in made]
    found = after(NOTHING, planned(document, NOTHING))
    gone = planned({"tenant": {"id": "acme"}, **EMPTY}, found, prune=True)
    assert verbs(gone) == [f"delete {each}" for each in reversed(made[1:])]


def test_true_is_not_one() -> None:
    document = {"tenant": {"id": "acme"}, "rules": {"r": {"match": {"urgent": 1}}}}
    found = after(NOTHING, planned(document, NOTHING))
    document["rules"] = {"r": {"match": {"urgent": True}}}
    assert verbs(planned(document, found)) == ["change rule r"]


def test_bindings_that_were_found_are_no_file_s_to_delete() -> None:
    bound = {"lark/li": {"kind": "open_id", "id": "ou_1"}}
    found = Found(True, {}, {"bindings": bound}, kept=frozenset(bound))
    assert planned({"tenant": {"id": "acme"}, "bindings": {}}, found, prune=True) == Plan(())
    assert exported("acme", found)["bindings"] == {}
