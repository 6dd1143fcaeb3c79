"""Rules about `render`: pure, measured, and text stays text."""

import itertools
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from gateway.errors import ContentError
from gateway.plugin import Card, Channel, Payload
from gateway.testing.contract.cards import HARMLESS, full, of_length, samples
from gateway.testing.contract.rig import Rig
from gateway.testing.contract.rule import Breach, NotApplicable, Rule
from gateway.testing.contract.subject import Marks, Subject
from gateway.testing.contract.watch import watched

EXAMPLES = 150
SMALL, HUGE = 200, 1_000_000  # a request to the gateway has a mebibyte at most
LENGTHS = (1_000, 5_000, 20_000, 100_000)
SNIPPETS = (
    *("<at id=all></at>", '<at user_id="all">all</at>', "<at id=ou_1></at>", "<at open_id=ou_1>"),
    *("@all", "@everyone", "@here", "@channel", "<!channel>", "<@U0123456>", "@13800000000"),
    *("[a](https://evil.example)", "[a](javascript:alert(1))", "[a](lark://x)", "[a]: x:y\n"),
    *("![a](https://evil.example/a.png)", "<https://evil.example>", "<a href='x:y'>a</a>"),
    *("<a href=https://evil.example>a</a>", "<button>a</button>", "<font color=red>", "<!--"),
    *("&lt;at id=all&gt;&lt;/at&gt;", "&#60;at id=all&#62;", "\\<at id=all>", "${x}", "{{x}}"),
    *("**", "`", "```\n", "\n", "\n\n# ", "> ", "- ", "|", "\\", "[", "](", ")", "<", ">", "&"),
    *('"', "'", "\u200b", "\u200d", "\u202e", "\u2028", "\t", "\uff1cat id=all\uff1e", "李伟"),
)


async def pure(subject: Subject) -> None:
    """The same card gives the same payload, and nothing else happens."""
    rig = Rig(replace(subject, real_time=False))
    for name, card in samples().items():
        before = _state(card)
        first = _rendered(rig.channel, card)  # once for what is imported or cached at first use
        _watch(rig.channel, card)
        if _state(card) != before:
            raise Breach(f"render changes a card with {name}")
        rig.clock.jump(86_400)
        if _json(_rendered(rig.channel, card)) != _json(first):
            raise Breach(f"a card with {name} is rendered differently a day later")
    if rig.wire.requests:
        raise Breach("render calls the platform")


def _watch(channel: Channel[Any], card: Card) -> None:
    with watched() as seen:
        payload = channel.render(card)
    if seen:
        raise Breach(f"render calls {seen[0]}")
    if not isinstance(payload, Mapping):
        raise Breach(f"render returns a {type(payload).__name__}, no mapping")


def _state(card: Card) -> tuple[str, str]:
    identities = [getattr(block, "identities", None) for block in card.blocks]
    return card.model_dump_json(), repr(identities)


def _rendered(channel: Channel[Any], card: Card) -> Payload:
    try:
        return channel.render(card)
    except Exception as error:
        raise Breach(f"render raises {type(error).__name__} for an ordinary card") from error


