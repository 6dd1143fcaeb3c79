"""From the neutral card to the variables of the card template ("Create and deliver cards").

A template is built by hand on the Card Platform; the gateway fills in its variables, all of them
texts. `VARIABLES` is the contract between the two, which the setup guide prints.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from gateway.plugin import (
    Block,
    CallbackAction,
    Card,
    ContentError,
    FieldsBlock,
    MarkdownBlock,
    NoteBlock,
)

from . import robot
from .content import (
    PARAGRAPH,
    callbacks_of,
    link_lines,
    links_of,
    markdown_of,
    mentioned,
    summary_of,
    words_for,
)
from .markdown import CARD, one_line, target

MAX_VALUE_BYTES = 1024
"""Of one variable in UTF-8 ("Open the interface to create a card instance")."""
LONGEST_SUMMARY = 200
BLANK = "-"  # the template hides a button without a label
SLOTS = ("primary", "secondary")
"""The template's buttons that report back, by the value of their parameter `action`."""
CUT = "…"
_SHORTENED = (MarkdownBlock, FieldsBlock, NoteBlock)

VARIABLES: Mapping[str, str] = {
    "title": "string",
    "markdown": "markdown",
    "status": "string",
    "status_text": "string",
    "source": "string",
    "time": "string",
    "detail_url": "string",
    "detail_text": "string",
    "show_actions": "boolean",
    "primary_text": "string",
    "secondary_text": "string",
    "notice_id": "string",
    "footer": "string",
}
"""The template's variables and their types on the Card Platform."""
WITHDRAWN: Mapping[str, str] = {
    "status": "closed",
    "status_text": "已撤回 Withdrawn",
    "markdown": "",
    "show_actions": "false",
    "footer": "",
}


def render(card: Card, *, template: bool) -> dict[str, Any]:
    """Write a card for a channel with or without a template.

    The payload holds `card`, where there is a template, and `robot`, where nothing is lost by
    the chatbot's own message or nothing else can be sent; `single` says which of them goes to
    one person. `notes` tells what either of them leaves out.

    Raises:
        ContentError: It is larger than the platform takes.
    """
    message = robot.message(card)
    if not template:
        return _payload("robot", {"robot": robot.lost(card)}, robot=message)
    variables, note = _card(card)
    made = {"variables": variables, "summary": summary_of(card)[:LONGEST_SUMMARY]}
    if mentioned(card):
        made["mentions"] = list(mentioned(card))
    if card.has_callbacks:
        return _payload("card", {"card": note}, card=made)
    # Without buttons there is nothing to decide: better all of the text than a part of it.
    single = "robot" if note else "card"
    return _payload(single, {"card": note}, card=made, robot=message)


def summary_in(payload: Mapping[str, Any]) -> str:
    """Return one line of what a payload says, for a DING."""
    card, message = payload.get("card"), payload.get("robot")
    if isinstance(card, dict):
        return str(card.get("summary") or "")
    param = message.get("msgParam") if isinstance(message, dict) else None
    return str(param.get("title") or "")[:LONGEST_SUMMARY] if isinstance(param, dict) else ""


def _payload(single: str, notes: Mapping[str, str], **forms: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: note for name, note in notes.items() if note}
    return {"single": single, **forms, **({"notes": told} if told else {})}


def _card(card: Card) -> tuple[dict[str, str], str]:
    """Return the variables, and what they leave out."""
    values, cut = _fitted(card)
    notes = [f"Shortened to {MAX_VALUE_BYTES} bytes: {', '.join(cut)}."] if cut else []
    if callbacks_of(card)[len(SLOTS) :]:
        labels = (one_line(each.label) for each in callbacks_of(card)[len(SLOTS) :])
        notes.append(f"The template has {len(SLOTS)} buttons; left out: {', '.join(labels)}.")
    return values, " ".join(notes)


