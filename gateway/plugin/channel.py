"""The base contract of every channel."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel

from gateway.card import Card
from gateway.models import Identity, Receipt, Recipient
from gateway.plugin.context import Context

Payload = Mapping[str, Any]
CredentialT = TypeVar("CredentialT", bound=BaseModel)
CheckState = Literal["ok", "missing", "error", "unknown"]


@dataclass(frozen=True, slots=True)
class Check:
    """One line of a credential check.

    Attributes:
        id: A stable name, such as `token` or `scope:im:message`.
        label: The same for people.
        state: `missing` is what an admin can add, `error` what went wrong, `unknown` what the
            platform does not tell.
        required: Whether the channel cannot send without it.
        detail: One sentence, without secrets.
        provider_code: The platform's own code.
        fix_url: The page that mends it.
        features: What of the gateway wants it, in the words of `FEATURES`; empty is everything.
        pending_review: Whether the platform tells that this awaits somebody's review there.
    """

    id: str
    label: str
    state: CheckState
    required: bool = True
    detail: str = ""
    provider_code: str | None = None
    fix_url: str | None = None
    features: tuple[str, ...] = ()
    pending_review: bool = False


class Channel(ABC, Generic[CredentialT]):
    """One tenant's live connection to one platform; made anew when its credential changes."""

    def __init__(self, credential: CredentialT, context: Context) -> None:
        self.credential = credential
        self.context = context
        self.http = context.http

    @abstractmethod
    async def check(self) -> Sequence[Check]:
        """Prove the credential and tell, line by line, what is granted and what is missing."""

    @abstractmethod
    async def resolve(self, recipient: Recipient) -> Identity:
        """Find the recipient; raise `RecipientError` if the platform has nobody like that."""

    @abstractmethod
    def render(self, card: Card) -> Payload:
        """Write the card in the platform's language. Pure: no clock, no network.

        Raises:
            ContentError: The platform could never take it, because it is too large for example.
        """

    @abstractmethod
    async def send(self, to: Identity, payload: Payload, *, key: str) -> Receipt:
        """Hand over one payload; raise a `DeliveryError` if the platform did not take it.

        Args:
            to: Whom it is for.
            payload: What `render` returned.
            key: The same for every attempt of one delivery (32 letters and digits): pass it on
                where the platform refuses repeats.
        """
