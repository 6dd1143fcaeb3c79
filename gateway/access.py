"""Who calls: API keys, and what their roles may do."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from pydantic import SecretStr
from sqlalchemy import Connection

from gateway.clock import to_millis
from gateway.ids import new_id
from gateway.models import Role
from gateway.plugin import Clock
from gateway.store import Store, StoreUnavailableError
from gateway.store.audit import By, record
from gateway.store.keys import KeyRow, add_key, delete_key, list_keys, read_key, touch_key
from gateway.vault import Pepper, equal, looks_like_api_key, new_api_key

SHORTEST_OWNER_KEY = 20
# Another process may have deleted the key: it is asked for again after this time.
KNOWN_MILLIS = 5_000
TOUCH_MILLIS = 60_000
REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Principal:
    """Whoever holds a key. Without a tenant it is an owner, who reaches all of them."""

    key_id: str
    role: Role
    tenant: str | None

    def reaches(self, tenant: str) -> bool:
        """Tell whether this tenant exists at all as far as the key is concerned."""
        return self.tenant is None or self.tenant == tenant


OWNER = Principal("owner", Role.OWNER, None)


@dataclass(slots=True)
class _Known:
    row: KeyRow
    read: int
    touched: int

    @property
    def principal(self) -> Principal:
        return Principal(self.row.id, Role(self.row.role), self.row.tenant)


class Access:
    """Turns a key into a principal, from memory where it can.

    Raises:
        ValueError: The owner's key is too short to be one.
    """

    def __init__(
        self, store: Store, pepper: Pepper, clock: Clock, owner_key: SecretStr | None = None
    ) -> None:
        self._store = store
        self._pepper = pepper
        self._clock = clock
        self._owner_key = owner_key.get_secret_value() if owner_key else None
        if self._owner_key is not None and len(self._owner_key) < SHORTEST_OWNER_KEY:
            raise ValueError(f"GATEWAY_OWNER_KEY needs {SHORTEST_OWNER_KEY} characters or more")
        self._known: dict[bytes, _Known] = {}
        self._deletions = 0
        self._touching: set[asyncio.Task[None]] = set()

    async def principal(self, key: str) -> Principal | None:
        """Return who holds this key, or None where it is unknown or has expired."""
        if self._owner_key is not None and equal(key, self._owner_key):
            return OWNER
        if not looks_like_api_key(key):
            return None
        known = await self._find(self._pepper.digest(key))
        now = to_millis(self._clock.now())
        if known is None or (known.row.expires is not None and known.row.expires <= now):
            return None
        self._touch(known, now)
        return known.principal

    async def create(
        self, by: By, role: Role, expires: datetime | None = None
    ) -> tuple[KeyRow, str]:
        """Make a key for `by.tenant` and return it with its text, which nobody sees again."""
        new = new_api_key(self._pepper)
        until = to_millis(expires) if expires else None
        row = KeyRow(new_id("key", by.at), by.tenant, role, new.prefix, new.digest, by.now, until)
        await self._store.write(lambda connection: _add(connection, by, row))
        return row, new.key

    async def delete(self, by: By, key_id: str) -> bool:
        """Delete a key of `by.tenant`; from now on it opens nothing here."""
        row = await self._store.write(lambda connection: _delete(connection, by, key_id))
        self._deletions += 1
        if row is not None:
            self._known.pop(row.digest, None)
        return row is not None

    async def keys(self, tenant: str | None, before: str | None, limit: int) -> list[KeyRow]:
        """Return the keys of a tenant, the newest first."""
        return await self._store.read(lambda c: list_keys(c, tenant, before=before, limit=limit))

    async def aclose(self) -> None:
        """Wait until the last uses are written down."""
        await asyncio.gather(*self._touching)

    def forget_all(self) -> None:
        """Ask the store about every key again, because a tenant is gone for example."""
        self._deletions += 1
        self._known.clear()

    async def _find(self, digest: bytes) -> _Known | None:
        now = to_millis(self._clock.now())
        known = self._known.get(digest)
        if known is not None and now - known.read < KNOWN_MILLIS:
            return known
        deletions = self._deletions
        row = await self._store.read(lambda connection: read_key(connection, digest))
        self._known.pop(digest, None)
        if row is None:
            return None
        found = _Known(row, now, max(row.last_used or 0, known.touched if known else 0))
        if deletions == self._deletions:
            self._remember(digest, found)
        return found

    def _remember(self, digest: bytes, found: _Known) -> None:
        if len(self._known) >= REMEMBERED:
            self._known.pop(next(iter(self._known)))
        self._known[digest] = found

    def _touch(self, known: _Known, now: int) -> None:
        if now - known.touched < TOUCH_MILLIS:
            return
        known.touched = now
        task = asyncio.create_task(self._write_touch(known.row.id, now), name="touch-key")
        self._touching.add(task)
        task.add_done_callback(self._touching.discard)

    async def _write_touch(self, key_id: str, now: int) -> None:
        try:
            await self._store.write(lambda connection: touch_key(connection, key_id, now))
        except StoreUnavailableError:
            return  # the request it belonged to has its own answer; the next use tries again


def _add(connection: Connection, by: By, row: KeyRow) -> None:
    add_key(connection, row)
    record(connection, by, "key.create", row.id, after={"role": row.role, "prefix": row.prefix})


def _delete(connection: Connection, by: By, key_id: str) -> KeyRow | None:
    row = delete_key(connection, by.tenant, key_id)
    if row is not None:
        before = {"role": row.role, "prefix": row.prefix}
        record(connection, by, "key.delete", row.id, before=before)
    return row
