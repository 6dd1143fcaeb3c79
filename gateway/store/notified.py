"""Who was notified lately: read from the history of deliveries when a lane is opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.models import OPEN_STATES, State
from gateway.store.schema import attempt, binding, delivery

_WHO = sa.func.coalesce(binding.c.identity, delivery.c.recipient)
_OF_PERSON = (
    (binding.c.tenant == delivery.c.tenant)
    & (binding.c.channel == delivery.c.channel)
    & (binding.c.recipient == delivery.c.recipient)
)
_ARRIVED = delivery.c.state.in_((State.SENT.value, State.DELIVERED.value))
# A card that was changed since was felt when it was sent, not when it was changed.
_FELT = sa.case(
    (
        delivery.c.revision > 0,
        sa.func.coalesce(
            sa.select(sa.func.max(attempt.c.started + attempt.c.duration))
            .where(
                attempt.c.delivery == delivery.c.id,
                attempt.c.purpose == "send",
                attempt.c.error.is_(None),
            )
            .scalar_subquery(),
            delivery.c.updated,
        ),
    ),
    else_=delivery.c.updated,
)
_DOUBTFUL = delivery.c.maybe_duplicate & delivery.c.state.in_(sorted(OPEN_STATES))
Notified = dict[str, tuple[int, str | None]]


@dataclass(frozen=True, slots=True)
class NotifiedRequest:
    """Of which channel, and since when."""

    tenant: str
    channel: str
    since: int


def read_notified(connection: Connection, requests: Sequence[NotifiedRequest]) -> list[Notified]:
    """Return, by identity, when each was last notified, and the delivery if that is in doubt."""
    return [_read(connection, request) for request in requests]


def _read(connection: Connection, request: NotifiedRequest) -> Notified:
    sent = _of(request, sa.select(_WHO, sa.func.max(_FELT))).where(_ARRIVED)
    found: Notified = {row[0]: (row[1], None) for row in connection.execute(sent.group_by(_WHO))}
    doubtful = _of(request, sa.select(_WHO, delivery.c.updated, delivery.c.id)).where(_DOUBTFUL)
    for who, at, delivery_id in connection.execute(doubtful.order_by(delivery.c.updated)):
        found[who] = (max(at, found.get(who, (at, None))[0]), delivery_id)
    return found


def _of(request: NotifiedRequest, query: sa.Select[Any]) -> sa.Select[Any]:
    return query.select_from(delivery.outerjoin(binding, _OF_PERSON)).where(
        delivery.c.tenant == request.tenant,
        delivery.c.channel == request.channel,
        delivery.c.updated > request.since,
    )
