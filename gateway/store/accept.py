"""The one write behind a 202: notification, deliveries, idempotency key and lanes, together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.store.schema import delivery, idempotency, lane, notification
from gateway.store.upsert import insert

_CHUNK = 200  # keys per look-up, below every database's limit of parameters


@dataclass(frozen=True, slots=True)
class OnceKey:
    """An idempotency key, what was asked with it, and the answer to repeat until it expires."""

    tenant: str
    key: str
    digest: str
    answer: str
    expires: int


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The rows of one accepted notification. Times are UTC milliseconds."""

    now: int
    notification: dict[str, Any]
    deliveries: Sequence[dict[str, Any]]
    lanes: Sequence[dict[str, Any]]
    once: OnceKey | None = None


@dataclass(frozen=True, slots=True)
class Replay:
    """The key was used before: what was asked then, and the answer given."""

    digest: str
    answer: str


def accept(connection: Connection, items: Sequence[Acceptance]) -> list[Replay | None]:
    """Store every item whose key is new; for the others return what was answered then."""
    used = _used_keys(connection, items)
    results: list[Replay | None] = []
    fresh: list[Acceptance] = []
    for item in items:
        replay = used.get(_once(item)) if item.once else None
        results.append(replay)
        if replay is None:
            fresh.append(item)
            if item.once:
                used[_once(item)] = Replay(item.once.digest, item.once.answer)
    _store(connection, fresh)
    return results


def forget_keys(connection: Connection, now: int) -> int:
    """Forget the idempotency keys that have expired and return how many those were."""
    return connection.execute(idempotency.delete().where(idempotency.c.expires <= now)).rowcount


def _once(item: Acceptance) -> tuple[str, str]:
    return (item.once.tenant, item.once.key) if item.once else ("", "")


def _used_keys(
    connection: Connection, items: Sequence[Acceptance]
) -> dict[tuple[str, str], Replay]:
    asked = sorted({_once(item) for item in items if item.once})
    if not asked:
        return {}
    now = max(item.now for item in items)
    found: dict[tuple[str, str], Replay] = {}
    for start in range(0, len(asked), _CHUNK):
        keys = sa.tuple_(idempotency.c.tenant, idempotency.c.key).in_(asked[start : start + _CHUNK])
        query = sa.select(idempotency).where(keys, idempotency.c.expires > now)
        for row in connection.execute(query):
            found[row.tenant, row.key] = Replay(row.digest, row.answer)
    return found


def _store(connection: Connection, items: Sequence[Acceptance]) -> None:
    if not items:
        return
    connection.execute(notification.insert(), [item.notification for item in items])
    rows = [row for item in items for row in item.deliveries]
    if rows:
        connection.execute(delivery.insert(), rows)
    lanes = [row for item in items for row in item.lanes]
    if lanes:
        wake_lanes(connection, lanes)
    keys = [item.once for item in items if item.once]
    if keys:
        _remember_keys(connection, keys)


def wake_lanes(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Make each lane (`key`, `tenant`, `shard`, `next_due`) due at the earlier of two times."""
    statement = insert(connection, lane)
    sooner = sa.case(
        (lane.c.next_due.is_(None), statement.excluded.next_due),
        (statement.excluded.next_due < lane.c.next_due, statement.excluded.next_due),
        else_=lane.c.next_due,
    )
    connection.execute(
        statement.on_conflict_do_update(index_elements=["key"], set_={"next_due": sooner}),
        sorted(_soonest(rows), key=lambda row: row["key"]),
    )


def _soonest(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    by_key: dict[str, dict[str, Any]] = {}
    for row in rows:
        known = by_key.get(row["key"])
        if known is None or row["next_due"] < known["next_due"]:
            by_key[row["key"]] = row
    return list(by_key.values())


def _remember_keys(connection: Connection, keys: Sequence[OnceKey]) -> None:
    statement = insert(connection, idempotency)
    changed = {name: statement.excluded[name] for name in ("digest", "answer", "expires")}
    connection.execute(
        statement.on_conflict_do_update(index_elements=["tenant", "key"], set_=changed),
        [
            {
                "tenant": once.tenant,
                "key": once.key,
                "digest": once.digest,
                "answer": once.answer,
                "expires": once.expires,
            }
            for once in keys
        ],
    )
