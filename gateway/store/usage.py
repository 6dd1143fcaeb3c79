"""Usage: provider calls by month and purpose."""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.store.schema import usage
from gateway.store.upsert import insert

KEY = ("tenant", "channel", "month", "purpose")


def add_usage(
    connection: Connection, tenant: str, channel: str, month: str, counts: Mapping[str, int]
) -> None:
    """Add calls by purpose to what was counted in `month` (`2026-01`)."""
    for purpose, calls in sorted(counts.items()):
        row = {"tenant": tenant, "channel": channel, "month": month, "purpose": purpose}
        statement = insert(connection, usage).values(**row, calls=calls)
        total = usage.c.calls + statement.excluded.calls
        connection.execute(
            statement.on_conflict_do_update(index_elements=KEY, set_={"calls": total})
        )


def read_usage(connection: Connection, tenant: str, channel: str, month: str) -> dict[str, int]:
    """Return the calls of one month by purpose."""
    query = sa.select(usage.c.purpose, usage.c.calls).where(
        usage.c.tenant == tenant, usage.c.channel == channel, usage.c.month == month
    )
    return {row.purpose: row.calls for row in connection.execute(query)}
