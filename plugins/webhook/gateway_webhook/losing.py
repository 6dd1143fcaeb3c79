"""What of a card a group's robot cannot show."""

from collections.abc import Iterator

from gateway.plugin import (
    Action,
    Block,
    CallbackAction,
    Card,
    ImageBlock,
    Loss,
    MarkdownBlock,
    MentionBlock,
    UrlAction,
)

NO_CALLBACK = "A robot cannot hear of a pressed button"
NO_CODE = "The robot shows code as ordinary text."
NO_CONFIRM = "The robot's buttons open pages and ask nobody to confirm."
NO_PICTURE = "The robot shows pictures by address only; the description is shown."
NO_UPLOAD = "The robot cannot upload pictures; a link to it is shown."
MENTIONS = "The robot can call people or have buttons, not both; the buttons are links."
TOO_LONG = "A robot takes 20,000 bytes; the beginning is shown, and a link to the rest."


def for_lark(card: Card) -> Iterator[Loss]:
    """Yield what the robots of Lark and Feishu lose."""
    for index, block in enumerate(card.blocks):
        if isinstance(block, ImageBlock) and block.url is not None:
            yield Loss(("blocks", index), "link", NO_UPLOAD)
    for index, action in enumerate(card.actions):
        yield from _deaf(card, index, action)
        if action.confirm and isinstance(action, CallbackAction):
            yield Loss(("actions", index, "confirm"), "nothing", NO_CONFIRM)


def for_dingtalk(card: Card) -> Iterator[Loss]:
    """Yield what DingTalk's robots lose."""
    for index, block in enumerate(card.blocks):
        yield from _unshown(index, block)
    calls = any(isinstance(block, MentionBlock) and block.users for block in card.blocks)
    for index, action in enumerate(card.actions):
        if calls and (isinstance(action, UrlAction) or card.link):
            yield Loss(("actions", index), "link", MENTIONS)
        else:
            yield from _deaf(card, index, action)
        if action.confirm:
            yield Loss(("actions", index, "confirm"), "nothing", NO_CONFIRM)


def _unshown(index: int, block: Block) -> Iterator[Loss]:
    if isinstance(block, MarkdownBlock) and ("`" in block.text or "~~~" in block.text):
        yield Loss(("blocks", index), "text", NO_CODE)
    if isinstance(block, ImageBlock) and block.key is not None:
        yield Loss(("blocks", index), "text", NO_PICTURE)


def _deaf(card: Card, index: int, action: Action) -> Iterator[Loss]:
    if not isinstance(action, CallbackAction):
        return
    if card.link:
        yield Loss(("actions", index), "page", f"{NO_CALLBACK}; it opens the card's link.")
    else:
        yield Loss(("actions", index), "text", f"{NO_CALLBACK}; its label is shown.")
