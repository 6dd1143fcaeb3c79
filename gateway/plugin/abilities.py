"""What some channels can do besides: small classes, found by `isinstance`.

Whatever takes many returns one result for each, in the same order, and raises only where the
whole call failed.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal

from gateway.card import Card
from gateway.errors import DeliveryError
from gateway.models import Identity, Receipt, Recipient
from gateway.plugin.channel import Payload


class ResolvesInBulk(ABC):
    """Looks up many recipients in one provider call."""

    @abstractmethod
    def lookups(self, recipients: Sequence[Recipient]) -> Sequence[Sequence[Recipient]]:
        """Split `recipients` into as few provider calls as the platform permits. Pure."""

    @abstractmethod
    async def resolve_many(
        self, recipients: Sequence[Recipient]
    ) -> Sequence[Identity | DeliveryError]:
        """Look up one such part, in one provider call."""


class Batches(ABC):
    """Sends one payload to many in one provider call, without later state.

    Attributes:
        batch_limit: The most identities in one call.
        batch_kinds: The kinds of identity that can be batched; None: all.
    """

    batch_limit: ClassVar[int]
    batch_kinds: ClassVar[frozenset[str] | None] = None

    @abstractmethod
    async def send_batch(
        self, to: Sequence[Identity], payload: Payload, *, key: str
    ) -> Sequence[Receipt | DeliveryError]:
        """Hand over one payload for all of `to`, at most `batch_limit` of one identity kind.

        Raises:
            ScopeMissingError: The application may not batch; the gateway then sends one by one.
        """


class Splits(ABC):
    """Says a card in several messages where one cannot hold it; not together with `Batches`."""

    @abstractmethod
    def split(self, card: Card) -> Sequence[Payload]:
        """Write the card in as many payloads as it needs, in order; `render` returns the first.

        Pure, and the same for the same card: each payload is a call of its own, and the gateway
        goes on with the next one also after an outage.

        Raises:
            ContentError: The platform could never take it.
        """


class Updates(ABC):
    """Changes a card that was sent."""

    @abstractmethod
    async def update(self, message_id: str, payload: Payload, *, key: str) -> Receipt:
        """Replace the card; raise a `DeliveryError` if the platform did not."""


class Recalls(ABC):
    """Takes a message back."""

    @abstractmethod
    async def recall(self, receipt: Receipt) -> None:
        """Take the message back; raise a `DeliveryError` if the platform did not."""


class Reads(ABC):
    """Tells who has read a message."""

    @abstractmethod
    async def read_by(self, message_id: str) -> Sequence[Identity]:
        """List who has read it so far."""


class Urges(ABC):
    """Marks a sent message as urgent, on top of the ordinary notification."""

    @abstractmethod
    async def urge(self, to: Identity, message_id: str) -> None:
        """Mark it; raise a `DeliveryError` if the platform did not. The delivery stands anyway."""


class Uploads(ABC):
    """Takes pictures and gives out keys for them."""

    max_image_bytes: ClassVar[int] = 10 * 1024 * 1024

    @abstractmethod
    async def upload(self, image: bytes, media_type: str) -> str:
        """Upload one picture and return the key that an image block can carry."""


@dataclass(frozen=True, slots=True)
class About:
    """What a payload is about, for receivers that are programs.

    Attributes:
        notification: The notification's id.
        delivery: The delivery's id.
        created: When the notification was accepted.
        request: What the application said besides the card and the recipients: `type`,
            `subject`, `source`, `attributes`, `metadata` and so on.
    """

    notification: str
    delivery: str
    created: datetime
    request: Mapping[str, Any]


class Envelopes(ABC):
    """Puts each payload into an envelope that says what it is about."""

    @abstractmethod
    def envelop(self, payload: Payload, about: About) -> Payload:
        """Return the payload as it is to be sent for one delivery. Pure."""


Becomes = Literal["page", "link", "text", "shortened", "nothing"]


@dataclass(frozen=True, slots=True)
class Loss:
    """A part of a card that a channel shows otherwise than the application wrote it.

    Attributes:
        loc: Where it is in the card: `("actions", 0, "confirm")`.
        becomes: What is left of it: a button that only opens a `page`, a `link`, plain `text`,
            a `shortened` text, or `nothing`.
        why: One sentence for whoever wrote the card.
    """

    loc: tuple[str | int, ...]
    becomes: Becomes
    why: str


class Degrades(ABC):
    """Tells what of a card its platform cannot show; without it nothing is taken for lost."""

    @abstractmethod
    def losses(self, card: Card) -> Sequence[Loss]:
        """Return what `render` of this card loses, in the card's order. Pure, raises nothing.

        Whether a person is known on the platform is no matter here, nor the looks of what stays.
        """


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the platform's directory."""

    identity: Identity
    name: str
    email: str | None = None
    mobile: str | None = None
    user_id: str | None = None
    departments: tuple[str, ...] = ()
    active: bool = True


