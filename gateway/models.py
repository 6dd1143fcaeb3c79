"""The nouns of the gateway: frozen values without I/O."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from gateway.text import storable, storable_or_none

SHARDS = 64


class Priority(IntEnum):
    """How urgent a notification is; the smaller the sooner."""

    URGENT = 0
    HIGH = 1
    NORMAL = 2
    LOW = 3


class State(StrEnum):
    """Where a delivery is."""

    QUEUED = "queued"
    HELD = "held"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELED = "canceled"
    SUPPRESSED = "suppressed"
    SUPERSEDED = "superseded"


OPEN_STATES = frozenset({State.QUEUED, State.HELD})


class Role(StrEnum):
    """What a key may do."""

    OWNER = "owner"
    ADMIN = "admin"
    SENDER = "sender"
    VIEWER = "viewer"


class Audience(StrEnum):
    """Whom a channel type addresses."""

    PERSON = "person"
    GROUP = "group"


class Method(StrEnum):
    """How a binding came about."""

    MANUAL = "manual"
    CREATED = "created"
    AUTO = "auto"
    RESOLVED = "resolved"
    LOGIN = "login"


class RecipientKind(StrEnum):
    """The forms of `to`."""

    USER = "user"
    EMAIL = "email"
    MOBILE = "mobile"
    CHAT = "chat"
    CHANNEL = "channel"
    DEPARTMENT = "department"


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person or group as the application names them.

    `id` is the value behind the kind: a user id, an address, a number, a chat id.
    `email` and `mobile` are what the gateway knows of a user besides.
    """

    kind: RecipientKind
    id: str
    email: str | None = None
    mobile: str | None = None

    @property
    def key(self) -> str:
        """The recipient as one text, as in the API: `user:li.wei`."""
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True)
class Identity:
    """The same person or group as one platform names them, such as an `open_id`."""

    id: str
    kind: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", storable(self.id))
        object.__setattr__(self, "kind", storable(self.kind))


@dataclass(frozen=True, slots=True)
class Receipt:
    """The platform's proof of acceptance.

    Attributes:
        message_id: The platform's id of the message, needed to update or recall it.
        batch: True where one id stands for a whole call, so that no single copy can change.
        log_id: The platform's id of the call.
        http_status: The HTTP status of the answer.
        provider_code: The platform's own code of success, as text.
        note: What is worth telling though it worked, such as an urgent mark that was refused.
    """

    message_id: str
    batch: bool = False
    log_id: str | None = None
    http_status: int | None = None
    provider_code: str | None = None
    note: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "message_id", storable(self.message_id))
        for name in ("log_id", "provider_code", "note"):
            object.__setattr__(self, name, storable_or_none(getattr(self, name)))
