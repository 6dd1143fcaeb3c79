"""The audit log: who changed what, when; never a secret's value."""

from collections.abc import Mapping, Sequence
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
class Change:
    """What is changed, and how it was and is."""

    action: str
    target: str
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


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


def record_all(connection: Connection, by: By, changes: Sequence[Change]) -> None:
    """Record many changes that are being made, in their own transaction."""
    rows = [
        {
            **asdict(change),
            "id": new_id("aud", by.at),
            "tenant": by.tenant,
            "at": by.now,
            "actor": by.actor,
        }
        for change in changes
    ]
    if rows:
        connection.execute(sa.insert(audit), rows)


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
