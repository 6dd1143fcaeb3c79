"""From the neutral card to a DingTalk robot's message (documentation: "Custom robot access")."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from gateway.plugin import (
    Block,
    Card,
    CardField,
    DividerBlock,
    FieldsBlock,
    ImageBlock,
    MarkdownBlock,
    MentionBlock,
    NoteBlock,
    Payload,
    Severity,
    UrlAction,
)

from .degrading import degraded
from .dingtalk_markdown import BREAK, clean, escape, link, one_line, picture, translate

MOST_MENTIONS = 50
SIDE_BY_SIDE = 2
_SIGNS: Mapping[Severity, str] = {
    Severity.NEUTRAL: "",
    Severity.INFO: "🔵 ",
    Severity.SUCCESS: "🟢 ",
    Severity.WARNING: "🟠 ",
    Severity.CRITICAL: "🔴 ",
}
_MOBILE = re.compile(r"1\d{10}|\+\d{1,4}-?\d{4,14}")
_USER_ID = re.compile(r"[A-Za-z0-9_@.-]{1,64}")
_NOT_DIALLED = re.compile(r"[\s().]+")
_HOME = "+86"


def write(card: Card, keyword: str | None) -> Payload:
    """Write a card: with buttons that open pages where it has some, else as markdown.

    Only markdown can mention anybody, so who is mentioned turns the buttons into links.
    """
    shown = degraded(card)
    calls = _calls(shown)
    buttons = [action for action in shown.actions if isinstance(action, UrlAction)]
    if buttons and not calls:
        return _action_card(shown, buttons, _with_keyword(_text(shown), keyword))
    links = [f"- {link(button.label, button.url)}" for button in buttons]
    text = "\n\n".join(filter(None, (_text(shown), "\n".join(links))))
    markdown = {"title": _preview(shown), "text": _with_keyword(text, keyword)}
    called = {"at": calls} if calls else {}
    return {"msgtype": "markdown", "markdown": markdown, **called}


def _action_card(card: Card, buttons: list[UrlAction], text: str) -> Payload:
    body: dict[str, Any] = {"title": _preview(card), "text": text, "btnOrientation": "0"}
    if len(buttons) == 1:
        one = buttons[0]
        body |= {"singleTitle": _shown(one.label), "singleURL": one.url}
    else:
        orientation = "1" if len(buttons) == SIDE_BY_SIDE else "0"
        each = [{"title": _shown(one.label), "actionURL": one.url} for one in buttons]
        body |= {"btnOrientation": orientation, "btns": each}
    return {"msgtype": "actionCard", "actionCard": body}


def _preview(card: Card) -> str:
    """Return what the list of chats and the lock screen show."""
    return _SIGNS[card.severity] + _shown(one_line(card.summary) or card.title)


def _shown(text: str) -> str:
    """Return one line that is never empty, for the platform refuses an empty one."""
    return one_line(text) or "-"


def _text(card: Card) -> str:
    title = _shown(card.title)
    shown = link(title, card.link) if card.link else escape(title)
    parts = [f"#### {_SIGNS[card.severity]}{shown}", *map(_block, card.blocks)]
    return "\n\n".join(part for part in parts if part)


def _with_keyword(text: str, keyword: str | None) -> str:
    """Add the keyword as it is, for the platform looks for exactly that."""
    return f"{text}\n\n{keyword}" if keyword and keyword not in text else text


def _block(block: Block) -> str:
    match block:
        case MarkdownBlock():
            return translate(block.text)
        case FieldsBlock():
            return BREAK.join(map(_field, block.fields))
        case ImageBlock():
            # A key is another platform's; its description is all there is to show.
            return picture(block.alt, block.url) if block.url else escape(one_line(block.alt))
        case DividerBlock():
            return "---"
        case NoteBlock():
            return BREAK.join(f"> {escape(line)}" for line in clean(block.text).split("\n"))
        case MentionBlock():
            return " ".join(_name(user, block) for user in block.users)


def _field(field: CardField) -> str:
    label, value = escape(one_line(field.label)), escape(field.value)
    return f"**{label}:** {value}" if label else value


def _name(user: str, block: MentionBlock) -> str:
    """Call somebody as the platform wants it in the text, or only name them."""
    called = _called(user, block)
    return f"@{called[1]}" if called else escape("@" + (user.partition(":")[2] or user))


def _called(user: str, block: MentionBlock) -> tuple[str, str] | None:
    """Return by what the platform calls somebody: a number, or a userid."""
    identity, kind = block.identities.get(user, ""), block.kinds.get(user, "user_id")
    if kind == "mobile":
        number = _NOT_DIALLED.sub("", identity).removeprefix(_HOME)
        return ("atMobiles", number) if _MOBILE.fullmatch(number) else None
    return ("atUserIds", identity) if _USER_ID.fullmatch(identity) else None


def _calls(card: Card) -> dict[str, list[str]]:
    """Name whom the platform is to call, by number or by userid."""
    calls: dict[str, list[str]] = {}
    for where, each in list(dict.fromkeys(_everybody(card)))[:MOST_MENTIONS]:
        calls.setdefault(where, []).append(each)
    return calls


def _everybody(card: Card) -> Iterator[tuple[str, str]]:
    for block in card.blocks:
        if isinstance(block, MentionBlock):
            yield from filter(None, (_called(user, block) for user in block.users))