def _json(payload: Payload) -> str:
    try:
        return json.dumps(payload, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise Breach(f"the payload is no JSON: {error}") from error


async def golden(subject: Subject) -> None:
    """Each card of the suite is rendered as it was last agreed on."""
    if subject.golden is None:
        raise NotApplicable("the subject names no `golden` folder")
    for path, text in recordings(subject).items():
        if not path.is_file():
            raise Breach(f"there is no {path.name} in {path.parent.name}")
        if path.read_text(encoding="utf-8") != text:
            raise Breach(f"render no longer writes what is in {path.name}")


def recordings(subject: Subject) -> dict[Path, str]:
    """Return what belongs into the subject's golden folder, by file; nothing without one."""
    if subject.golden is None:
        return {}
    channel = Rig(subject).channel
    named = {name.replace(" ", "_"): card for name, card in samples().items()}
    prefix = subject.channel_type.name
    return {
        subject.golden / f"{prefix}.{name}.json": f"{_pretty(_rendered(channel, card))}\n"
        for name, card in named.items()
    }


def _pretty(payload: Payload) -> str:
    _json(payload)
    return json.dumps(payload, sort_keys=True, ensure_ascii=False, indent=2)


async def measured(subject: Subject) -> None:
    """A card that is too large is refused by `render`, with a `ContentError`."""
    channel = Rig(subject).channel
    _rendered(channel, of_length(SMALL))
    for length, character in itertools.product(LENGTHS, ("x", "李", "<", "\n")):
        _fits(channel, of_length(length, character), subject.max_bytes)
    _fits(channel, of_length(HUGE), subject.max_bytes)
    if subject.max_bytes is None:
        raise NotApplicable("the subject names no `max_bytes`")


def _fits(channel: Channel[Any], card: Card, most: int | None) -> None:
    try:
        payload = channel.render(card)
    except ContentError:
        return
    except Exception as error:
        raise Breach(f"render raises {type(error).__name__} for a long card") from error
    size = len(json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode())
    if most is not None and size > most:
        raise Breach(f"render lets {size} bytes through; the platform takes {most}")


async def inert(subject: Subject) -> None:
    """Whatever people write, in whichever field: it calls nobody, leads nowhere, does nothing."""
    if subject.marks is None:
        raise NotApplicable("the subject has no `marks` to read a payload with")
    try:
        from hypothesis import (  # noqa: PLC0415 - the gateway itself runs without it
            HealthCheck,
            Phase,
            given,
            settings,
        )
        from hypothesis import strategies as st  # noqa: PLC0415 - as above
    except ImportError:
        raise NotApplicable("hypothesis is not installed") from None
    channel = Rig(subject).channel
    snippets = st.sampled_from((*SNIPPETS, *subject.syntax))
    letters = st.characters(exclude_categories=["Cs"])
    texts = st.lists(snippets | st.text(letters, max_size=8), min_size=1, max_size=8)

    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        derandomize=True,
        phases=(Phase.generate, Phase.shrink),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(texts.map("".join))
    def verify(text: str) -> None:
        _plain_stays_plain(channel, subject, text)
        _markdown_only_links(channel, subject, text)

    verify()


def _plain_stays_plain(channel: Channel[Any], subject: Subject, text: str) -> None:
    usual = _marks(channel, subject, full(HARMLESS))
    found = _marks(channel, subject, full(text))
    for kind in ("mentions", "links"):
        if getattr(found, kind) != getattr(usual, kind):
            raise Breach(f"the text {text!r} changes the {kind}: {getattr(found, kind)}")
    if len(found.buttons) != len(usual.buttons):
        raise Breach(f"the text {text!r} changes the buttons: {found.buttons}")


def _markdown_only_links(channel: Channel[Any], subject: Subject, text: str) -> None:
    usual = _marks(channel, subject, full(HARMLESS))
    found = _marks(channel, subject, full(HARMLESS, markdown=text))
    if found.mentions != usual.mentions or found.buttons != usual.buttons:
        raise Breach(f"the markdown {text!r} becomes more than text: {found}")
    odd = [link for link in found.links if not link.lower().startswith(("http://", "https://"))]
    if odd:
        raise Breach(f"the markdown {text!r} links to {odd[0]!r}")


def _marks(channel: Channel[Any], subject: Subject, card: Card) -> Marks:
    assert subject.marks is not None  # noqa: S101 - asked before
    return subject.marks(_rendered(channel, card))


RULES: tuple[Rule, ...] = (
    Rule(
        "render-is-pure",
        "Equal cards are rendered once and sent to many, also again days later.",
        "Let `render` depend on the card alone: no clock, no chance, no network, no changes.",
        pure,
    ),
    Rule(
        "matches-its-golden-files",
        "A change of what people see is one that somebody looked at.",
        "Look at the difference; if it is meant, run `gateway conform` with `--record`.",
        golden,
    ),
    Rule(
        "text-stays-text",
        "A ticket's title must not be able to call everybody or to show a button of its own.",
        "Escape every text for the place it is written to; translate Markdown, never pass it on.",
        inert,
    ),
    Rule(
        "size-is-measured",
        "A refusal by the platform costs a call and tells less than one by `render`.",
        "Measure the payload in `render` and raise ContentError above the platform's limit.",
        measured,
    ),
)
