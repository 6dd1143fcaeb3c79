"""Fits a card into messages: cut with a link where it has one, else in parts, all of it."""

from collections.abc import Callable

from gateway.plugin import Block, Card, ContentError, FieldsBlock, MarkdownBlock, Payload
from gateway_lark.cards import dumps

from .dividing import Blocks, divide

ELLIPSIS = "…"
MOST_PARTS = 10
"""Half of what DingTalk's robots may say in a minute; more of one card floods a group."""
NEVER_WHOLE = 40_000
"""Characters that no robot takes, so that nobody need write them to find out."""

Write = Callable[[Card], Payload]


def fit(card: Card, write: Write, most: int) -> list[Card]:
    """Return the cards to say instead of one, in order; usually it is the card itself.

    A card with a link is said once: its beginning, and the link to the rest. Without a link
    nothing may be lost, so that it is said in parts; the last has the buttons.

    Args:
        card: What to say.
        write: Writes a card in the platform's language.
        most: The bytes that the platform takes.

    Raises:
        ContentError: Not even the title and the buttons fit, or it has too many parts.
    """
    if fits(card, write, most):
        return [card]
    return [_cut(card, write, most)] if card.link else _parts(card, write, most)


def fits(card: Card, write: Write, most: int) -> bool:
    """Tell whether a whole card is within a number of bytes."""
    if sum(map(_characters, card.blocks)) > NEVER_WHOLE:
        return False
    try:
        payload = write(card)
    except ContentError:
        return False
    return len(dumps(payload).encode()) <= most


def _characters(block: Block) -> int:
    match block:
        case MarkdownBlock():
            return len(block.text)
        case FieldsBlock():
            return sum(len(field.label) + len(field.value) for field in block.fields)
    return 0


def _cut(card: Card, write: Write, most: int) -> Card:
    link = (card.link or "").replace("(", "%28").replace(")", "%29")
    more = MarkdownBlock(type="markdown", text=f"[{ELLIPSIS}]({link})")

    def short(head: Blocks) -> Card:
        return card.model_copy(update={"blocks": (*head, more)})

    head, _ = divide(card.blocks, lambda some: fits(short(some), write, most), most)
    if not head and not fits(short(()), write, most):
        raise _too_much(most)
    return short(head)


def _parts(card: Card, write: Write, most: int) -> list[Card]:
    """Divide a card until what is left fits with the buttons."""
    if sum(map(_characters, card.blocks)) > most * MOST_PARTS:
        raise _too_many()
    left, found = card, list[Card]()
    while not fits(_numbered(left, MOST_PARTS, MOST_PARTS), write, most):
        if not left.blocks:
            raise _too_much(most)
        head, rest = _next_part(left, write, most)
        found.append(head)
        left = rest
        if len(found) >= MOST_PARTS:
            raise _too_many()
    cards = [*found, left]
    return [_numbered(each, number, len(cards)) for number, each in enumerate(cards, 1)]


def _next_part(left: Card, write: Write, most: int) -> tuple[Card, Card]:
    plain = left.model_copy(update={"actions": ()})

    def part(blocks: Blocks) -> Card:
        return _numbered(plain.model_copy(update={"blocks": blocks}), MOST_PARTS, MOST_PARTS)

    if fits(part(left.blocks), write, most):  # but not with the buttons
        return plain, left.model_copy(update={"blocks": ()})
    head, rest = divide(left.blocks, lambda some: fits(part(some), write, most), most)
    if not head:
        raise _too_much(most)
    return plain.model_copy(update={"blocks": head}), left.model_copy(update={"blocks": rest})


def _numbered(card: Card, number: int, count: int) -> Card:
    return card.model_copy(update={"title": f"{card.title} ({number}/{count})"})


def _too_many() -> ContentError:
    said = f"The card needs more than {MOST_PARTS} messages; give it a link to the rest."
    return ContentError(said)


def _too_much(most: int) -> ContentError:
    return ContentError(f"The title and the buttons alone exceed {most} bytes.")
