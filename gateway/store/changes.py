"""What an application changes about deliveries that exist: withdraw, or try once more."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.models import State
from gateway.reasons import Reason
from gateway.store.accept import wake_lanes
from gateway.store.digests import release_carried
from gateway.store.schema import delivery, notification
from gateway.store.standing import lane_row


@dataclass(frozen=True, slots=True)
class Cancellation:
    """What to withdraw: a tenant's notifications by id, but not what is already in the air."""

    tenant: str
    notifications: Sequence[str]
    too_late: frozenset[str]
    now: int


def cancel(connection: Connection, what: Cancellation) -> int:
    """Withdraw what is queued or held and return how many deliveries that were.

    What they carried in a digest goes by itself.
    """
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
    return count


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
    row = {name: getattr(old, name) for name in _CARRIED_OVER}
    connection.execute(
        delivery.insert().values(
            **row,
            id=what.new_id,
            state=State.QUEUED.value,
            due=what.now,
            expires=what.expires,
            retry_of=what.delivery,
            created=what.now,
            updated=what.now,
        )
    )
    wake_lanes(connection, [lane_row(old.lane, what.tenant, what.now)])
    return str(old.lane)
