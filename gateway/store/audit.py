"""The audit log: who changed what, when; never a secret's value."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.clock import to_millis
from gateway.ids import new_id
from gateway.store.schema import audit


@dataclass(frozen=True, slots=True)
class By:
    """Who makes a change, in which tenant (None: to the installation), and when."""

    actor: str
    tenant: str | None
    at: datetime

    @property
    def owner(self) -> str:
        """The tenant, for what belongs to one.

        Raises:
            ValueError: The change is one of the installation.
        """
        if self.tenant is None:
            raise ValueError("this belongs to a tenant")
        return self.tenant

    @property
    def now(self) -> int:
        """The time in milliseconds."""
        return to_millis(self.at)


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One change."""

    id: str
    tenant: str | None
    at: int
    actor: str
    action: str
    target: str
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


def record(  # noqa: PLR0913 - who did what to what, and how it was and is
    connection: Connection,
    by: By,
    action: str,
    target: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Record a change that is being made, in its own transaction."""
    name = new_id("aud", by.at)
    row = AuditRow(name, by.tenant, by.now, by.actor, action, target, before, after)
    add_audit(connection, row)


def add_audit(connection: Connection, row: AuditRow) -> None:
    """Store one entry."""
    connection.execute(sa.insert(audit).values(**asdict(row)))


def list_audit(
    connection: Connection, tenant: str, *, before: str | None = None, limit: int = 50
) -> list[AuditRow]:
    """Return a tenant's changes, the newest first."""
    query = sa.select(audit).where(audit.c.tenant == tenant)
    if before is not None:
        query = query.where(audit.c.id < before)
    found = connection.execute(query.order_by(audit.c.id.desc()).limit(limit))
    return [AuditRow(**row._asdict()) for row in found]
