"""Every plugin here is a real module on the path, loaded through a real entry point."""

import sys
import textwrap
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from gateway.errors import TemporaryError
from gateway.models import Receipt
from gateway.plugin import Card, hookimpl
from gateway.registry import GROUP, Registry, load, secret_fields
from gateway.testing import CapturingLog, module, registry_of

from .lanes.toy import Platform, toy_type

GOOD = """
    from pydantic import BaseModel, SecretStr
    from gateway.plugin import Channel, ChannelType, Identity, Receipt, hookimpl

    class Credential(BaseModel):
        token: SecretStr
        spare: SecretStr | None = None
        room: str = "main"

    class Whole(Channel[Credential]):
        async def check(self): return []
        async def resolve(self, recipient): return Identity(recipient.id, "x")
        def render(self, card): return {"text": card.text}
        async def send(self, to, payload, *, key): return Receipt("m")

    NAME = __name__.removeprefix("plugin_")

    @hookimpl
    def channel_types():
        return [ChannelType(NAME, NAME, Credential, Whole)]
"""
LACKING = """
    class Half(Channel[Credential]):
        async def check(self): return []

    @hookimpl
    def channel_types():
        return [ChannelType(NAME, NAME, Credential, Half)]
"""
Install = Callable[..., EntryPoint]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Yield what writes a plugin module and returns its entry point."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)

    def write(name: str, *parts: str) -> EntryPoint:
        source = "\n".join(textwrap.dedent(part) for part in parts)
        (tmp_path / f"plugin_{name}.py").write_text(source)
        return EntryPoint(name, f"plugin_{name}", GROUP)

    yield write
    for name in set(sys.modules) - before:
        if name.startswith("plugin_"):
            del sys.modules[name]


def loaded(*points: EntryPoint, allowed: frozenset[str] | None = None) -> Registry:
    return load(CapturingLog(), points=points, allowed=allowed)


BROKEN: dict[str, tuple[list[str], str]] = {
    "raises at import": (["1 / 0"], "ZeroDivisionError"),
    "ends the process at import": (["raise SystemExit(3)"], "SystemExit"),
    "has a syntax error": (["def ("], "SyntaxError"),
    "imports what is not there": (["import no_such_module"], "ModuleNotFoundError"),
    "lacks abstract methods": ([GOOD, LACKING], "lacks render, resolve, send"),
    "returns garbage": (
        [GOOD, "@hookimpl\ndef channel_types(): return [42]"],
        "channel_types offered a int",
    ),
    "returns no list": ([GOOD, "@hookimpl\ndef channel_types(): return 42"], "TypeError"),
    "returns nothing useful": (
        [GOOD, "@hookimpl\ndef channel_types(): return (each for each in [None])"],
        "channel_types offered a NoneType",
    ),
    "raises when asked": (
        [GOOD, "@hookimpl\ndef channel_types(): raise KeyError('x')"],
        "KeyError",
    ),
    "has a hook with wrong arguments": (
        [GOOD, "@hookimpl\ndef rewrite_card(card, colour): return card"],
        "PluginValidationError",
    ),
    "has a hook nobody knows": ([GOOD, "@hookimpl\ndef rewrite_cards(card): ..."], "unknown hook"),
    "offers a name that is no slug": (
        [
            GOOD,
            "@hookimpl\ndef channel_types(): return [ChannelType('../x', 'x', Credential, Whole)]",
        ],
        "is no slug",
    ),
    "has a configuration that is no model": (
        [GOOD, "@hookimpl\ndef channel_types(): return [ChannelType('x', 'x', dict, Whole)]"],
        "its configuration is no pydantic model",
    ),
    "has a configuration that no form could show": (
        [
            GOOD,
            "class Odd(Credential):\n    call: __import__('typing').Callable[[], int] = print",
            "@hookimpl\ndef channel_types(): return [ChannelType('x', 'x', Odd, Whole)]",
        ],
        "PydanticInvalidForJsonSchema",
    ),
}


@pytest.mark.parametrize(("parts", "sentence"), BROKEN.values(), ids=list(BROKEN))
def test_a_broken_plugin_is_named_and_the_others_load(
    parts: list[str], sentence: str, install: Install
) -> None:
    registry = loaded(install("after", GOOD), install("bad", *parts), install("a_first", GOOD))
    [broken] = registry.broken
    assert broken.name == "bad"
    assert broken.error is not None
    assert sentence in broken.error
    assert set(registry.offers) == {"after", "a_first"}
    assert [plugin.name for plugin in registry.plugins] == ["a_first", "after", "bad"]


