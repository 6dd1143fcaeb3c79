"""Which recipients and channels the tenant's rules add; `test_rules.py` has what goes without."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.matching import RuleFacts, judge
from gateway.models import Audience
from gateway.reasons import Reason
from gateway.request import NotifyRequest, To, ToChannel, ToChat, ToEmail, ToTopic, ToUser
from gateway.rules import ChannelFacts, Facts, Pair, PersonFacts, Where, concern, expanded

LARK, DING, OFF = (
    ChannelFacts(name, f"acme/{name}", name != "off", Audience.PERSON)
    for name in ("lark", "ding", "off")
)
ROBOT = ChannelFacts("robot", "acme/robot", enabled=True, audience=Audience.GROUP)
CHANNELS = {each.name: each for each in (LARK, DING, OFF, ROBOT)}
PEOPLE = dict.fromkeys(("li", "tan", "zhao"), PersonFacts())


def user(name: str) -> ToUser:
    return ToUser(user=name)


def concerned(
    *rules: RuleFacts,
    to: Sequence[Any] = (),
    channels: Sequence[str] | None = None,
    topics: dict[str, Sequence[Any]] | None = None,
) -> list[Pair]:
    body = {"type": "t", "to": to, "card": {"title": "T"}, "routing": {"channels": channels}}
    request = NotifyRequest.model_validate(body)
    facts = Facts(CHANNELS, PEOPLE, {}, {}, verdicts=judge(rules, request), topics=topics or {})
    return concern(request, facts)


def names(pairs: Sequence[Pair]) -> list[tuple[str, str | None, Reason | None]]:
    return [(p.recipient.key, p.channel.name if p.channel else None, p.reason) for p in pairs]


NEVER = {"type": ["never"]}


def test_a_rule_adds_recipients_who_are_merged_with_those_in_to() -> None:
    rule = RuleFacts("dba", recipients=(user("tan"), user("li")))
    found = concerned(rule, to=["user:li"], channels=["lark"])
    assert names(found) == [("user:li", "lark", None), ("user:tan", "lark", None)]
    assert [pair.because.named for pair in found] == [True, False]


def test_the_channels_of_matching_rules_are_where_everybody_hears() -> None:
    rules = [RuleFacts("a", channels=("ding",)), RuleFacts("b", recipients=(user("tan"),))]
    found = concerned(*rules, to=["user:li"])
    assert names(found) == [("user:li", "ding", None), ("user:tan", "ding", None)]
    assert {pair.because.where for pair in found} == {Where.RULES}


def test_the_application_has_the_last_word_on_channels() -> None:
    rule = RuleFacts("a", channels=("ding", "robot"))
    [pair] = concerned(rule, to=["user:li"], channels=["lark"])
    assert (names([pair]), pair.because.where) == ([("user:li", "lark", None)], Where.ROUTING)
    assert pair.because.rules == ()


def test_a_rule_that_names_no_channel_leaves_it_to_the_enabled_ones() -> None:
    found = concerned(RuleFacts("a", recipients=(user("li"),)))
    assert names(found) == [("user:li", "lark", None), ("user:li", "ding", None)]


def test_a_group_channel_of_a_rule_gets_one_delivery_for_the_group() -> None:
    rules = [RuleFacts("a", channels=("robot",)), RuleFacts("b", channels=("robot", "lark"))]
    found = concerned(*rules, to=["user:li"])
    assert names(found) == [("channel:robot", "robot", None), ("user:li", "lark", None)]
    assert [rule.name for rule in found[0].because.rules] == ["a", "b"]


def test_a_channel_of_a_rule_that_is_off_is_told_as_such() -> None:
    found = concerned(RuleFacts("a", channels=("off",)), to=["user:li"])
    assert names(found) == [("user:li", "off", Reason.CHANNEL_DISABLED)]


def test_a_rule_that_does_not_match_changes_nothing() -> None:
    rule = RuleFacts("a", match=NEVER, channels=("ding",), recipients=(user("tan"),))
    assert names(concerned(rule, to=["user:li"])) == names(concerned(to=["user:li"]))


def test_where_every_matching_rule_is_off_whoever_would_hear_is_told_so() -> None:
    rules = [
        RuleFacts("off", enabled=False, channels=("lark",), recipients=(user("tan"),)),
        RuleFacts("else", match=NEVER),
    ]
    assert names(concerned(*rules, to=["user:li", "user:nobody"])) == [
        ("user:li", "lark", Reason.RULE_DISABLED),
        ("user:nobody", "lark", Reason.RULE_DISABLED),
        ("user:tan", "lark", Reason.RULE_DISABLED),
    ]


def test_a_rule_that_is_off_adds_nothing_beside_one_that_is_on() -> None:
    rules = [
        RuleFacts("off", enabled=False, channels=("ding",), recipients=(user("tan"),)),
        RuleFacts("on", channels=("lark",)),
    ]
    assert names(concerned(*rules, to=["user:li"])) == [("user:li", "lark", None)]


def test_a_rule_may_add_groups_and_whoever_has_an_address() -> None:
    rule = RuleFacts(
        "a",
        recipients=(
            ToEmail(email="a@x.example"),
            ToChat(chat="oc_1", channel="lark"),
            ToChannel(channel="robot"),
            ToChat(chat="oc_1", channel="gone"),
        ),
    )
    assert names(concerned(rule, channels=["lark"])) == [
        ("chat:oc_1", "lark", None),
        ("channel:robot", "robot", None),
        ("email:a@x.example", "lark", None),
    ]


def test_a_topic_stands_for_its_members_once() -> None:
    topics = {"dba": (user("li"), user("tan"))}
    rule = RuleFacts("a", recipients=(ToTopic(topic="dba"),))
    found = concerned(rule, to=["user:li", {"topic": "dba"}], channels=["lark"], topics=topics)
    assert names(found) == [("user:li", "lark", None), ("user:tan", "lark", None)]


@pytest.mark.parametrize(
    ("windows", "shortest"), [((None, None), None), ((600, None), 600), ((600, 0), 0)]
)
def test_the_shortest_window_of_the_rules_holds(
    windows: Sequence[int | None], shortest: int | None
) -> None:
    rules = [RuleFacts(str(n), user_window_seconds=each) for n, each in enumerate(windows)]
    [pair, _] = concerned(*rules, to=["user:li"])
    assert pair.because.window_seconds == shortest


def test_a_rule_binds_to_phones_only_what_it_makes() -> None:
    rules = [
        RuleFacts("a", channels=("lark",), mobile_only=True),
        RuleFacts("b", channels=("ding",)),
    ]
    found = {pair.channel.name: pair for pair in concerned(*rules, to=["user:li"]) if pair.channel}
    assert (found["lark"].because.mobile_only, found["ding"].because.mobile_only) == (True, False)


NAMES = st.sampled_from(["li", "tan", "zhao"])
RULES = st.lists(
    st.builds(
        RuleFacts,
        name=st.sampled_from("abcdef"),
        enabled=st.booleans(),
        match=st.sampled_from([{}, NEVER, {"type": ["*"]}]),
        channels=st.lists(st.sampled_from(list(CHANNELS)), unique=True, max_size=2).map(tuple),
        recipients=st.lists(NAMES.map(user), max_size=2).map(tuple),
        user_window_seconds=st.sampled_from([None, 0, 60]),
        mobile_only=st.booleans(),
    ),
    max_size=4,
    unique_by=lambda rule: rule.name,
)
TO = st.lists(NAMES.map(lambda name: f"user:{name}"), max_size=3)


def outcome(pairs: Sequence[Pair]) -> set[tuple[object, ...]]:
    return {
        (*name, p.because.window_seconds, p.because.mobile_only, p.because.named)
        for name, p in zip(names(pairs), pairs, strict=True)
    }


@given(RULES, TO, st.randoms())
def test_the_order_of_rules_and_of_recipients_decides_nothing(
    rules: list[RuleFacts],
    to: list[str],
    chance: Any,  # noqa: ANN401 - a random.Random
) -> None:
    found = outcome(concerned(*rules, to=to))
    chance.shuffle(rules)
    chance.shuffle(to)
    assert outcome(concerned(*rules, to=to)) == found


@given(RULES, TO)
def test_nobody_hears_twice_on_a_channel(rules: list[RuleFacts], to: list[str]) -> None:
    places = [(recipient, channel) for recipient, channel, _ in names(concerned(*rules, to=to))]
    assert len(set(places)) == len(places)


@given(RULES, TO)
def test_a_rule_never_takes_a_recipient_away(rules: list[RuleFacts], to: list[str]) -> None:
    heard = {recipient for recipient, channel, _ in names(concerned(*rules, to=to)) if channel}
    assert set(to) <= heard


def test_a_rule_for_a_group_leaves_the_persons_where_they_were() -> None:
    found = concerned(RuleFacts("a", channels=("robot",)), to=["user:li"])
    assert names(found) == [
        ("channel:robot", "robot", None),
        ("user:li", "lark", None),
        ("user:li", "ding", None),
    ]


def test_a_topic_that_is_gone_stands_for_nobody() -> None:
    named: list[To] = [ToTopic(topic="gone"), user("li")]
    assert list(expanded(named, {})) == [user("li")]
