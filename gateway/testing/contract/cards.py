"""Cards that show everything a card can hold."""

from collections.abc import Mapping
from typing import Any

from gateway.plugin import Card

HARMLESS = "x"
HOME = "https://intranet.example/ticket/4711"
FRIEND = {"user:li.wei": "ou_0123456789abcdef"}


def full(text: str = HARMLESS, *, markdown: str = HARMLESS) -> Card:
    """Return a card with every kind of block and action, `text` wherever people write."""
    blocks: list[Mapping[str, Any]] = [
        {"type": "markdown", "text": markdown},
        {"type": "fields", "fields": [{"label": text, "value": text, "short": False}]},
        {"type": "image", "url": HOME, "alt": text},
        {"type": "divider"},
        {"type": "note", "text": text},
        {"type": "mention", "users": ["user:li.wei", text[:128]]},
    ]
    label = text[:100] or HARMLESS
    actions: list[Mapping[str, Any]] = [
        {"kind": "url", "id": "open", "label": label, "url": HOME, "confirm": text},
        {"kind": "callback", "id": "approve", "label": label, "once": True, "value": {"n": text}},
    ]
    parts = {"summary": text, "blocks": blocks, "actions": actions, "link": HOME}
    card = Card.model_validate({"title": text[:300] or HARMLESS, "severity": "critical", **parts})
    return card.mentioning(FRIEND)


def samples() -> dict[str, Card]:
    """Return cards by what is special about them."""
    return {
        "a title only": Card(title=HARMLESS),
        "everything": full(
            "Ärger 李伟 🚑\u200b <b>&amp;</b>", markdown="**a** [b](https://c.example)"
        ),
        "awkward text": full("\\ \" ' ` $ {{x}} %s \n\t \u202e \u0000"),
        "no text": Card.model_validate(
            {"title": "x", "blocks": [{"type": "markdown", "text": ""}, {"type": "divider"}]}
        ),
    }


def of_length(characters: int, character: str = "x") -> Card:
    """Return a card whose text has this many characters."""
    longest = 20_000
    whole, rest = divmod(characters, longest)
    texts = [character * longest] * whole + [character * rest]
    blocks = [{"type": "markdown", "text": text} for text in texts if text]
    return Card.model_validate({"title": "Long", "blocks": blocks})
