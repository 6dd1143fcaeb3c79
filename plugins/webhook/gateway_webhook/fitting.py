"""Shortens a card to what a robot takes: at the borders of blocks, fields and lines."""

from collections.abc import Callable, Iterator

from gateway.plugin import (
    Block,
    Card,
    ContentError,
    FieldsBlock,
    MarkdownBlock,
    NoteBlock,
    Payload,
)
from gateway_lark.cards import dumps

ELLIPSIS = "…"
NEVER_WHOLE = 100_000
"""Characters that no robot takes, so that nobody need write them to find out."""
_STEP = 4
_FINENESS = 32
_JOINERS = "\u200d\ufe0f"

Write = Callable[[Card], Payload]


def fit(card: Card, write: Write, most: int) -> Payload:
    """Write the card, or its beginning with a sign that there is more.

    Text is cut before it is translated, so that no mark and no code block stays open.

    Args:
        card: What to write.
        write: Writes a card in the platform's language.
        most: The bytes that the platform takes.

    Raises:
        ContentError: Not even the title and the buttons fit.
    """
    total = sum(map(_units, card.blocks))
    whole = _written(card, write, most) if total <= NEVER_WHOLE else None
    return whole or _beginning(card, write, most, total)


def fits(card: Card, write: Write, most: int) -> bool:
    """Tell whether the whole card is within a number of bytes."""
    few = sum(map(_units, card.blocks)) <= NEVER_WHOLE
    return few and _written(card, write, most) is not None


def _beginning(card: Card, write: Write, most: int, total: int) -> Payload:
    def cut(units: int, *, tidy: bool = False) -> Payload | None:
        return _written(_shortened(card, units, tidy=tidy), write, most)

    guess = min(_guess(card.blocks, most), total - 1)
    units = _largest(lambda size: cut(size) is not None, guess, total)
    payload = cut(units, tidy=True) or cut(units)
    if payload is None:
        raise ContentError(f"The title and the buttons alone exceed {most} bytes.")
    return payload


def _written(card: Card, write: Write, most: int) -> Payload | None:
    try:
        payload = write(card)
    except ContentError:
        return None
    return payload if len(dumps(payload).encode()) <= most else None


def _guess(blocks: tuple[Block, ...], most: int) -> int:
    """Return how many parts have as many bytes as may be written, before they are written."""
    units = 0
    for block in blocks:
        size, parts = len(block.model_dump_json().encode()), _units(block)
        if size > most:
            return units + parts * most // size
        units, most = units + parts, most - size
    return units


def _largest(fits: Callable[[int], bool], guess: int, total: int) -> int:
    """Return nearly the largest number below `total` that fits, in as few tries as can be."""
    first = max(1, guess)
    low, high = _above(fits, first, total) if fits(first) else _below(fits, first)
    while high - low > max(1, low // _FINENESS):
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def _above(fits: Callable[[int], bool], low: int, total: int) -> tuple[int, int]:
    """Return a number from `low` on that fits, and one above it that does not."""
    high = low + low // _STEP + 1
    while high < total and fits(high):
        low, high = high, high + high // _STEP + 1
    return low, min(high, total)


def _below(fits: Callable[[int], bool], high: int) -> tuple[int, int]:
    """Return a number below `high` that fits, or 0, and one above it that does not."""
    low = high - high // _STEP - 1
    while low > 0 and not fits(low):
        low, high = low - low // _STEP - 1, low
    return max(low, 0), high


def _units(block: Block) -> int:
    """Return into how many parts a block can be cut: characters, fields, or none."""
    match block:
        case MarkdownBlock():
            return max(1, len(block.text))
        case FieldsBlock():
            return len(block.fields)
    return 1


def _shortened(card: Card, units: int, *, tidy: bool) -> Card:
    blocks = (*_first(card.blocks, units, tidy=tidy), _more(card))
    return card.model_copy(update={"blocks": blocks})


def _first(blocks: tuple[Block, ...], units: int, *, tidy: bool) -> Iterator[Block]:
    for block in blocks:
        size = _units(block)
        if size > units:
            yield from _head(block, units, tidy=tidy)
            return
        yield block
        units -= size


def _head(block: Block, units: int, *, tidy: bool) -> Iterator[Block]:
    if units and isinstance(block, FieldsBlock):
        yield block.model_copy(update={"fields": block.fields[:units]})
    elif units and isinstance(block, MarkdownBlock):
        text = block.text[:units].rstrip(_JOINERS)
        yield block.model_copy(update={"text": _to_border(text) if tidy else text})


def _to_border(text: str) -> str:
    """Cut at the last end of a line, unless that would lose more than half."""
    end = text.rfind("\n")
    return text[:end] if end * 2 > len(text) else text


def _more(card: Card) -> Block:
    if card.link is None:
        return NoteBlock(type="note", text=ELLIPSIS)
    link = card.link.replace("(", "%28").replace(")", "%29")
    return MarkdownBlock(type="markdown", text=f"[{ELLIPSIS}]({link})")
