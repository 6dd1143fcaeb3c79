"""The chatbot's own messages, for cards without later state.

"Chatbots send one-on-one chat messages in batches", "Types of messages that a chatbot sends".
"""

import json
from collections.abc import Mapping
from typing import Any

from gateway.plugin import Card, ContentError, Severity

from .content import (
    PARAGRAPH,
    Link,
    callbacks_of,
    link_lines,
    links_of,
    markdown_of,
    words_for,
)
from .markdown import ROBOT, escape, one_line, target

MAX_BYTES = 15_000
"""Of `msgParam` in UTF-8."""
MOST_BUTTONS = 5
_LOUD = frozenset({Severity.WARNING, Severity.CRITICAL})

Message = dict[str, Any]


def message(card: Card) -> Message:
    """Write a card as one message: its `msgKey` and what goes into its `msgParam`.

    Raises:
        ContentError: It is larger than the platform takes.
    """
    links = links_of(card)
    text = _text(card, links[MOST_BUTTONS:])
    key, buttons = _buttons(links[:MOST_BUTTONS])
    made = {"msgKey": key, "msgParam": {"title": title(card), "text": text, **buttons}}
    size = len(param(made).encode())
    if size > MAX_BYTES:
        raise ContentError(f"The message has {size} bytes; the platform takes {MAX_BYTES}.")
    return made


def param(made: Mapping[str, Any]) -> str:
    """Return a message's `msgParam` as the JSON text that the platform takes.

    Raises:
        ContentError: It holds what no JSON can carry, which an application's overrides can do.
    """
    try:
        text = json.dumps(made.get("msgParam"), ensure_ascii=False, separators=(",", ":"))
        text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise ContentError("The message holds a value that no JSON can carry.") from error
    return text


def lost(card: Card) -> str:
    """Tell what of a card its message cannot show; empty where nothing is lost."""
    labels = ", ".join(one_line(action.label) for action in callbacks_of(card))
    if not labels:
        return ""
    return f"Without a card template buttons cannot report back, so these are text: {labels}."


def title(card: Card) -> str:
    """Return a card's title with its severity in words, where it is a loud one."""
    own = one_line(card.title) or "-"
    word = words_for(card).severity[card.severity] if card.severity in _LOUD else ""
    return f"{word}: {own}" if word else own


def _text(card: Card, more: tuple[Link, ...]) -> str:
    parts = [
        f"### {escape(title(card))}",
        markdown_of(card.blocks, ROBOT),
        link_lines(more),
        waiting(card),
    ]
    return PARAGRAPH.join(filter(None, parts))


def waiting(card: Card) -> str:
    """Return the labels of buttons that cannot be shown, as a line of text."""
    labels = " / ".join(one_line(action.label) for action in callbacks_of(card))
    return escape(words_for(card).waiting + labels) if labels else ""


def _buttons(links: tuple[Link, ...]) -> tuple[str, Mapping[str, str]]:
    """Return the kind of message and its buttons: one, or two to five under each other."""
    labels = [one_line(each.label) or "-" for each in links]
    if not links:
        return "sampleMarkdown", {}
    if len(links) == 1:
        one = {"singleTitle": labels[0], "singleURL": target(links[0].url)}
        return "sampleActionCard", one
    numbered = list(enumerate(zip(labels, links, strict=True), start=1))
    titles = {f"actionTitle{number}": label for number, (label, _) in numbered}
    urls = {f"actionURL{number}": target(each.url) for number, (_, each) in numbered}
    return f"sampleActionCard{len(links)}", {**titles, **urls}
