"""The audit log: who changed what, when; never a secret's value."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.store.schema import audit


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


def add_audit(connection: Connection, row: AuditRow) -> None:
    """Record one change, in the transaction that makes it."""
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
