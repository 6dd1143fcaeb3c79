"""What the API is made of: everything that decides, handed over by the composition root."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from gateway.access import Access
from gateway.amending import Amended
from gateway.card import Card
from gateway.changes import Changes
from gateway.channels import Channels
from gateway.checks import Checks
from gateway.directory import Directory
from gateway.drafts import Drafts
from gateway.house_rules import HouseRules
from gateway.models import Recipient
from gateway.people.parts import People
from gateway.plugin import Clock, Log
from gateway.previewing import Previews
from gateway.problems import Problem
from gateway.registry import Registry
from gateway.request import NotifyRequest
from gateway.store import Store
from gateway.store.changes import Retried
from gateway.store.history import DeliveryFilter
from gateway.templates import Templates
from gateway.tenants import Tenants
from gateway.topics import Topics


class Accepted(Protocol):
    """A notification that is on disk."""

    @property
    def answer(self) -> str:
        """The 202's body as JSON text."""

    @property
    def replayed(self) -> bool:
        """Whether it was given before, for the same Idempotency-Key."""


class Router(Protocol):
    """Accepts notifications and takes them back. All raise `ProblemError` for the caller."""

    async def accept(
        self,
        tenant: str,
        request: NotifyRequest,
        *,
        idempotency_key: str | None = None,
        body_digest: str = "",
    ) -> Accepted:
        """Store one notification; return once it is on disk."""

    async def accept_many(
        self, tenant: str, items: Sequence[tuple[NotifyRequest, str | None, str]]
    ) -> Sequence[Accepted | Problem]:
        """Judge each (request, key, digest) by itself; the accepted ones share a commit."""

    async def preview(self, tenant: str, request: NotifyRequest) -> Mapping[str, Any]:
        """Return what would become of it; store nothing, call nobody."""

    async def judge(self, tenant: str, request: NotifyRequest) -> Mapping[str, Any]:
        """Return what the tenant's rules make of it, and who would hear of it where."""

    async def explain(self, tenant: str, notification_id: str) -> Mapping[str, Any]:
        """Return why each recipient and channel is where it is."""

    async def cancel(self, tenant: str, notification_id: str) -> int:
        """Withdraw what has not gone yet; return how many deliveries that were."""

    async def cancel_by_key(self, tenant: str, key: str) -> int:
        """The same for everything that carries a cancellation key."""

    async def retry(self, tenant: str, delivery_id: str) -> str:
        """Queue a copy of an ended delivery and return its id."""


class Amends(Protocol):
    """Changes what was accepted. All raise `ProblemError` for the caller."""

    async def update(self, tenant: str, notification_id: str, card: Card) -> Sequence[Amended]:
        """Replace the card everywhere; return what becomes of each delivery."""

    async def recall(self, tenant: str, notification_id: str) -> Sequence[Amended]:
        """Take everything back that can be; return what becomes of each delivery."""

    async def retry(self, tenant: str, wanted: DeliveryFilter, limit: int) -> Retried:
        """Try ended deliveries again, at most `limit` of them."""


class Tests(Protocol):
    """Sends samples."""

    async def test(self, tenant: str, channel: str, recipient: Recipient) -> Mapping[str, Any]:
        """Send a sample card at once and return the platform's own answer."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts behind the API.

    Attributes:
        ready: What is wrong with each component, by name; None where it is well.
        metrics: The body and content type of `/metrics`.
        base_url: The public address, without a slash at its end.
    """

    store: Store
    registry: Registry
    access: Access
    tenants: Tenants
    channels: Channels
    drafts: Drafts
    checks: Checks
    directory: Directory
    people: People
    rules: HouseRules
    topics: Topics
    templates: Templates
    previews: Previews
    router: Router
    amender: Amends
    connections: Tests
    ready: Callable[[], Awaitable[Mapping[str, str | None]]]
    metrics: Callable[[], tuple[bytes, str]]
    clock: Clock
    log: Log
    changed: Changes
    base_url: str
