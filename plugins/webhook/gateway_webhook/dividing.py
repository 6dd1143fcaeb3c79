"""Divides a card's blocks where a message is full: at the borders of blocks, fields and lines.

Text is divided before it is translated, so that no mark stays open; code that is divided goes
on as code.
"""

import re
from collections.abc import Callable, Iterator

from gateway.plugin import Block, CardField, FieldsBlock, MarkdownBlock, MentionBlock

Blocks = tuple[Block, ...]
Fits = Callable[[Blocks], bool]

LONGEST_VALUE = 1000
"""Characters of a field's value that stay together: written by any robot they fit anywhere."""
NEAR = 500
"""Characters back to a line's end that are worth a message not quite full."""
_STEP = 4
_FINENESS = 32
_JOINERS = "\u200d\ufe0f"
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})[^`]*")


def divide(blocks: Blocks, fits: Fits, most: int) -> tuple[Blocks, Blocks]:
    """Return as many blocks as fit, the last perhaps in part, and the others.

    Args:
        blocks: What does not fit as a whole.
        fits: Tells whether some of it can be written together.
        most: About how many bytes that is.
    """
    blocks = tuple(map(_divisible, blocks))
    total = sum(map(_units, blocks))
    guess = min(_guess(blocks, most), total - 1)
    units = _largest(lambda size: fits(_divided(blocks, size, tidy=False)[0]), guess, total)
    for tidy in (True, False):
        head, rest = _divided(blocks, units, tidy=tidy)
        if head and fits(head):
            return head, rest
    return (), blocks


def _divisible(block: Block) -> Block:
    if not isinstance(block, FieldsBlock):
        return block
    fields = tuple(piece for field in block.fields for piece in _pieces(field))
    return block.model_copy(update={"fields": fields})


def _pieces(field: CardField) -> Iterator[CardField]:
    for start in range(0, max(1, len(field.value)), LONGEST_VALUE):
        value = field.value[start : start + LONGEST_VALUE]
        yield field.model_copy(update={"label": "" if start else field.label, "value": value})


def _units(block: Block) -> int:
    """Return into how many parts a block can be divided."""
    match block:
        case MarkdownBlock():
            return max(1, len(block.text))
        case FieldsBlock():
            return len(block.fields)
        case MentionBlock():
            return max(1, len(block.users))
    return 1


def _guess(blocks: Blocks, most: int) -> int:
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


def _divided(blocks: Blocks, units: int, *, tidy: bool) -> tuple[Blocks, Blocks]:
    for index, block in enumerate(blocks):
        size = _units(block)
        if size > units:
            head, rest = _halves(block, units, tidy=tidy)
            return (*blocks[:index], *head), (*rest, *blocks[index + 1 :])
        units -= size
    return blocks, ()


def _halves(block: Block, units: int, *, tidy: bool) -> tuple[Blocks, Blocks]:
    if units and isinstance(block, FieldsBlock):
        names = (block.fields[:units], block.fields[units:])
        first, second = (block.model_copy(update={"fields": each}) for each in names)
        return (first,), (second,)
    if units and isinstance(block, MentionBlock):
        return _of(block, block.users[:units]), _of(block, block.users[units:])
    if units and isinstance(block, MarkdownBlock):
        return _texts(block, _border(block.text, units) if tidy else units)
    return (), (block,)


def _texts(block: MarkdownBlock, at: int) -> tuple[Blocks, Blocks]:
    if not at:
        return (), (block,)
    texts = (block.text[:at], _opened(block.text[:at]) + block.text[at:])
    first, second = (block.model_copy(update={"text": text}) for text in texts)
    return (first,), (second,)


def _of(block: MentionBlock, users: tuple[str, ...]) -> Blocks:
    """Return a block of some of the people, as well known as they were."""
    return (block.model_copy(update={"users": users}),)


def _border(text: str, at: int) -> int:
    """Return where to divide: after a line's end, unless that is far; never inside an emoji.

    The beginning of the text is as good an end as any.
    """
    end = text.rfind("\n", 0, at) + 1
    if at - end <= max(NEAR, at // 2):
        return end
    while at > 1 and (text[at] in _JOINERS or text[at - 1] in _JOINERS):
        at -= 1
    return at


def _opened(head: str) -> str:
    """Return the line that opens code anew, where the text ends inside of it."""
    opening = ""
    for line in head.split("\n"):
        fence = _FENCE.fullmatch(line)
        if not opening:
            opening = line if fence else ""
        elif fence and _closes(line.strip(), opening.strip()):
            opening = ""
    return f"{opening}\n" if opening else ""


def _closes(line: str, opening: str) -> bool:
    mark = opening[0]
    length = len(opening) - len(opening.lstrip(mark))
    return len(line) >= length and not line.strip(mark)
