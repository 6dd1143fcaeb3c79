"""The things a platform keeps: apps, people, groups, messages, cards, files."""

import json
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(slots=True)
class App:
    """A custom app of the tenant; only published scopes are in `scopes`."""

    app_id: str
    app_secret: str
    open_id: str
    scopes: set[str]
    name: str = "Notifications"
    unpublished: set[str] = field(default_factory=set)
    published: bool = True
    enabled: bool = True
    bot_active: bool = True
    redirect_urls: tuple[str, ...] = ()
    ip_white_list: tuple[str, ...] = ()
    applied: bool = False

    def grants(self, wanted: tuple[str, ...]) -> bool:
        """Tell whether one of the scopes is granted in the published version."""
        return self.published and any(scope in self.scopes for scope in wanted)

    def publish(self) -> None:
        """Publish a version: scopes asked for since the last one count from now on."""
        self.published = True
        self.scopes |= self.unpublished
        self.unpublished.clear()


@dataclass(slots=True)
class Person:
    """Someone of the organisation; `id` is the tenant-wide user_id."""

    id: str
    name: str
    union_id: str
    email: str | None = None
    mobile: str | None = None
    locale: str = "en"
    department: str = "0"
    available: bool = True
    resigned: bool = False
    frozen: bool = False
    activated: bool = True
    in_contact_range: bool = True
    muted_bot: bool = False


@dataclass(slots=True)
class Department:
    """A department; the root is `0`."""

    id: str
    open_id: str
    name: str
    parent: str = "0"


@dataclass(slots=True)
class Chat:
    """A group, or the private chat of one person with one app's bot."""

    chat_id: str
    name: str
    members: list[str] = field(default_factory=list)
    bots: list[str] = field(default_factory=list)
    private: bool = False
    description: str = ""
    owner: str = ""
    at_all: bool = False
    dissolved: bool = False


@dataclass(slots=True)
class Press:
    """A button somebody pressed: what a signed card callback will say."""

    time: float
    message_id: str
    operator: str
    label: str
    tag: str
    value: Any


@dataclass(slots=True)
class CardEntity:
    """A card made by the card API, which can be sent once."""

    card_id: str
    app_id: str
    card: Json
    created: float
    sequence: int = 0
    sent: bool = False
    uuids: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Message:
    """One message as one receiver sees it; `receiver` is a person's or a group's id."""

    message_id: str
    app_id: str
    receiver: str
    chat_id: str
    msg_type: str
    content: str
    created: float
    uuid: str | None = None
    parent_id: str | None = None
    batch_id: str | None = None
    sender_type: str = "app"
    sent_content: str = ""
    template_card: Json | None = None
    entity: CardEntity | None = None
    updated: float | None = None
    updates: list[str] = field(default_factory=list)
    recalled: bool = False
    read: dict[str, float] = field(default_factory=dict)
    urgent: set[str] = field(default_factory=set)
    presses: list[Press] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sent_content = self.sent_content or self.content

    @property
    def card(self) -> Json | None:
        """The card as it looks now, or None when the message is no card."""
        if self.msg_type != "interactive":
            return None
        if self.entity is not None:
            return self.entity.card
        card: Json = self.template_card or json.loads(self.content)
        return card

    def as_json(self) -> Json:
        """Return what the control API tells about the message."""
        return {
            "message_id": self.message_id,
            "app_id": self.app_id,
            "receiver": self.receiver,
            "chat_id": self.chat_id,
            "msg_type": self.msg_type,
            "content": self.content,
            "card": self.card,
            "uuid": self.uuid,
            "batch_id": self.batch_id,
            "parent_id": self.parent_id,
            "created": self.created,
            "updates": len(self.updates),
            "recalled": self.recalled,
            "read": sorted(self.read),
            "urgent": sorted(self.urgent),
            "presses": [
                {"operator": press.operator, "label": press.label, "value": press.value}
                for press in self.presses
            ],
        }


@dataclass(slots=True)
class CardToken:
    """The right to update a card after a press, twice within half an hour."""

    message: Message
    created: float
    uses: int = 0


@dataclass(slots=True)
class Batch:
    """One call of batch send: queued first, delivered when its progress is asked again."""

    batch_id: str
    app_id: str
    created: float
    people: list[str]
    messages: list[Message] = field(default_factory=list)
    recalled: bool = False


@dataclass(slots=True)
class Login:
    """A code somebody got by logging in to an app, and what it was asked for."""

    app_id: str
    person: str
    redirect_uri: str
    created: float
    challenge: str = ""
    scopes: frozenset[str] = frozenset()
    used: bool = False


@dataclass(slots=True)
class Upload:
    """An image or a file an app put in storage."""

    key: str
    app_id: str
    kind: str
    name: str
    media_type: str
    data: bytes


@dataclass(slots=True)
class Robot:
    """A custom robot of one group, with its security settings."""

    token: str
    chat_id: str
    secret: str | None = None
    keywords: tuple[str, ...] = ()
    ips: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """One line of the call log."""

    time: float
    key: str
    status: int
    code: int
