"""What happened: reads of notifications, deliveries and attempts. Newest first, by sortable id."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.models import OPEN_STATES, State
from gateway.store.schema import attempt, delivery, notification

ARRIVED = frozenset({State.SENT, State.DELIVERED, State.SUPERSEDED})
LOST = frozenset({State.FAILED, State.EXPIRED})


@dataclass(frozen=True, slots=True)
class NotificationRow:
    """What an application asked for, once."""

    id: str
    tenant: str
    type: str
    body: Mapping[str, Any]
    card: str
    priority: int
    reason: str | None
    explain: Mapping[str, Any] | None
    warnings: Sequence[Any]
    recipients: int
    cancellation_key: str | None
    created: int
    due: int
    expires: int


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A notification for one recipient on one channel."""

    id: str
    tenant: str
    notification: str
    type: str
    recipient: str
    channel: str
    state: str
    reason: str | None
    detail: str | None
    priority: int
    due: int | None
    expires: int
    attempts: int
    maybe_duplicate: bool
    message_id: str | None
    carried_by: str | None
    retry_of: str | None
    change: str | None
    explain: Mapping[str, Any] | None
    created: int
    updated: int


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One try of a delivery."""

    id: str
    delivery: str
    call: str
    number: int
    purpose: str
    started: int
    duration: int
    http_status: int | None
    provider_code: str | None
    error: str | None
    sentence: str | None
    fix_url: str | None
    log_id: str | None
    message_id: str | None
    next_try: int | None


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list: at most `limit`, older than `before`. Tenant None is every tenant."""

    tenant: str | None
    limit: int = 50
    before: str | None = None


@dataclass(frozen=True, slots=True)
class NotificationFilter:
    """What a list of notifications is narrowed to."""

    type: str | None = None
    cancellation_key: str | None = None
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """What a list of deliveries is narrowed to."""

    state: str | None = None
    channel: str | None = None
    recipient: str | None = None
    type: str | None = None
    reason: str | None = None
    notification: str | None = None
    since: int | None = None
    until: int | None = None


def read_notification(
    connection: Connection, tenant: str | None, notification_id: str
) -> NotificationRow | None:
    """Return the notification, or None where the tenant has no such one."""
    query = _select(notification, NotificationRow).where(notification.c.id == notification_id)
    found = connection.execute(query.where(_of(notification, tenant))).one_or_none()
    return NotificationRow(**found._asdict()) if found else None


def list_notifications(
    connection: Connection, page: Page, wanted: NotificationFilter
) -> list[NotificationRow]:
    """Return one page of notifications."""
    query = _page(_select(notification, NotificationRow), notification, page)
    found = connection.execute(query.where(*conditions(notification, wanted)))
    return [NotificationRow(**row._asdict()) for row in found]


def count_states(
    connection: Connection, notifications: Sequence[str]
) -> dict[str, dict[State, int]]:
    """Count the deliveries of each notification by state, in one query."""
    return _count(connection, notifications, sa.true())


def _count(
    connection: Connection, notifications: Sequence[str], wanted: sa.ColumnElement[bool]
) -> dict[str, dict[State, int]]:
    counts: dict[str, dict[State, int]] = {each: {} for each in notifications}
    query = (
        sa.select(delivery.c.notification, delivery.c.state, sa.func.count())
        .where(delivery.c.notification.in_(notifications), wanted)
        .group_by(delivery.c.notification, delivery.c.state)
    )
    for owner, state, number in connection.execute(query):
        counts[owner][State(state)] = number
    return counts


def read_delivery(
    connection: Connection, tenant: str | None, delivery_id: str
) -> DeliveryRow | None:
    """Return the delivery, or None where the tenant has no such one."""
    query = _select(delivery, DeliveryRow).where(delivery.c.id == delivery_id)
    found = connection.execute(query.where(_of(delivery, tenant))).one_or_none()
    return DeliveryRow(**found._asdict()) if found else None


def list_deliveries(
    connection: Connection, page: Page, wanted: DeliveryFilter
) -> list[DeliveryRow]:
    """Return one page of deliveries."""
    query = _page(_select(delivery, DeliveryRow), delivery, page)
    found = connection.execute(query.where(*conditions(delivery, wanted)))
    return [DeliveryRow(**row._asdict()) for row in found]


def list_attempts(connection: Connection, delivery_id: str) -> list[AttemptRow]:
    """Return every try of a delivery, in order."""
    query = _select(attempt, AttemptRow).where(attempt.c.delivery == delivery_id)
    found = connection.execute(query.order_by(attempt.c.number, attempt.c.id))
    return [AttemptRow(**row._asdict()) for row in found]


def changes_since(
    connection: Connection, tenant: str | None, after: tuple[int, str], *, limit: int = 200
) -> list[DeliveryRow]:
    """Return the deliveries that changed behind `after` (time, id), the oldest change first."""
    moment, last = after
    later = sa.or_(
        delivery.c.updated > moment,
        sa.and_(delivery.c.updated == moment, delivery.c.id > last),
    )
    query = _select(delivery, DeliveryRow).where(_of(delivery, tenant), later)
    # The plain bound lets the database seek in the index; `later` alone would scan it.
    bounded = query.where(delivery.c.updated >= moment)
    ordered = bounded.order_by(delivery.c.updated, delivery.c.id).limit(limit)
    return [DeliveryRow(**row._asdict()) for row in connection.execute(ordered)]


def settled_states(
    connection: Connection, notifications: Sequence[str]
) -> dict[str, dict[State, int]]:
    """Count the deliveries that decide each notification's status, by state.

    Those of which another one has taken the place, on another channel or as a retry, do not:
    that one does.
    """
    replaced = delivery.c.carried_by.is_not(None) & (delivery.c.state != State.SUPERSEDED.value)
    return _count(connection, notifications, sa.not_(replaced))


def roll_up(counts: Mapping[State, int]) -> str:
    """Return a notification's status from its deliveries' states.

    Suppressed deliveries were never meant to go out, so that they alone decide only where
    there are no others.
    """
    states = {state for state, number in counts.items() if number}
    if states & OPEN_STATES:
        return "accepted" if states <= OPEN_STATES | {State.SUPPRESSED} else "processing"
    return _ended(states)


def _ended(states: set[State]) -> str:
    if states & ARRIVED:
        return "partial" if states & (LOST | {State.CANCELED}) else "completed"
    if states & LOST:
        return "failed"
    return "canceled" if State.CANCELED in states else "suppressed"


def _select(table: sa.Table, row: type[Any]) -> sa.Select[Any]:
    return sa.select(*(table.c[each.name] for each in fields(row)))


def _page(query: sa.Select[Any], table: sa.Table, page: Page) -> sa.Select[Any]:
    query = query.where(_of(table, page.tenant)).order_by(table.c.id.desc()).limit(page.limit)
    return query if page.before is None else query.where(table.c.id < page.before)


def _of(table: sa.Table, tenant: str | None) -> sa.ColumnElement[bool]:
    return sa.true() if tenant is None else table.c.tenant == tenant


def _given(wanted: NotificationFilter | DeliveryFilter) -> dict[str, Any]:
    values = {each.name: getattr(wanted, each.name) for each in fields(wanted)}
    return {name: value for name, value in values.items() if value is not None}


def conditions(
    table: sa.Table, wanted: NotificationFilter | DeliveryFilter
) -> list[sa.ColumnElement[bool]]:
    """Return what a filter asks of a table's rows."""
    given = _given(wanted)
    made = {"since": table.c.created.__ge__, "until": table.c.created.__lt__}
    return [made[k](v) if k in made else table.c[k] == v for k, v in given.items()]