@dataclass(frozen=True, slots=True)
class Page:
    """A part of the directory and where the next begins."""

    people: tuple[Person, ...]
    next_cursor: str | None = None


class Browses(ABC):
    """Lists the people the application may see."""

    @abstractmethod
    async def browse(self, query: str = "", cursor: str | None = None) -> Page:
        """Return one page of people whose name, address or number contains `query`."""

    @abstractmethod
    async def describe(self, identities: Sequence[Identity]) -> Sequence[Person | DeliveryError]:
        """Return what the platform tells of each now; `RecipientError` for whom it does not know.

        Raises:
            ScopeMissingError: The application may not read people.
        """


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """Whom the platform names after a login; of all this a binding keeps the identity only.

    Attributes:
        identity: The person, of a kind that bindings keep.
        others: Further ids of the same person, by which they may be bound already.
        email: An address to match with a user's; None where the platform only repeats what the
            person says of themselves.
        mobile: A number to match with a user's, the same.
    """

    identity: Identity
    others: tuple[Identity, ...] = ()
    email: str | None = None
    mobile: str | None = None


class LogsIn(ABC):
    """Lets people prove who they are by logging in on the platform.

    Attributes:
        code_names: The parameters that may bring the code back, the usual one first.
    """

    code_names: ClassVar[tuple[str, ...]] = ("code",)

    @abstractmethod
    def login_url(self, redirect_uri: str, state: str) -> str:
        """Return the platform's page for it, which comes back to `redirect_uri`. Pure."""

    @abstractmethod
    async def identify(self, code: str, redirect_uri: str) -> LoggedIn:
        """Return who logged in, and keep nothing of it: no token, no profile.

        Raises:
            ContentError: The code is none, used or too old: the person has to log in again.
            RecipientError: The application is not for this person, who may be of elsewhere.
        """


@dataclass(frozen=True, slots=True)
class CallbackRequest:
    """A platform's call to us, exactly as it came. Header names are lower case."""

    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Press:
    """Somebody pressed a button."""

    id: str
    message_id: str
    action: str
    operator: Identity
    value: Mapping[str, Any]
    mobile: bool | None = None


@dataclass(frozen=True, slots=True)
class CallbackReply:
    """What the platform is to hear, and what the gateway is to do about it."""

    body: Mapping[str, Any]
    press: Press | None = None


class Receives(ABC):
    """Understands the platform's callbacks."""

    @abstractmethod
    def receive(self, request: CallbackRequest) -> CallbackReply:
        """Verify and read one callback; raise `CredentialError` where its signature is wrong."""


class Streams(ABC):
    """Receives callbacks over a connection of its own making, where there is no public URL."""

    @abstractmethod
    def stream(
        self, answer: Callable[[CallbackRequest], Awaitable[CallbackReply]]
    ) -> AsyncIterator[None]:
        """Keep the connection up; each step of the iteration is one event answered."""


class Groups(ABC):
    """Makes group chats and changes who is in them."""

    @abstractmethod
    async def create_group(self, name: str, members: Sequence[Identity], *, key: str) -> Identity:
        """Make a group and return it as an identity one can send to."""

    @abstractmethod
    async def add_members(
        self, group: Identity, members: Sequence[Identity]
    ) -> Sequence[DeliveryError | None]:
        """Add people; None for each who is in."""


ABILITIES: Mapping[str, type] = {
    "resolves_in_bulk": ResolvesInBulk,
    "batches": Batches,
    "splits": Splits,
    "updates": Updates,
    "recalls": Recalls,
    "reads": Reads,
    "urges": Urges,
    "uploads": Uploads,
    "envelopes": Envelopes,
    "degrades": Degrades,
    "browses": Browses,
    "logs_in": LogsIn,
    "receives": Receives,
    "streams": Streams,
    "groups": Groups,
}
