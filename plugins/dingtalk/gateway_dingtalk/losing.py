"""What of a card DingTalk has no place for: in its template, in the chatbot's own messages."""

from collections.abc import Iterator, Sequence
from itertools import islice

from gateway.plugin import (
    Action,
    Block,
    CallbackAction,
    Card,
    ImageBlock,
    Loss,
    MarkdownBlock,
    MentionBlock,
    Severity,
    UrlAction,
)

from . import cards, robot
from .content import links_of, shows_picture

QUIET = frozenset({Severity.INFO, Severity.SUCCESS})
CUT = "The template's variable takes 1,024 bytes."
NO_CODE = "The chatbot's messages show code as ordinary text."
NO_CONFIRM = "The platform asks nobody to confirm; the press counts at once."
NO_MENTION = "Only a card of a template can call people; here they are named."
NO_PICTURE = "The picture's key is no media id of DingTalk; its description is shown."
NO_PLACE = f"The template has {len(cards.SLOTS)} buttons that report back."
NO_SEVERITY = "The chatbot's messages name warnings and critical cards only."
NO_SUMMARY = "The chatbot's messages show their title in the list of chats."
NO_TEMPLATE = "Without a card template buttons cannot report back; the label is shown."
ONE_BUTTON = "The template has one button that opens a page; the others are links in the text."
SAME_PAGE = "Another button opens the same page."
TOO_MANY = f"A message of the chatbot's has {robot.MOST_BUTTONS} buttons; the others are links."
_VARIABLES = {"title": ("title",), "markdown": ("blocks",), "detail_url": ("link",)}


def losses(card: Card, *, template: bool) -> Sequence[Loss]:
    """Return what is lost by the form that the card takes.

    Cards without buttons that report back may go to many at once, by the chatbot's own message.
    """
    as_card = template and card.has_callbacks
    return tuple(_by_card(card) if as_card else _by_robot(card))


def _by_card(card: Card) -> Iterator[Loss]:
    too_long = cards.cut(card)
    for name, loc in _VARIABLES.items():
        if name in too_long:
            yield Loss(loc, "nothing" if name == "detail_url" else "shortened", CUT)
    if "footer" in too_long:
        yield Loss(("blocks", len(card.blocks) - 1), "shortened", CUT)
    for index, block in enumerate(card.blocks):
        yield from _unknown_picture(index, block)
    first = links_of(card)[:1]
    shown = frozenset(action.id for action in islice(_callbacks(card), len(cards.SLOTS)))
    for index, action in enumerate(card.actions):
        if isinstance(action, CallbackAction) and action.id not in shown:
            yield Loss(("actions", index), "nothing", NO_PLACE)
        yield from _page(card, index, action, frozenset(each.url for each in first), ONE_BUTTON)
        yield from _unasked(index, action)


def _by_robot(card: Card) -> Iterator[Loss]:
    if card.severity in QUIET:
        yield Loss(("severity",), "nothing", NO_SEVERITY)
    if card.summary:
        yield Loss(("summary",), "nothing", NO_SUMMARY)
    for index, block in enumerate(card.blocks):
        yield from _unsaid(index, block)
    buttons = frozenset(each.url for each in links_of(card)[: robot.MOST_BUTTONS])
    for index, action in enumerate(card.actions):
        if isinstance(action, CallbackAction):
            yield Loss(("actions", index), "text", NO_TEMPLATE)
        yield from _page(card, index, action, buttons, TOO_MANY)
        yield from _unasked(index, action)


def _unsaid(index: int, block: Block) -> Iterator[Loss]:
    if isinstance(block, MarkdownBlock) and ("`" in block.text or "~~~" in block.text):
        yield Loss(("blocks", index), "text", NO_CODE)
    if isinstance(block, MentionBlock):
        yield Loss(("blocks", index), "text", NO_MENTION)
    yield from _unknown_picture(index, block)


def _unknown_picture(index: int, block: Block) -> Iterator[Loss]:
    if isinstance(block, ImageBlock) and not shows_picture(block):
        yield Loss(("blocks", index), "text", NO_PICTURE)


def _page(
    card: Card, index: int, action: Action, buttons: frozenset[str], why: str
) -> Iterator[Loss]:
    if not isinstance(action, UrlAction):
        return
    if any(isinstance(a, UrlAction) and a.url == action.url for a in card.actions[:index]):
        yield Loss(("actions", index), "nothing", SAME_PAGE)
    elif action.url not in buttons:
        yield Loss(("actions", index), "link", why)


def _unasked(index: int, action: Action) -> Iterator[Loss]:
    if action.confirm:
        yield Loss(("actions", index, "confirm"), "nothing", NO_CONFIRM)


def _callbacks(card: Card) -> Iterator[CallbackAction]:
    return (action for action in card.actions if isinstance(action, CallbackAction))
