"""From the neutral card to the platform's card JSON 2.0 (documentation: "Card JSON 2.0")."""

import json
import re
from collections.abc import Mapping
from typing import Any

from gateway.plugin import (
    Action,
    Block,
    CallbackAction,
    Card,
    CardField,
    ContentError,
    DividerBlock,
    FieldsBlock,
    ImageBlock,
    MarkdownBlock,
    MentionBlock,
    NoteBlock,
    Severity,
    UrlAction,
)

from .markdown import clean, escape, link, translate

MAX_BYTES = 30 * 1024
"""Of a card's JSON in UTF-8 ("Send message": code 230025)."""
MAX_TAGS = 200
"""Components and texts of one card ("Card JSON 2.0": code 11310)."""

Element = dict[str, Any]

_COLOURS: Mapping[Severity, str] = {
    Severity.NEUTRAL: "default",
    Severity.INFO: "blue",
    Severity.SUCCESS: "green",
    Severity.WARNING: "orange",
    Severity.CRITICAL: "red",
}
_BUTTONS = {"default": "default", "primary": "primary_filled", "danger": "danger_filled"}
_MENTIONABLE = re.compile(r"(?!all$)[A-Za-z0-9_-]{1,64}")


def render(card: Card) -> dict[str, Any]:
    """Write a card as the platform's JSON.

    Raises:
        ContentError: It has more than 30 KB (30,720 bytes) or 200 tags.
    """
    payload = _card(card)
    bytes_, tags = size(payload), count_tags(payload)
    if bytes_ > MAX_BYTES:
        raise ContentError(f"The card has {bytes_} bytes; the platform takes {MAX_BYTES}.")
    if tags > MAX_TAGS:
        raise ContentError(f"The card has {tags} parts; the platform takes {MAX_TAGS}.")
    return payload


def dumps(payload: Mapping[str, Any], *, spaced: bool = False) -> str:
    """Return a payload as the JSON text that a message's `content` is.

    Raises:
        ContentError: It holds what JSON or UTF-8 cannot carry.
    """
    separators = None if spaced else (",", ":")
    try:
        text = json.dumps(payload, ensure_ascii=False, separators=separators, allow_nan=False)
        text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise ContentError("The card holds a value that no JSON can carry.") from error
    return text


def size(payload: Mapping[str, Any]) -> int:
    """Return how many bytes a payload's JSON has at most.

    A batch carries the card as an object, which the platform may write with blanks between the
    values before it measures.
    """
    return len(dumps(payload, spaced=True).encode())


def calls_back(part: object) -> bool:
    """Tell whether a button in it reports back, so that the card may have to change."""
    if isinstance(part, dict):
        return part.get("type") == "callback" or any(map(calls_back, part.values()))
    return isinstance(part, list) and any(map(calls_back, part))


def count_tags(part: object) -> int:
    """Count what the platform counts: every object with a `tag`, but not inside button values."""
    if isinstance(part, dict):
        inner = sum(count_tags(value) for key, value in part.items() if key != "value")
        return inner + ("tag" in part)
    return sum(map(count_tags, part)) if isinstance(part, list) else 0


def _card(card: Card) -> dict[str, Any]:
    config = {
        "update_multi": True,
        "width_mode": "fill",
        "summary": {"content": clean(card.summary or card.title)},
    }
    linked = {"card_link": {"url": card.link}} if card.link else {}
    header = {"title": _plain(card.title), "template": _COLOURS[card.severity]}
    elements = [element for block in card.blocks for element in _elements(block)]
    return {
        "schema": "2.0",
        "config": config,
        **linked,
        "header": header,
        "body": {"elements": elements + _buttons(card.actions)},
    }


def _elements(block: Block) -> list[Element]:
    match block:
        case MarkdownBlock():
            return _markdown(translate(block.text))
        case FieldsBlock():
            return [{"tag": "div", "fields": [_field(field) for field in block.fields]}]
        case ImageBlock():
            return [_image(block)]
        case DividerBlock():
            return [{"tag": "hr"}]
        case NoteBlock():
            return [_note(block.text)]
        case MentionBlock():
            return _markdown(" ".join(_mention(user, block) for user in block.users))


def _markdown(content: str) -> list[Element]:
    return [{"tag": "markdown", "content": content}] if content else []


def _field(field: CardField) -> Element:
    label, value = escape(field.label), escape(field.value)
    content = f"**{label}**\n{value}" if label else value
    return {"is_short": field.short, "text": {"tag": "lark_md", "content": content}}


def _image(block: ImageBlock) -> Element:
    if block.key is None:
        url = block.url or ""
        return {"tag": "markdown", "content": link(block.alt, url)}
    return {"tag": "img", "img_key": block.key, "alt": _plain(block.alt)}


def _note(text: str) -> Element:
    small = {"text_size": "notation", "text_color": "grey"}
    return {"tag": "div", "text": {**_plain(text), **small}}


def _mention(user: str, block: MentionBlock) -> str:
    """Call somebody; who is not known on this platform is named only."""
    identity = block.identities.get(user, "")
    if _MENTIONABLE.fullmatch(identity):
        return f"<at id={identity}></at>"
    return escape("@" + user.partition(":")[2] if ":" in user else "@" + user)


def _buttons(actions: tuple[Action, ...]) -> list[Element]:
    """Put several buttons beside each other, where the screen is wide enough."""
    buttons = [_button(action) for action in actions]
    if len(buttons) <= 1:
        return buttons
    columns = [{"tag": "column", "width": "auto", "elements": [each]} for each in buttons]
    return [{"tag": "column_set", "flex_mode": "flow", "columns": columns}]


def _button(action: Action) -> Element:
    button: Element = {
        "tag": "button",
        "type": _BUTTONS[action.style],
        "text": _plain(action.label),
        "behaviors": [_behavior(action)],
    }
    if action.confirm:
        button["confirm"] = {"title": _plain(action.label), "text": _plain(action.confirm)}
    return button


def _behavior(action: Action) -> Element:
    match action:
        case UrlAction():
            return {"type": "open_url", "default_url": action.url}
        case CallbackAction():
            value = {"action": action.id, "value": action.value}
            return {"type": "callback", "value": value}


def _plain(text: str) -> Element:
    """Return a text in which the platform reads nothing."""
    return {"tag": "plain_text", "content": clean(text)}
