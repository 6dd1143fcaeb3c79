"""What a lane's owner reads and writes: due rows, whose shard it is, when to look again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.models import State
from gateway.store.bulk import listed, listing
from gateway.store.schema import binding, channel, delivery, lane, notification, shard
from gateway.store.upsert import insert

PRIORITIES = range(4)
_CHUNK = 500


class DueRow(NamedTuple):
    """A due delivery with what its channel and binding say at this moment."""

    id: str
    tenant: str
    notification: str
    recipient: str
    channel: str
    state: str
    reason: str | None
    priority: int
    due: int
    expires: int
    attempts: int
    card_key: str
    stateless: bool
    maybe_duplicate: bool
    created: int
    message_id: str | None
    batch: bool
    digest_key: str | None
    collapse_key: str | None
    window_seconds: int | None
    quiet: str | None
    fallback: list[str] | None
    change: str | None
    revision: int
    tries: int
    version: int | None
    enabled: bool | None
    hold_reason: str | None
    hold_until: int | None
    identity_kind: str | None
    identity: str | None
    stale_reason: str | None
    miss_until: int | None
    miss_reason: str | None
    unbound: bool | None
    parts: int = 0


@dataclass(frozen=True, slots=True)
class WindowRequest:
    """Which lane to read, until when, and which rows are already being worked on.

    With `probe`, a lane with nothing due but a hold that has run out yields one held row.
    """

    lane: str
    now: int
    limit: int
    busy: frozenset[str] = frozenset()
    probe: bool = False


_COLUMNS = (
    delivery.c.id,
    delivery.c.tenant,
    delivery.c.notification,
    delivery.c.recipient,
    delivery.c.channel,
    delivery.c.state,
    delivery.c.reason,
    delivery.c.priority,
    delivery.c.due,
    delivery.c.expires,
    delivery.c.attempts,
    delivery.c.card_key,
    delivery.c.stateless,
    delivery.c.maybe_duplicate,
    delivery.c.created,
    delivery.c.message_id,
    delivery.c.batch,
    delivery.c.digest_key,
    delivery.c.collapse_key,
    delivery.c.window_seconds,
    delivery.c.quiet,
    delivery.c.fallback,
    delivery.c.change,
    delivery.c.revision,
    delivery.c.tries,
    channel.c.version,
    channel.c.enabled,
    channel.c.hold_reason,
    channel.c.hold_until,
    binding.c.identity_kind,
    binding.c.identity,
    binding.c.stale_reason,
    binding.c.miss_until,
    binding.c.miss_reason,
    binding.c.unbound,
    delivery.c.parts,
)
_FROM = delivery.outerjoin(
    channel, (channel.c.tenant == delivery.c.tenant) & (channel.c.name == delivery.c.channel)
).outerjoin(
    binding,
    (binding.c.tenant == delivery.c.tenant)
    & (binding.c.channel == delivery.c.channel)
    & (binding.c.recipient == delivery.c.recipient),
)


def _free(dialect: str) -> sa.Select[Any]:
    """Return a lane's rows but those that are busy.

    A window's worth of busy rows would be fetched in vain for each that is new: the database
    passes them over.
    """
    return (
        sa.select(*_COLUMNS)
        .select_from(_FROM)
        .where(delivery.c.lane == sa.bindparam("lane"), delivery.c.id.not_in(listed(dialect)))
    )


def _of_priority(dialect: str, priority: int) -> sa.Select[Any]:
    # One seek of the partial index for each priority: rows due later are never walked over.
    return (
        _free(dialect)
        .where(
            delivery.c.priority == sa.literal_column(str(priority)),
            delivery.c.due <= sa.bindparam("now"),
        )
        .order_by(delivery.c.due, delivery.c.id)
        .limit(sa.bindparam("most"))
        .subquery()
        .select()
    )


@cache
def _due(dialect: str) -> sa.CompoundSelect[Any]:
    return sa.union_all(*(_of_priority(dialect, priority) for priority in PRIORITIES))


@cache
def _probe(dialect: str) -> sa.Select[Any]:
    return (
        _free(dialect)
        .where(
            delivery.c.due.is_not(None),
            delivery.c.state == State.HELD.value,
            delivery.c.reason == channel.c.hold_reason,
            channel.c.hold_until <= sa.bindparam("now"),
        )
        .limit(1)
    )


def read_windows(connection: Connection, requests: Sequence[WindowRequest]) -> list[list[DueRow]]:
    """Read each lane's next due rows, soonest of the most urgent first."""
    return [_read_window(connection, request) for request in requests]


def _read_window(connection: Connection, request: WindowRequest) -> list[DueRow]:
    dialect = connection.dialect.name
    bound = {"lane": request.lane, "now": request.now, **listing(request.busy)}
    rows = connection.execute(_due(dialect), {**bound, "most": request.limit}).all()
    if request.probe and not rows:
        rows = connection.execute(_probe(dialect), bound).all()
    return [DueRow._make(row) for row in sorted(rows, key=_order)[: request.limit]]


def _order(row: Sequence[Any]) -> tuple[int, int, str]:
    return (row[7], row[8], row[0])