def test_a_broken_plugin_is_logged(install: Install) -> None:
    log = CapturingLog()
    load(log, points=[install("bad", "1 / 0")])
    assert [(line.level, line.event) for line in log.lines] == [("warning", "plugin did not load")]


def test_hooks_of_a_plugin_that_was_refused_are_never_called(install: Install) -> None:
    wrong = "@hookimpl\ndef delivery_finished(delivery_id, mood): raise AssertionError"
    good = "@hookimpl\ndef rewrite_card(card): return card.model_copy(update={'title': 'bad'})"
    registry = loaded(install("bad", GOOD, good, wrong))
    assert registry.broken
    assert registry.rewrite(Card(title="kept"), "x").title == "kept"
    registry.finished("dlv_1", Receipt("m"))


def test_a_name_that_is_taken_is_refused_and_its_holder_named(install: Install) -> None:
    thief = "NAME = 'good'"
    registry = loaded(install("good", GOOD), install("thief", GOOD, thief))
    [broken] = registry.broken
    assert broken.name == "thief"
    assert "the channel type good belongs to good" in str(broken.error)
    assert registry.offers["good"].plugin.name == "good"


def test_one_name_offered_twice_by_one_plugin_is_refused(install: Install) -> None:
    twice = """
        @hookimpl
        def channel_types():
            return [ChannelType("x", title, Credential, Whole) for title in "ab"]
    """
    registry = loaded(install("bad", GOOD, twice))
    assert [plugin.name for plugin in registry.broken] == ["bad"]
    assert not registry.offers


def test_only_what_is_allowed_is_even_imported(install: Install) -> None:
    points = [install("one", GOOD), install("two", GOOD), install("bad", "raise SystemExit")]
    registry = loaded(*points, allowed=frozenset({"one"}))
    assert [plugin.name for plugin in registry.plugins] == ["one"]
    assert "plugin_two" not in sys.modules
    assert not registry.broken
    assert not loaded(*points, allowed=frozenset()).plugins


def test_ctrl_c_during_the_start_is_no_plugins_bug(install: Install) -> None:
    with pytest.raises(KeyboardInterrupt):
        loaded(install("slow", "raise KeyboardInterrupt"))


def test_a_plugin_may_only_observe(install: Install) -> None:
    observer = "from gateway.plugin import hookimpl\n@hookimpl\ndef delivery_finished(): ..."
    registry = loaded(install("observer", observer))
    assert not registry.broken
    assert registry.plugins[0].channel_types == ()


def test_the_installed_plugins_load() -> None:
    registry = load(CapturingLog())
    assert not registry.broken
    assert {"lark", "feishu"} <= set(registry.offers)
    lark = registry.offers["lark"].plugin
    assert (lark.distribution, lark.channel_types) == ("notification-gateway", ("lark",))


def test_secrets_are_found_also_where_they_are_optional(install: Install) -> None:
    offer = loaded(install("good", GOOD)).offers["good"]
    assert secret_fields(offer.channel_type) == {"token", "spare"}


def _upper(card: Card) -> Card:
    return card.model_copy(update={"title": card.title.upper()})


@pytest.mark.parametrize(
    ("rewrite", "title"),
    [
        (_upper, "HI"),
        (lambda card: None, "Hi"),
        (lambda card: 42, "Hi"),
        (lambda card: 1 / 0, "Hi"),
    ],
)
def test_a_card_is_rewritten_or_stays_whatever_a_hook_does(
    rewrite: Callable[[Card], object], title: str
) -> None:
    registry = registry_of(hooks=[module(rewrite_card=hookimpl(rewrite))])
    assert registry.rewrite(Card(title="Hi"), "toy").title == title


def test_each_observer_hears_whatever_the_others_do() -> None:
    heard: list[str] = []
    hooks = [
        module(delivery_finished=hookimpl(lambda outcome: heard.append(str(outcome)))),
        module(delivery_finished=hookimpl(lambda delivery_id: 1 / 0)),
        module(delivery_finished=hookimpl(lambda outcome, delivery_id: heard.append(delivery_id))),
    ]
    error = TemporaryError("x")
    registry_of(hooks=hooks).finished("dlv_1", error)
    assert sorted(heard) == ["dlv_1", "x"]


def test_a_registry_of_given_types_offers_them() -> None:
    registry = registry_of(toy_type(Platform()), toy_type(Platform(), "other"))
    assert set(registry.offers) == {"toy", "other"}
    assert not registry.broken
