"""From a window of due rows to provider calls: pure decisions, `now` is an argument."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.card import Card
from gateway.connections import Live
from gateway.models import Identity, Receipt, Recipient, RecipientKind, State
from gateway.plugin import Batches
from gateway.reasons import Reason
from gateway.store.digests import carrier_of
from gateway.store.window import DueRow
from gateway.windows import Person

SEND = "send"
BATCH = "batch"
RESOLVE = "resolve"
UPDATE = "update"
RECALL = "recall"


@dataclass(frozen=True, slots=True)
class Settled:
    """A delivery that needs no call: where it goes, why, and when to look at it again."""

    row: DueRow
    state: State
    reason: Reason | None
    due: int | None = None
    detail: str | None = None
    carried_by: str | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """A delivery that may go now, on its open channel."""

    row: DueRow
    live: Live


@dataclass(frozen=True, slots=True)
class Prepared:
    """A card as one channel is to render it; equal ones share `content`.

    `request` is what the application said besides.
    """

    card: Card
    request: Mapping[str, Any]
    overrides: Mapping[str, Any]
    content: str


@dataclass(frozen=True, slots=True)
class Ready:
    """A delivery whose recipient the platform knows, and what it is to show."""

    work: Work
    identity: Identity
    prepared: Prepared

    @property
    def row(self) -> DueRow:
        """The delivery itself."""
        return self.work.row

    @property
    def person(self) -> Person:
        """Whom it reaches."""
        return (self.row.channel, self.identity.id)

    @property
    def key_parts(self) -> list[str]:
        """What its key towards the platform is made of; a digest is not what its carrier was."""
        return [self.row.id, "digest"] if carrier_of(self.row.card_key) else [self.row.id]


@dataclass(frozen=True, slots=True)
class Change(Ready):
    """A card that is to change; its `identity` is the message.

    Attributes:
        purpose: `update` or `recall`.
        receipt: What the platform gave for the card.
        replaces: The delivery whose card this one takes over; None: it is its own.
    """

    purpose: str
    receipt: Receipt
    replaces: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Deliveries that leave in one provider call."""

    purpose: str
    live: Live
    members: tuple[Ready, ...]

    @property
    def prepared(self) -> Prepared:
        """What all of them are to show."""
        return self.members[0].prepared


def settle_early(row: DueRow, now: int) -> Settled | None:
    """Return where a due row goes without any call, or None if it may be sent."""
    return settle_by_channel(row, now) or _settle_by_binding(row, now)


def settle_by_channel(row: DueRow, now: int) -> Settled | None:
    """Do the same by its time and its channel alone, whoever it is for."""
    if row.expires <= now:
        return Settled(row, State.EXPIRED, Reason.EXPIRED)
    if row.version is None:
        return Settled(row, State.HELD, Reason.CHANNEL_NOT_CONFIGURED, row.expires)
    if not row.enabled:
        return Settled(row, State.HELD, Reason.CHANNEL_DISABLED, row.expires)
    if row.hold_reason and (row.hold_until or 0) > now:
        return Settled(row, State.HELD, Reason(row.hold_reason), row.expires)
    return None


def _settle_by_binding(row: DueRow, now: int) -> Settled | None:
    if row.unbound:
        return Settled(row, State.SUPPRESSED, Reason.NOT_BOUND)
    if row.stale_reason:
        return Settled(row, State.FAILED, Reason.STALE_BINDING, detail=row.stale_reason)
    if row.identity is None and (row.miss_until or 0) > now:
        return Settled(row, State.FAILED, Reason.NOT_BOUND, detail=row.miss_reason)
    return None


def probes_only(row: DueRow, now: int) -> bool:
    """Tell whether the row's channel is held and may be tried with one call."""
    return bool(row.hold_reason) and (row.hold_until or 0) <= now


def bound_identity(row: DueRow) -> Identity | None:
    """Return the identity that the row's binding stores."""
    if row.identity is None:
        return None
    return Identity(row.identity, row.identity_kind or "")


def recipient_of(key: str) -> Recipient:
    """Read a stored recipient such as `email:a@ex.com`."""
    kind, _, value = key.partition(":")
    known = RecipientKind(kind)
    return Recipient(
        known,
        value,
        email=value if known is RecipientKind.EMAIL else None,
        mobile=value if known is RecipientKind.MOBILE else None,
    )


def group(ready: Sequence[Ready], may_batch: Callable[[Live], bool]) -> list[Group]:
    """Group deliveries of equal cards into as few calls as the channels permit, in order."""
    together: dict[tuple[object, ...], list[Ready]] = {}
    for item in ready:
        together.setdefault(_alike(item, may_batch), []).append(item)
    return [part for items in together.values() for part in _parts(items)]


def _alike(item: Ready, may_batch: Callable[[Live], bool]) -> tuple[object, ...]:
    live = item.work.live
    if item.row.stateless and _batches(live, item.identity.kind) and may_batch(live):
        return (id(live), item.prepared.content, item.identity.kind)
    return (item.row.id,)


def _batches(live: Live, kind: str) -> bool:
    channel = live.channel
    return isinstance(channel, Batches) and (
        channel.batch_kinds is None or kind in channel.batch_kinds
    )


def _parts(items: list[Ready]) -> Iterable[Group]:
    live = items[0].work.live
    most = live.channel.batch_limit if isinstance(live.channel, Batches) else 1
    chunks = (tuple(items[start : start + most]) for start in range(0, len(items), most))
    return [Group(BATCH if len(chunk) > 1 else SEND, live, chunk) for chunk in chunks]


def split(rows: Sequence[DueRow], now: int) -> tuple[list[Settled], list[DueRow]]:
    """Part the rows that need no call from those that may go."""
    settled: list[Settled] = []
    going: list[DueRow] = []
    for row in rows:
        early = settle_early(row, now)
        if early is None:
            going.append(row)
        else:
            settled.append(early)
    return settled, going


def first_of_each(rows: Sequence[DueRow], held: Callable[[DueRow], bool]) -> list[DueRow]:
    """Keep all rows, but only the first of each channel that `held` names: its probe."""
    seen: set[str] = set()
    kept: list[DueRow] = []
    for row in rows:
        if not held(row):
            kept.append(row)
        elif row.channel not in seen:
            seen.add(row.channel)
            kept.append(row)
    return kept