@dataclass(frozen=True, slots=True)
class StoredCards:
    """The cards of one notification at this moment, as JSON by card key, and its request."""

    cards: Mapping[str, str]
    body: Mapping[str, Any]


def read_cards(connection: Connection, ids: Iterable[str]) -> dict[str, StoredCards]:
    """Return cards and request body of notifications, by id."""
    wanted = sorted(ids)
    found: dict[str, StoredCards] = {}
    for start in range(0, len(wanted), _CHUNK):
        query = sa.select(
            notification.c.id,
            notification.c.card_key,
            notification.c.card,
            notification.c.variants,
            notification.c.body,
        ).where(notification.c.id.in_(wanted[start : start + _CHUNK]))
        for row in connection.execute(query):
            found[row.id] = StoredCards({row.card_key: row.card, **(row.variants or {})}, row.body)
    return found


@dataclass(frozen=True, slots=True)
class LookRequest:
    """Whose lanes to list: one shard, and those due by `until`."""

    shard: int
    until: int


@dataclass(frozen=True, slots=True)
class DueLane:
    """A lane that is due by then, and what its limiters remembered."""

    key: str
    tenant: str
    due: int
    pace: dict[str, Any]


def read_pace(connection: Connection, key: str) -> dict[str, Any]:
    """Return what a lane's limiters remembered."""
    found = connection.execute(sa.select(lane.c.pace).where(lane.c.key == key)).scalar()
    return found or {}


def look(connection: Connection, requests: Sequence[LookRequest]) -> list[list[DueLane]]:
    """List, for each shard, its lanes due by then."""
    until = max(request.until for request in requests)
    shards = [request.shard for request in requests]
    query = sa.select(lane).where(lane.c.shard.in_(shards), lane.c.next_due <= until)
    by_shard: dict[int, list[DueLane]] = {number: [] for number in shards}
    for row in connection.execute(query):
        found = DueLane(row.key, row.tenant, row.next_due, row.pace or {})
        by_shard[row.shard].append(found)
    return [by_shard[number] for number in shards]


def take_shards(connection: Connection, shards: Sequence[int]) -> dict[int, tuple[int, bool]]:
    """Become the owner: return each shard's new epoch, and whether its last owner left cleanly."""
    known = {row.id: (row.epoch, row.clean) for row in connection.execute(sa.select(shard))}
    statement = insert(connection, shard)
    taken = {
        number: (known.get(number, (0, True))[0] + 1, known.get(number, (0, True))[1])
        for number in shards
    }
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["id"],
            set_={"epoch": statement.excluded.epoch, "clean": statement.excluded.clean},
        ),
        [{"id": number, "epoch": epoch, "clean": False} for number, (epoch, _) in taken.items()],
    )
    return taken


def leave_shards(connection: Connection, epochs: dict[int, int]) -> None:
    """Note that everything sent from these shards is also acknowledged."""
    for number, epoch in epochs.items():
        connection.execute(
            shard.update().where(shard.c.id == number, shard.c.epoch == epoch).values(clean=True)
        )


@dataclass(frozen=True, slots=True)
class Rest:
    """A lane with nothing left to do, and what its limiters must not forget.

    `probed_at` is when something was last looked for to probe held channels with.
    """

    lane: str
    probed_at: int
    pace: dict[str, Any] | None


def rest(connection: Connection, rests: Sequence[Rest]) -> list[int | None]:
    """Set each lane's next due time and return it; None where nothing waits."""
    keys = sorted({item.lane for item in rests})
    connection.execute(sa.select(lane.c.key).where(lane.c.key.in_(keys)).with_for_update()).all()
    probed_at = {item.lane: item.probed_at for item in rests}
    next_due = {key: _next_due(connection, key, probed_at[key]) for key in keys}
    connection.execute(
        _REST,
        [
            {"the_key": item.lane, "new_due": next_due[item.lane], "new_pace": item.pace}
            for item in rests
        ],
    )
    return [next_due[item.lane] for item in rests]


_REST = (
    lane.update()
    .where(lane.c.key == sa.bindparam("the_key"))
    .values(next_due=sa.bindparam("new_due"), pace=sa.bindparam("new_pace"))
)


def _soonest(priority: int) -> sa.ScalarSelect[Any]:
    return (
        sa.select(delivery.c.due)
        .where(
            delivery.c.lane == sa.bindparam("lane"),
            delivery.c.priority == sa.literal_column(str(priority)),
            delivery.c.due.is_not(None),
        )
        .order_by(delivery.c.due)
        .limit(1)
        .scalar_subquery()
    )


_NEXT = sa.select(
    *map(_soonest, PRIORITIES),
    sa.select(sa.func.min(channel.c.hold_until))
    .where(channel.c.lane == sa.bindparam("lane"), channel.c.hold_until > sa.bindparam("probed_at"))
    .scalar_subquery(),
)


def _next_due(connection: Connection, key: str, probed_at: int) -> int | None:
    # A hold that had run out by then found nothing to probe with: not counted.
    *due, probe = connection.execute(_NEXT, {"lane": key, "probed_at": probed_at}).one()
    if not any(moment is not None for moment in due):
        return None
    return int(min(moment for moment in (*due, probe) if moment is not None))
