"""Several notifications on one card: pure. Nothing held is lost, and nothing is shown twice."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gateway.card import (
    CallbackAction,
    Card,
    FieldsBlock,
    MarkdownBlock,
    NoteBlock,
    Severity,
    UrlAction,
)
from gateway.plugin import DigestRoom

_MARKS = {
    Severity.NEUTRAL: "⚪",
    Severity.SUCCESS: "🟢",
    Severity.INFO: "🔵",
    Severity.WARNING: "🟠",
    Severity.CRITICAL: "🔴",
}
_WORST = tuple(_MARKS)
_TITLES = {"en": "{} notifications", "zh": "{} 条通知"}
_LONGEST_TEXT = 120
_LONGEST_SUMMARY = 300
_LONGEST_LABEL = 100
_LONGEST_ACTION_ID = 64
_MARKUP = re.compile(r"[\\`*_\[\]()#+\-.!<>~|]")
_IN_URL = {mark: f"%{ord(mark):02X}" for mark in "()<>[]\\`*~|{}^\"'"}


@dataclass(frozen=True, slots=True)
class Member:
    """A notification of a digest: the delivery that it was to be, and its card."""

    delivery: str
    card: Card


@dataclass(frozen=True, slots=True)
class Weight:
    """What a notification takes of a digest's room; `alone` where it has to go by itself."""

    text_bytes: int
    actions: int
    alone: bool = False


def weigh(member: Member) -> Weight:
    """Return what the notification takes; its title, its links and its buttons are never cut."""
    actions = [action for action in member.card.actions if isinstance(action, CallbackAction)]
    too_long = any(len(_action_id(member, one)) > _LONGEST_ACTION_ID for one in actions)
    return Weight(len(_shown(member).encode()), len(actions), alone=too_long)


def parts(weights: Iterable[tuple[str, Weight]], room: DigestRoom) -> Iterator[list[str]]:
    """Split deliveries into those that share a card, in order; each is in exactly one part."""
    part: list[str] = []
    text_bytes = actions = 0
    for delivery, weight in weights:
        if _alone(weight, room):
            yield [delivery]
            continue
        text_bytes, actions = text_bytes + weight.text_bytes, actions + weight.actions
        full = len(part) >= room.members
        if part and (full or text_bytes > room.text_bytes or actions > room.actions):
            yield part
            part, text_bytes, actions = [], weight.text_bytes, weight.actions
        part.append(delivery)
    if part:
        yield part


def _alone(weight: Weight, room: DigestRoom) -> bool:
    too_large = weight.text_bytes > room.text_bytes or weight.actions > room.actions
    return weight.alone or too_large


def digest_card(members: Sequence[Member], locale: str | None) -> Card:
    """Return one card that shows every member: its title, its links, its buttons, some text."""
    language = "zh" if (locale or "").lower().startswith("zh") else "en"
    summary = " · ".join(member.card.title for member in members)
    return Card(
        title=_TITLES[language].format(len(members)),
        severity=max((member.card.severity for member in members), key=_WORST.index),
        summary=_shortened(summary, _LONGEST_SUMMARY),
        blocks=tuple(MarkdownBlock(type="markdown", text=_shown(member)) for member in members),
        actions=tuple(action for member in members for action in _actions(member)),
    )


def _shown(member: Member) -> str:
    card = member.card
    title = _escaped(_flat(card.title))
    name = f"[{title}]({_address(card.link)})" if card.link else title
    links = [
        f"[{_escaped(_flat(action.label))}]({_address(action.url)})"
        for action in card.actions
        if isinstance(action, UrlAction)
    ]
    first = " · ".join([f"{_MARKS[card.severity]} **{name}**", *links])
    text = _escaped(_shortened(_flat(_some_text(card)), _LONGEST_TEXT))
    return f"{first}\n{text}" if text else first


def _some_text(card: Card) -> str:
    """Return the summary, or else the first words of the card."""
    if card.summary:
        return card.summary
    for block in card.blocks:
        match block:
            case MarkdownBlock() | NoteBlock():
                return block.text
            case FieldsBlock():
                return ", ".join(f"{field.label}: {field.value}" for field in block.fields)
    return ""


def _actions(member: Member) -> Iterator[CallbackAction]:
    for action in member.card.actions:
        if isinstance(action, CallbackAction):
            label = _shortened(f"{action.label} · {_flat(member.card.title)}", _LONGEST_LABEL)
            yield action.model_copy(update={"id": _action_id(member, action), "label": label})


def _action_id(member: Member, action: CallbackAction) -> str:
    return f"{member.delivery}.{action.id}"


def _flat(text: str) -> str:
    return " ".join(text.split())


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _escaped(text: str) -> str:
    return _MARKUP.sub(lambda mark: f"\\{mark.group()}", text)


def _address(url: str) -> str:
    return "".join(_IN_URL.get(mark, mark) for mark in url)
