"""The neutral card: what an application wants to say, in no platform's language."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, model_validator


class Severity(StrEnum):
    """How serious a card is; each platform shows it as a colour."""

    NEUTRAL = "neutral"
    INFO = "info"
    SUCCESS = "success"
    WARNING = "warning"
    CRITICAL = "critical"


Url = Annotated[str, Field(max_length=2048, pattern=r"^https?://[^\s\x00-\x1f]+$")]
ShortText = Annotated[str, Field(max_length=1000)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MarkdownBlock(_Part):
    """Text with bold, italics, links, lists and code; anything else in it is inert."""

    type: Literal["markdown"]
    text: Annotated[str, Field(max_length=20_000)]


class CardField(_Part):
    """A label and its value; `short` ones may share a line."""

    label: ShortText
    value: Annotated[str, Field(max_length=4000)]
    short: bool = True


class FieldsBlock(_Part):
    """A list of labelled values."""

    type: Literal["fields"]
    fields: Annotated[tuple[CardField, ...], Field(min_length=1, max_length=50)]


class ImageBlock(_Part):
    """A picture, by address or by a key the platform already gave out."""

    type: Literal["image"]
    url: Url | None = None
    key: Annotated[str, Field(max_length=256)] | None = None
    alt: ShortText = ""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.url is None) == (self.key is None):
            raise ValueError("an image has either a url or a key")
        return self


class DividerBlock(_Part):
    """A line."""

    type: Literal["divider"]


class NoteBlock(_Part):
    """Small print."""

    type: Literal["note"]
    text: ShortText


class MentionBlock(_Part):
    """People to call by name; the gateway adds who they are on the platform."""

    type: Literal["mention"]
    users: Annotated[tuple[Annotated[str, Field(max_length=128)], ...], Field(max_length=50)]
    _identities: Mapping[str, str] = PrivateAttr(default_factory=dict)
    _kinds: Mapping[str, str] = PrivateAttr(default_factory=dict)

    @property
    def identities(self) -> Mapping[str, str]:
        """Who of `users` is known on this card's platform, and by which id."""
        return self._identities

    @property
    def kinds(self) -> Mapping[str, str]:
        """What sort of id each of `identities` is, where the gateway knows: `open_id`."""
        return self._kinds

    def known_as(
        self, identities: Mapping[str, str], kinds: Mapping[str, str] | None = None
    ) -> "MentionBlock":
        """Return the same block, knowing `identities` and what sort of ids they are."""
        block = self.model_copy()
        known = [user for user in self.users if user in identities]
        block._identities = {user: identities[user] for user in known}  # noqa: SLF001 - a copy of our own
        block._kinds = {user: kinds[user] for user in known if user in kinds} if kinds else {}  # noqa: SLF001 - the same
        return block


Block = Annotated[
    MarkdownBlock | FieldsBlock | ImageBlock | DividerBlock | NoteBlock | MentionBlock,
    Field(discriminator="type"),
]
ActionStyle = Literal["default", "primary", "danger"]
ActionId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
Label = Annotated[str, Field(min_length=1, max_length=100)]


class CallbackAction(_Part):
    """A button whose press comes back to the application."""

    kind: Literal["callback"]
    id: ActionId
    label: Label
    style: ActionStyle = "default"
    once: bool = False
    mobile_only: bool = False
    confirm: ShortText | None = None
    value: dict[str, Any] = Field(default_factory=dict)


class UrlAction(_Part):
    """A button that opens a page."""

    kind: Literal["url"]
    id: ActionId
    label: Label
    url: Url
    style: ActionStyle = "default"
    confirm: ShortText | None = None


Action = Annotated[CallbackAction | UrlAction, Field(discriminator="kind")]


class Card(_Part):
    """Neutral content: a title, blocks of text and pictures, and what one can do about it."""

    title: Annotated[str, Field(min_length=1, max_length=300)]
    severity: Severity = Severity.NEUTRAL
    summary: ShortText = ""
    blocks: Annotated[tuple[Block, ...], Field(max_length=100)] = ()
    actions: Annotated[tuple[Action, ...], Field(max_length=20)] = ()
    link: Url | None = None

    @model_validator(mode="after")
    def _actions_differ(self) -> Self:
        ids = [action.id for action in self.actions]
        if len(set(ids)) != len(ids):
            raise ValueError("two actions have the same id")
        return self

    @property
    def text(self) -> str:
        """The card as plain text: the fallback that every channel can show."""
        lines = [self.title, *(_plain(block) for block in self.blocks)]
        lines += [f"{a.label}: {a.url}" for a in self.actions if isinstance(a, UrlAction)]
        return "\n".join(line for line in [*lines, self.link or ""] if line)

    @property
    def has_callbacks(self) -> bool:
        """Whether somebody can press a button that changes this card later."""
        return any(isinstance(action, CallbackAction) for action in self.actions)

    @property
    def mentions(self) -> tuple[str, ...]:
        """Everybody whom a mention block names."""
        blocks = (block for block in self.blocks if isinstance(block, MentionBlock))
        return tuple(user for block in blocks for user in block.users)

    def mentioning(
        self, identities: Mapping[str, str], kinds: Mapping[str, str] | None = None
    ) -> "Card":
        """Return the card with its mention blocks knowing `identities`, and their `kinds`."""
        if not self.mentions:
            return self
        blocks = tuple(
            block.known_as(identities, kinds) if isinstance(block, MentionBlock) else block
            for block in self.blocks
        )
        return self.model_copy(update={"blocks": blocks})


def _plain(block: Block) -> str:
    match block:
        case MarkdownBlock() | NoteBlock():
            return block.text
        case FieldsBlock():
            return "\n".join(f"{field.label}: {field.value}" for field in block.fields)
        case ImageBlock():
            return f"{block.alt} {block.url or ''}".strip()
        case MentionBlock():
            return " ".join(f"@{user.removeprefix('user:')}" for user in block.users)
        case DividerBlock():
            return "---"
