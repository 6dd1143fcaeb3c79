"""Rules: which recipients and channels a tenant adds to what its applications send."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.store.schema import rule
from gateway.store.upsert import upsert


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule as it was written: conditions, recipients and values as in its body."""

    tenant: str
    name: str
    enabled: bool
    match: Mapping[str, Any]
    channels: Sequence[str]
    recipients: Sequence[Any]
    user_window_seconds: int | None
    mobile_only: bool
    created: int
    updated: int


def read_rule(connection: Connection, tenant: str, name: str) -> RuleRow | None:
    """Return the rule, or None."""
    found = connection.execute(sa.select(rule).where(_is(tenant, name))).one_or_none()
    return RuleRow(**found._asdict()) if found else None


def list_rules(
    connection: Connection, tenant: str, *, after: str = "", limit: int = 1000
) -> list[RuleRow]:
    """Return the tenant's rules by name, those behind `after`."""
    query = sa.select(rule).where(rule.c.tenant == tenant, rule.c.name > after)
    found = connection.execute(query.order_by(rule.c.name).limit(limit))
    return [RuleRow(**row._asdict()) for row in found]


def put_rule(connection: Connection, row: RuleRow) -> None:
    """Create or replace a rule; the time it was created stays."""
    upsert(connection, rule, asdict(row))


def delete_rule(connection: Connection, tenant: str, name: str) -> bool:
    """Delete a rule; tell whether it was there."""
    return connection.execute(sa.delete(rule).where(_is(tenant, name))).rowcount > 0


def _is(tenant: str, name: str) -> sa.ColumnElement[bool]:
    return sa.and_(rule.c.tenant == tenant, rule.c.name == name)
