"""Usage: provider calls by month and purpose."""

from collections.abc import Mapping
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.store.schema import channel, usage
from gateway.store.upsert import insert

KEY = ("tenant", "channel", "month", "purpose")


class Counted(NamedTuple):
    """Calls, and how many of them the platform refused and so does not count."""

    calls: int
    refused: int = 0


def counted(counts: Mapping[str, Counted], uncounted: frozenset[str]) -> int:
    """Return how many calls of a month the platform itself counts."""
    return sum(one.calls - one.refused for name, one in counts.items() if name not in uncounted)


def add_usage(
    connection: Connection, tenant: str, channel: str, month: str, counts: Mapping[str, Counted]
) -> None:
    """Add calls by purpose to what was counted in `month` (`2026-01`)."""
    for purpose, (calls, refused) in sorted(counts.items()):
        row = {"tenant": tenant, "channel": channel, "month": month, "purpose": purpose}
        statement = insert(connection, usage).values(**row, calls=calls, refused=refused)
        totals = {n: usage.c[n] + statement.excluded[n] for n in ("calls", "refused")}
        connection.execute(statement.on_conflict_do_update(index_elements=KEY, set_=totals))


def read_usage(connection: Connection, tenant: str, channel: str, month: str) -> dict[str, Counted]:
    """Return the calls of one month by purpose."""
    query = sa.select(usage.c.purpose, usage.c.calls, usage.c.refused).where(
        usage.c.tenant == tenant, usage.c.channel == channel, usage.c.month == month
    )
    return {row.purpose: Counted(row.calls, row.refused) for row in connection.execute(query)}


def read_shared_usage(
    connection: Connection, tenant: str, lane: str, month: str
) -> dict[str, dict[str, Counted]]:
    """Return the same by name for each of the tenant's channels that share one application."""
    sharing = sa.select(channel.c.name).where(channel.c.tenant == tenant, channel.c.lane == lane)
    names = connection.execute(sharing.order_by(channel.c.name)).scalars().all()
    return {name: read_usage(connection, tenant, name, month) for name in names}


def tell_quota(connection: Connection, tenant: str, name: str, mark: str) -> bool:
    """Note that the admin has been told of `mark` (`2026-01 80`); False where that was before."""
    told = channel.update().where(
        channel.c.tenant == tenant,
        channel.c.name == name,
        sa.or_(channel.c.quota_told.is_(None), channel.c.quota_told < mark),
    )
    return connection.execute(told.values(quota_told=mark)).rowcount > 0
