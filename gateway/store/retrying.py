"""Which delivery is on its way in the place of one that was tried again."""

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.models import OPEN_STATES
from gateway.store.schema import delivery

_OPEN = tuple(sorted(state.value for state in OPEN_STATES))


def waiting_copy(connection: Connection, tenant: str, delivery_id: str) -> str | None:
    """Return the copy of a delivery that has not gone yet, and keep others from making one.

    Whoever asks about the same delivery at the same time waits for this transaction's end.
    """
    whole = sa.select(delivery.c.notification).where(
        delivery.c.tenant == tenant, delivery.c.id == delivery_id
    )
    notification = connection.execute(whole.with_for_update()).scalar()
    if notification is None:
        return None
    copies = sa.select(delivery.c.id).where(
        delivery.c.notification == notification,
        delivery.c.retry_of == delivery_id,
        delivery.c.state.in_(_OPEN),
    )
    return connection.execute(copies.limit(1)).scalar()
