"""What an application changes about deliveries that exist: withdraw, or try once more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.models import State
from gateway.reasons import Reason
from gateway.store.accept import wake_lanes
from gateway.store.digests import release_carried, withdraw_carried
from gateway.store.history import DeliveryFilter, conditions
from gateway.store.schema import delivery, notification
from gateway.store.standing import lane_row

ENDED = tuple(
    state.value for state in (State.FAILED, State.EXPIRED, State.CANCELED, State.SUPPRESSED)
)


@dataclass(frozen=True, slots=True)
class Cancellation:
    """What to withdraw: a tenant's notifications by id, but not what is already in the air."""

    tenant: str
    notifications: Sequence[str]
    too_late: frozenset[str]
    now: int


def cancel(connection: Connection, what: Cancellation) -> int:
    """Withdraw what is queued or held and return how many deliveries that were.

    What they carried in a digest goes by itself, and no digest that waits shows them any more.
    """
    of_digests = withdraw_carried(
        connection, what.tenant, what.notifications, what.too_late, what.now
    )
    withdrawn = delivery.update().where(
        delivery.c.tenant == what.tenant,
        delivery.c.notification.in_(what.notifications),
        delivery.c.state.in_((State.QUEUED.value, State.HELD.value)),
        delivery.c.id.not_in(sorted(what.too_late)),
    )
    count = connection.execute(
        withdrawn.values(
            state=State.CANCELED.value,
            reason=Reason.CANCELED.value,
            due=None,
            revision=delivery.c.revision + 1,
            updated=what.now,
        )
    ).rowcount
    lanes = release_carried(connection, what.notifications, what.now)
    if lanes:
        wake_lanes(connection, [lane_row(key, what.tenant, what.now) for key in lanes])
    return of_digests + count


def with_cancellation_key(connection: Connection, tenant: str, key: str) -> list[str]:
    """Return the ids of the tenant's notifications that carry `key`, newest first."""
    query = (
        sa.select(notification.c.id)
        .where(notification.c.tenant == tenant, notification.c.cancellation_key == key)
        .order_by(notification.c.id.desc())
    )
    return list(connection.execute(query).scalars())


def is_tenants(connection: Connection, tenant: str, notification_id: str) -> bool:
    """Tell whether the tenant has this notification."""
    query = sa.select(notification.c.id).where(
        notification.c.tenant == tenant, notification.c.id == notification_id
    )
    return connection.execute(query).scalar() is not None


def read_overrides(
    connection: Connection, tenant: str, notification_id: str
) -> Mapping[str, Any] | None:
    """Return what the notification writes into payloads; None: there is no such notification."""
    query = sa.select(notification.c.body).where(
        notification.c.tenant == tenant, notification.c.id == notification_id
    )
    found = connection.execute(query).one_or_none()
    return None if found is None else found.body.get("overrides") or {}


@dataclass(frozen=True, slots=True)
class Again:
    """A delivery to try once more, under a new id."""

    tenant: str
    delivery: str
    new_id: str
    now: int
    expires: int


_CARRIED_OVER = (
    "tenant",
    "notification",
    "type",
    "recipient",
    "channel",
    "lane",
    "priority",
    "card_key",
    "stateless",
    "digest_key",
    "collapse_key",
    "window_seconds",
    "quiet",
    "explain",
)


def again(connection: Connection, what: Again) -> str | None:
    """Queue a copy of an ended delivery and return its lane; None where it has not ended."""
    query = sa.select(delivery).where(
        delivery.c.tenant == what.tenant,
        delivery.c.id == what.delivery,
        delivery.c.due.is_(None),
        delivery.c.channel != "",
    )
    old = connection.execute(query).one_or_none()
    if old is None:
        return None
    _copy(connection, [(old, what.new_id)], what.now, what.expires)
    return str(old.lane)


def _copy(
    connection: Connection, olds: Sequence[tuple[sa.Row[Any], str]], now: int, expires: int
) -> None:
    rows = [
        {name: getattr(old, name) for name in _CARRIED_OVER}
        | {"id": new_id, "retry_of": old.id, "state": State.QUEUED.value, "due": now}
        | {"expires": expires, "created": now, "updated": now}
        for old, new_id in olds
    ]
    connection.execute(delivery.insert(), rows)
    taken = [{"the_id": row["retry_of"], "the_copy": row["id"]} for row in rows]
    connection.execute(_TAKEN_PLACE, taken)
    lanes = {(old.lane, old.tenant) for old, _ in olds}
    wake_lanes(connection, [lane_row(lane, tenant, now) for lane, tenant in sorted(lanes)])


_TAKEN_PLACE = (
    delivery.update()
    # Not IN: with many rows at once its values could not be bound.
    .where(
        delivery.c.id == sa.bindparam("the_id"),
        sa.or_(*(delivery.c.state == state for state in ENDED)),
    )
    .values(carried_by=sa.bindparam("the_copy"))
)


@dataclass(frozen=True, slots=True)
class AllAgain:
    """Ended deliveries to try once more: those that `wanted` describes, the oldest first.

    `new_ids` are as many as may be tried at once.
    """

    tenant: str
    wanted: DeliveryFilter
    new_ids: Sequence[str]
    now: int
    expires: int


@dataclass(frozen=True, slots=True)
class Retried:
    """What is tried again: old and new ids, whether there is more, and the lanes to wake."""

    deliveries: Sequence[tuple[str, str]]
    more: bool
    lanes: frozenset[str]


def all_again(connection: Connection, what: AllAgain) -> Retried:
    """Queue copies of ended deliveries that nothing has taken the place of."""
    most = len(what.new_ids)
    query = (
        sa.select(delivery)
        .where(
            delivery.c.tenant == what.tenant,
            *conditions(delivery, what.wanted),
            delivery.c.state.in_(ENDED),
            delivery.c.due.is_(None),
            delivery.c.carried_by.is_(None),
            delivery.c.channel != "",
        )
        .order_by(delivery.c.id)
        .limit(most + 1)
    )
    found = connection.execute(query).all()
    olds = list(zip(found[:most], what.new_ids, strict=False))
    if olds:
        _copy(connection, olds, what.now, what.expires)
    ids = [(str(old.id), new_id) for old, new_id in olds]
    return Retried(ids, len(found) > most, frozenset(str(old.lane) for old, _ in olds))
