"""What a card says, part by part, in one of the platform's dialects of Markdown."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from gateway.plugin import (
    Block,
    CallbackAction,
    Card,
    CardField,
    DividerBlock,
    FieldsBlock,
    ImageBlock,
    MarkdownBlock,
    MentionBlock,
    NoteBlock,
    Severity,
    UrlAction,
)

from .markdown import BREAK, Dialect, bold, escape, link, one_line, picture, translate

PARAGRAPH = "\n\n"
LONGEST_ALT = 80
LONGEST_NAME = 64
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_MEDIA = re.compile(r"@[A-Za-z0-9_\-]{1,200}")
_MENTIONABLE = re.compile(r"[A-Za-z0-9_\-.@]{1,64}")


@dataclass(frozen=True, slots=True)
class Words:
    """The few words that the gateway adds; a card's own language chooses them."""

    details: str
    waiting: str
    reference: str
    severity: dict[Severity, str]


ENGLISH = Words(
    "Details",
    "Waiting for a decision: ",
    "Ref",
    {
        Severity.NEUTRAL: "",
        Severity.INFO: "Info",
        Severity.SUCCESS: "Success",
        Severity.WARNING: "Warning",
        Severity.CRITICAL: "Critical",
    },
)
CHINESE = Words(
    "查看详情",
    "待处理: ",
    "编号",
    {
        Severity.NEUTRAL: "",
        Severity.INFO: "通知",
        Severity.SUCCESS: "成功",
        Severity.WARNING: "警告",
        Severity.CRITICAL: "严重",
    },
)


@dataclass(frozen=True, slots=True)
class Link:
    """Something that opens a page."""

    label: str
    url: str


def words_for(card: Card) -> Words:
    """Return the words of the language that the card's title is written in."""
    return CHINESE if _CHINESE.search(card.title) else ENGLISH


def links_of(card: Card) -> tuple[Link, ...]:
    """Return what can be opened, each address once: the buttons, then the card's own link."""
    buttons = [Link(a.label, a.url) for a in card.actions if isinstance(a, UrlAction)]
    own = [Link(words_for(card).details, card.link)] if card.link else []
    return tuple({each.url: each for each in reversed([*buttons, *own])}.values())[::-1]


def callbacks_of(card: Card) -> tuple[CallbackAction, ...]:
    """Return the buttons that report back."""
    return tuple(action for action in card.actions if isinstance(action, CallbackAction))


def summary_of(card: Card) -> str:
    """Return one line for the lock screen and the list of chats."""
    return one_line(card.summary) or one_line(card.title) or "-"


def markdown_of(blocks: Iterable[Block], dialect: Dialect, *, mentions: bool = False) -> str:
    """Return blocks as one text.

    Args:
        blocks: What to write.
        dialect: What the text shows.
        mentions: Whether people can be called in it; where not, they are named.
    """
    parts = (_block(block, dialect, mentions=mentions) for block in blocks)
    return PARAGRAPH.join(filter(None, parts))


def mentioned(card: Card) -> tuple[str, ...]:
    """Return the userids of everybody whom a mention block calls."""
    blocks = (block for block in card.blocks if isinstance(block, MentionBlock))
    ids = (block.identities.get(user, "") for block in blocks for user in block.users)
    return tuple(dict.fromkeys(found for found in ids if _MENTIONABLE.fullmatch(found)))


def link_lines(links: Iterable[Link]) -> str:
    """Return links as lines of text."""
    return BREAK.join(link(each.label, each.url) for each in links)


def _block(block: Block, dialect: Dialect, *, mentions: bool) -> str:
    match block:
        case MarkdownBlock():
            return translate(block.text, dialect)
        case FieldsBlock():
            return BREAK.join(_field(field) for field in block.fields)
        case ImageBlock():
            return _image(block)
        case DividerBlock():
            return "***"
        case NoteBlock():
            return quote(block.text)
        case MentionBlock():
            return " ".join(_mention(user, block, calling=mentions) for user in block.users)


def quote(text: str) -> str:
    """Return small print."""
    return "\n".join(f"> {line}" for line in escape(text).split("\n") if line.strip())


def _field(field: CardField) -> str:
    label, value = bold(field.label), escape(field.value)
    if not label:
        return value
    return f"{label}: {value}" if "\n" not in value else f"{label}:{BREAK}{value}"


def shows_picture(block: ImageBlock) -> bool:
    """Tell whether the platform can show a picture: by address, or by a media id of its own."""
    return block.key is None or _MEDIA.fullmatch(block.key) is not None


def _image(block: ImageBlock) -> str:
    alt = one_line(block.alt)[:LONGEST_ALT]
    return picture(alt, block.key or block.url or "") if shows_picture(block) else escape(alt)


def _mention(user: str, block: MentionBlock, *, calling: bool) -> str:
    """Call somebody; who is not known on the platform is named only."""
    name = escape(one_line(user.partition(":")[2] if ":" in user else user)[:LONGEST_NAME])
    identity = block.identities.get(user, "")
    if calling and _MENTIONABLE.fullmatch(identity):
        return f"<a atId={identity}>{name}</a>"
    return f"@{name}"
