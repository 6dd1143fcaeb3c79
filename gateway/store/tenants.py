"""Tenants: organisations whose data and channels stay apart."""

from dataclasses import asdict, dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.store.schema import attempt, audit, delivery, metadata, tenant
from gateway.store.upsert import upsert


@dataclass(frozen=True, slots=True)
class TenantRow:
    """A tenant. `data_key` is wrapped: it seals the secrets of the tenant's channels."""

    id: str
    name: str
    locale: str
    time_zone: str
    regions: tuple[str, ...]
    entitled: bool
    recipients: str
    data_key: bytes = field(repr=False)
    created: int
    updated: int


def read_tenant(connection: Connection, tenant_id: str) -> TenantRow | None:
    """Return the tenant, or None."""
    found = connection.execute(sa.select(tenant).where(tenant.c.id == tenant_id)).one_or_none()
    return _row(found) if found else None


def list_tenants(connection: Connection, *, after: str, limit: int) -> list[TenantRow]:
    """Return tenants by name, those behind `after`."""
    query = sa.select(tenant).where(tenant.c.id > after).order_by(tenant.c.id).limit(limit)
    return [_row(found) for found in connection.execute(query)]


def put_tenant(connection: Connection, row: TenantRow) -> None:
    """Create or replace a tenant; the data key and the time it was created stay."""
    values = {**asdict(row), "regions": list(row.regions)}
    if read_tenant(connection, row.id) is not None:
        del values["data_key"]
        query = sa.update(tenant).where(tenant.c.id == row.id)
        connection.execute(query.values(**{k: v for k, v in values.items() if k != "created"}))
    else:
        upsert(connection, tenant, values)


def delete_tenant(connection: Connection, tenant_id: str) -> bool:
    """Delete a tenant and everything it owns, except the record of who did what."""
    owned = sa.select(delivery.c.id).where(delivery.c.tenant == tenant_id)
    connection.execute(sa.delete(attempt).where(attempt.c.delivery.in_(owned)))
    for table in metadata.tables.values():
        if "tenant" in table.c and table is not audit:
            connection.execute(sa.delete(table).where(table.c.tenant == tenant_id))
    return connection.execute(sa.delete(tenant).where(tenant.c.id == tenant_id)).rowcount > 0


def _row(found: sa.Row[Any]) -> TenantRow:
    values = found._asdict()
    return TenantRow(**{**values, "regions": tuple(values["regions"])})
