"""From the neutral card to a work notice ("Work notification message types").

A work notice is a fifth of a chatbot's message in size, so its text is shortened where it must
be. The platform shows nobody the same content twice a day and says nothing about it: every notice
ends with a reference of its own, which is the same in every attempt, so that a repeat is no second
notice and another notification of the same words is none of the first.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateway.plugin import Card, ContentError, Loss, Payload, UrlAction

from . import robot
from .cards import fit
from .content import PARAGRAPH, Link, link_lines, links_of, markdown_of, words_for
from .markdown import ROBOT, escape, one_line, target
from .messages import form_of

MAX_BYTES = 2048
"""Of `msg` in UTF-8, in the widest form of its JSON."""
LONGEST_PREVIEW = 120
LONGEST_LABEL = 20
LONGEST_SINGLE = 500
LONGEST_ADDRESS = 700
LONGEST_LIST = 1000
MOST_BUTTONS = 5
REFERENCE_LENGTH = 8
TOO_LONG = f"A work notice has {MAX_BYTES:,} bytes in all."
_TEXTS: Mapping[str, str] = {"markdown": "text", "action_card": "markdown", "text": "content"}
"""The member that holds the text, by the kind of message."""

Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Made:
    """A notice, and what of the card it has no room for.

    Attributes:
        msg: The notice.
        shortened: Whether its text is only the beginning of the card's.
        dropped: The links that are left out.
    """

    msg: Message
    shortened: bool = False
    dropped: Sequence[Link] = ()


def form(card: Card, payload: Payload) -> Payload:
    """Return what a payload says besides as a work notice: the notice, and what it leaves out."""
    made = message(card)
    note = _note(card, made)
    own = {"msg": made.msg, "reference": words_for(card).reference}
    notes = {**payload.get("notes", {}), **({"notice": note} if note else {})}
    return {"notice": own, **({"notes": notes} if notes else {})}


def message(card: Card) -> Made:
    """Write a card as one notice: what is too much is left out, words before links.

    Raises:
        ContentError: Its title alone is larger than the platform takes.
    """
    links = links_of(card)
    for count in range(len(links), -1, -1):
        made = _fitted(card, links[:count])
        if made is not None:
            return replace(made, dropped=links[count:])
    raise ContentError(f"The title has more bytes than a work notice takes: {MAX_BYTES}.")


def losses(card: Card) -> Iterator[Loss]:
    """Yield what of a card is lost for want of room alone."""
    try:
        made = message(card)
    except ContentError:
        return  # such a card is refused, which is no loss of a part
    if made.shortened:
        yield Loss(("blocks",), "shortened", TOO_LONG)
    dropped = frozenset(each.url for each in made.dropped)
    for index, action in enumerate(card.actions):
        if isinstance(action, UrlAction) and action.url in dropped:
            yield Loss(("actions", index), "nothing", TOO_LONG)
    if card.link in dropped:
        yield Loss(("link",), "nothing", TOO_LONG)


def numbered(payload: Payload, key: str) -> Message:
    """Return a payload's notice with the reference of its delivery at the end of the text.

    Raises:
        ContentError: An application's overrides have made it something else.
    """
    form = form_of(payload, "notice")
    made = form.get("msg")
    kind = str(made.get("msgtype")) if isinstance(made, dict) else ""
    content = made.get(kind) if isinstance(made, dict) else None
    text = content.get(_TEXTS.get(kind, "")) if isinstance(content, dict) else None
    if not isinstance(text, str):
        raise ContentError(f"A work notice is one of these: {', '.join(_TEXTS)}.")
    ended = text + _reference(str(form.get("reference") or "Ref"), key)
    return {"msgtype": kind, kind: {**(content or {}), _TEXTS[kind]: ended}}


def _reference(word: str, key: str) -> str:
    return f"{PARAGRAPH}> {escape(one_line(word))} {key[:REFERENCE_LENGTH]}"


def _reserved(word: str) -> str:
    """Return a reference as long as any."""
    return _reference(word, "0" * REFERENCE_LENGTH)


def _fitted(card: Card, links: Sequence[Link]) -> Made | None:
    """Return the card with these links, or None where they leave no room even without words."""
    body = markdown_of(card.blocks, ROBOT)
    msg = _message(card, body, links)
    over = _size(msg, card) - MAX_BYTES
    if over <= 0:
        return Made(msg)
    if over > len(body.encode()):
        return None
    msg = _message(card, fit(body, len(body.encode()) - over), links)
    return Made(msg, shortened=True) if _size(msg, card) <= MAX_BYTES else None


def _size(msg: Message, card: Card) -> int:
    widest = json.dumps(msg, ensure_ascii=False) + _reserved(words_for(card).reference)
    return len(widest.encode()) + widest.count("\n")  # a line's end is two characters in JSON


def _message(card: Card, body: str, links: Sequence[Link]) -> Message:
    buttons = list(_buttons(links))
    more = [each for each in links if each not in buttons]
    title = robot.title(card)
    parts = [f"### {escape(title)}", body, link_lines(more), robot.waiting(card)]
    text = PARAGRAPH.join(filter(None, parts))
    preview = fit(title, LONGEST_PREVIEW)
    if not buttons:
        return {"msgtype": "markdown", "markdown": {"title": preview, "text": text}}
    shown = {"title": preview, "markdown": text, **_shown(buttons)}
    return {"msgtype": "action_card", "action_card": shown}


def _shown(buttons: Sequence[Link]) -> Mapping[str, object]:
    """Return one button over the whole width, or several under each other."""
    first = buttons[0]
    if len(buttons) == 1 and len(target(first.url)) <= LONGEST_SINGLE:
        return {"single_title": _label(first), "single_url": target(first.url)}
    return {"btn_orientation": "0", "btn_json_list": [_row(each) for each in buttons]}


def _buttons(links: Sequence[Link]) -> Iterator[Link]:
    """Yield the links that can be buttons: the others are lines of text."""
    rows: list[Mapping[str, str]] = []
    for each in links:
        row = _row(each)
        length = len(json.dumps([*rows, row], ensure_ascii=False))
        fits = len(row["action_url"]) <= LONGEST_ADDRESS and length <= LONGEST_LIST
        if fits and len(rows) < MOST_BUTTONS:
            rows.append(row)
            yield each


def _row(link: Link) -> Mapping[str, str]:
    return {"title": _label(link), "action_url": target(link.url)}


def _label(link: Link) -> str:
    return (one_line(link.label) or "-")[:LONGEST_LABEL]


def _note(card: Card, made: Made) -> str:
    labels = ", ".join(one_line(each.label) for each in made.dropped)
    notes = [
        robot.lost(card),
        f"Shortened to the {MAX_BYTES} bytes of a work notice." if made.shortened else "",
        f"Links left out: {labels}." if labels else "",
    ]
    return " ".join(filter(None, notes))
