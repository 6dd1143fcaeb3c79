"""One rich card on every surface: what the page and its tests are made of."""
# ruff: noqa: INP001 - part of a script, no package

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import structlog

from gateway.plugin import Card, Channel, ChannelType, Degrades, ImageBlock, Loss, Payload, Uploads
from gateway.registry import load
from gateway.rendering import example_of
from gateway.testing import FakeClock

SOURCE = Path(__file__).parent / "one-card.json"
PICTURE = "img_v3_0123456789"
KNOWN: Mapping[str, str] = {
    "lark": "ou_0123456789abcdef",
    "feishu": "ou_0123456789abcdef",
    "lark-robot": "ou_0123456789abcdef",
    "feishu-robot": "ou_0123456789abcdef",
}
USER_ID = "manager4711"
LESS: Mapping[str, Mapping[str, Any]] = {"dingtalk-exclusive": {"card_template_id": None}}
"""What a surface is shown without: the two editions differ in nothing else."""
NOTES: Mapping[str, str] = {
    "dingtalk": "with a card template",
    "dingtalk-exclusive": "without a card template",
}
PICTURES = (
    "![The card on the emulated Lark, and on the emulated DingTalk with a card template, whose "
    "pages load no picture from elsewhere](../images/one-card.png)"
)


@dataclass(frozen=True, slots=True)
class Surface:
    """A channel type, and what it makes of the card."""

    name: str
    card: Card
    payload: Payload
    losses: Sequence[Loss]

    @property
    def title(self) -> str:
        """Its name, and what is special about its configuration."""
        note = NOTES.get(self.name)
        return f"{self.name}, {note}" if note else self.name


def card() -> Card:
    """Return the card."""
    return Card.model_validate_json(SOURCE.read_text(encoding="utf-8"))


def surfaces() -> Iterator[Surface]:
    """Yield every channel type of this distribution with the card on it."""
    offers = load(structlog.get_logger("docs")).offers
    for name in sorted(offers):
        yield _surface(offers[name].channel_type)


def _surface(channel_type: ChannelType) -> Surface:
    name = channel_type.name
    example = {**(channel_type.example or {}), **LESS.get(name, {})}
    channel = example_of(replace(channel_type, example=example), FakeClock())
    if not isinstance(channel, Degrades):
        raise TypeError(f"{name} has no example, or does not tell of losses")
    shown = _uploaded(card(), channel).mentioning({"user:li.wei": KNOWN.get(name, USER_ID)})
    return Surface(name, shown, channel.render(shown), channel.losses(shown))


def _uploaded(shown: Card, channel: Channel[Any]) -> Card:
    """Return the card with its pictures uploaded, as the gateway does before it renders."""
    if not isinstance(channel, Uploads):
        return shown
    blocks = [
        block.model_copy(update={"key": PICTURE, "url": None})
        if isinstance(block, ImageBlock)
        else block
        for block in shown.blocks
    ]
    return shown.model_copy(update={"blocks": tuple(blocks)})


def page(found: Sequence[Surface]) -> Iterator[str]:
    """Yield the page's parts."""
    yield (
        "[One card](../one-card.json), posted once, on every surface this distribution speaks to. "
        "The table and the reasons below it are what the channels themselves answer; `dry_run` and "
        "a template's `preview` give the same for a card of yours, as `losses` of each payload and "
        "as `warnings`."
    )
    yield PICTURES
    yield (
        "A button that reports back degrades in steps. A group's robot cannot hear of a press, so "
        "the button opens the card's `link`, where the same can be done; without a link, or in a "
        "message of DingTalk's chatbot, its label stays as text. Text stays text everywhere: the "
        "second block below tries to call everybody, to run a script and to show a picture, and "
        "does none of it."
    )
    yield "## What is left of each part"
    yield (
        "✓ as written · **page** a button that opens a page instead · **link** a link in the text "
        "· **text** plain text · **shortened** · **—** nothing"
    )
    yield _table(found)
    yield "## Why"
    for surface in found:
        yield f"**{surface.title}**"
        lines = [f"- {_name(card(), loss.loc)}: {loss.why}" for loss in surface.losses]
        yield "\n".join(lines) or "- Nothing is lost."


def _table(found: Sequence[Surface]) -> str:
    rows = [["part", *(surface.title for surface in found)], ["---"] * (len(found) + 1)]
    rows += [[_name(card(), loc), *(_left(s, loc) for s in found)] for loc in _parts(card())]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _parts(shown: Card) -> Iterator[tuple[str | int, ...]]:
    yield from (("title",), ("severity",), ("summary",))
    yield from (("blocks", at) for at in range(len(shown.blocks)))
    for at, action in enumerate(shown.actions):
        yield ("actions", at)
        if action.confirm:
            yield ("actions", at, "confirm")
    yield ("link",)


def _left(surface: Surface, loc: tuple[str | int, ...]) -> str:
    lost = {loss.loc: loss.becomes for loss in surface.losses}
    becomes = lost.get(loc) or (lost.get(("blocks",)) if loc[0] == "blocks" else None)
    return {None: "✓", "nothing": "—"}.get(becomes) or f"**{becomes}**"


def _name(shown: Card, loc: tuple[str | int, ...]) -> str:
    match loc:
        case ("blocks", int(at)):
            return f"block {at}, {shown.blocks[at].type}"
        case ("actions", int(at)):
            return f"button {shown.actions[at].id}, {shown.actions[at].kind}"
        case ("actions", int(at), part):
            return f"the {part} of button {shown.actions[at].id}"
    return str(loc[0])


def dumped(payload: Payload) -> str:
    """Return a payload as a golden file has it."""
    return json.dumps(payload, ensure_ascii=False, indent=1) + "\n"
