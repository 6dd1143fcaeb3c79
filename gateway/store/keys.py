"""API keys: only a digest of each is kept."""

from dataclasses import asdict, dataclass, field

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.store.schema import api_key


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key: whose it is, what it may do, and how to recognise it."""

    id: str
    tenant: str | None
    role: str
    prefix: str
    digest: bytes = field(repr=False)
    created: int
    expires: int | None = None
    last_used: int | None = None


def read_key(connection: Connection, digest: bytes) -> KeyRow | None:
    """Return the key with this digest, or None."""
    query = sa.select(api_key).where(api_key.c.digest == digest)
    found = connection.execute(query).one_or_none()
    return KeyRow(**found._asdict()) if found else None


def list_keys(
    connection: Connection, tenant: str | None, *, before: str | None, limit: int
) -> list[KeyRow]:
    """Return a tenant's keys (or those of the installation), the newest first."""
    query = sa.select(api_key).where(_of(tenant)).order_by(api_key.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(api_key.c.id < before)
    return [KeyRow(**found._asdict()) for found in connection.execute(query)]


def add_key(connection: Connection, row: KeyRow) -> None:
    """Store a new key."""
    connection.execute(sa.insert(api_key).values(**asdict(row)))


def delete_key(connection: Connection, tenant: str | None, key_id: str) -> KeyRow | None:
    """Delete a key and return what it was; None where the tenant has no such key."""
    mine = sa.and_(_of(tenant), api_key.c.id == key_id)
    found = connection.execute(sa.select(api_key).where(mine)).one_or_none()
    connection.execute(sa.delete(api_key).where(mine))
    return KeyRow(**found._asdict()) if found else None


def touch_key(connection: Connection, key_id: str, now: int) -> None:
    """Remember when the key was last used."""
    connection.execute(sa.update(api_key).where(api_key.c.id == key_id).values(last_used=now))


def _of(tenant: str | None) -> sa.ColumnElement[bool]:
    return api_key.c.tenant.is_(None) if tenant is None else api_key.c.tenant == tenant