def _fitted(card: Card) -> tuple[dict[str, str], list[str]]:
    """Return the variables, and the names of those that had to be cut."""
    wanted = _variables(card)
    values = {name: _FITS.get(name, fit)(value) for name, value in wanted.items()}
    if values["markdown"] != wanted["markdown"]:
        values["markdown"] = _squeezed(card)
    return values, [name for name, value in wanted.items() if values[name] != value]


def cut(card: Card) -> frozenset[str]:
    """Return the names of the variables that are too long for this card."""
    try:
        return frozenset(_fitted(card)[1])
    except ContentError:  # nothing of it is shown at all
        return frozenset()


def _variables(card: Card) -> dict[str, str]:
    links, buttons = links_of(card), callbacks_of(card)[: len(SLOTS)]
    first = links[0] if links else None
    labels = [one_line(each.label) or BLANK for each in buttons] + ["", ""]
    _, footer = _body(card)
    return {
        "title": one_line(card.title) or "-",
        "markdown": PARAGRAPH.join(text for text, _ in _parts(card)),
        "status": "pending" if buttons else "info",
        "status_text": words_for(card).severity[card.severity],
        "source": "",
        "detail_url": target(first.url) if first else "",
        "detail_text": (one_line(first.label) or BLANK) if first else "",
        "show_actions": "true" if buttons else "false",
        "primary_text": labels[0],
        "secondary_text": labels[1],
        "notice_id": _notice(buttons),
        "footer": footer,
    }


def _body(card: Card) -> tuple[tuple[Block, ...], str]:
    """Return what the text shows, and the small print that ends it, which has its own place."""
    last = card.blocks[-1] if card.blocks else None
    if isinstance(last, NoteBlock):
        return card.blocks[:-1], one_line(last.text)
    return card.blocks, ""


def _parts(card: Card) -> list[tuple[str, bool]]:
    """Return each part of the text, and whether it can be shortened."""
    blocks, _ = _body(card)
    parts = [
        (markdown_of([block], CARD, mentions=True), isinstance(block, _SHORTENED))
        for block in blocks
    ]
    parts.append((link_lines(links_of(card)[1:]), False))
    return [part for part in parts if part[0]]


def _squeezed(card: Card) -> str:
    """Return as much of the text as fits: pictures, people and links before words."""
    parts = _parts(card)
    fixed = sum(len(text.encode()) for text, shortened in parts if not shortened)
    left = MAX_VALUE_BYTES - fixed - len(PARAGRAPH) * (len(parts) - 1)
    kept = []
    for text, shortened in parts:
        shown = fit(text, max(0, left)) if shortened else text
        left -= len(shown.encode()) if shortened else 0
        kept.append(shown)
    return fit(PARAGRAPH.join(filter(None, kept)))


def _notice(buttons: tuple[CallbackAction, ...]) -> str:
    """Return what a press brings back: the neutral action and value behind each button."""
    if not buttons:
        return ""
    slots = {
        slot: {"action": action.id, "value": action.value}
        for slot, action in zip(SLOTS, buttons, strict=False)
    }
    notice = _dumps(slots)
    if len(notice.encode()) > MAX_VALUE_BYTES:
        raise ContentError(
            f"The values of the buttons have {len(notice.encode())} bytes; "
            f"the platform takes {MAX_VALUE_BYTES}."
        )
    return notice


def fit(value: str, most: int = MAX_VALUE_BYTES) -> str:
    """Return a text within a number of bytes, cut at the end of a line where it must be."""
    if len(value.encode()) <= most:
        return value
    if most <= len(CUT.encode()):
        return ""
    kept = value.encode()[: most - len(CUT.encode())].decode(errors="ignore")
    whole, _, _ = kept.rpartition("\n")
    return (whole or kept).rstrip() + CUT


def _fit_address(url: str) -> str:
    """Return an address that fits, or none: a part of one leads nowhere."""
    return url if len(url.encode()) <= MAX_VALUE_BYTES else ""


_FITS: Mapping[str, Callable[[str], str]] = {"detail_url": _fit_address}


def _dumps(value: object) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise ContentError("The card holds a value that no JSON can carry.") from error
    return text
