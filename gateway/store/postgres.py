"""PostgreSQL over asyncpg; the queries are the same synchronous functions as on SQLite."""

from collections.abc import Callable
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from gateway.store.errors import StoreLockedError, StoreUnavailableError

T = TypeVar("T")
READERS = 8
DELIVERY_LOCK = 0x6E_74_66_79  # any number of ours that no other program takes
# Serialization failures and deadlocks are undone whole: the caller may simply try again.
RETRIABLE_STATES = frozenset({"40001", "40P01", "53300", "57P01", "57P02", "57P03"})


class PostgresDatabase:
    """One database; many processes may share it."""

    dialect = "postgresql"

    def __init__(self, url: str) -> None:
        address = "postgresql+asyncpg://" + url.split("://", 1)[1]
        self._engine = create_async_engine(
            address, pool_size=READERS, max_overflow=2, pool_timeout=5, pool_pre_ping=False
        )
        self._writer: AsyncConnection | None = None
        self._claim: AsyncConnection | None = None

    async def claim(self) -> None:
        """Hold the advisory lock of the one that delivers, for as long as this is open.

        Raises:
            StoreLockedError: Another process holds it.
        """
        self._claim = await self._engine.connect()
        query = sa.select(sa.func.pg_try_advisory_lock(DELIVERY_LOCK))
        if not (await self._claim.execute(query)).scalar():
            await self._claim.close()
            self._claim = None
            raise StoreLockedError(
                "Another gateway already delivers from this database. "
                "Run this one with --no-worker."
            )
        await self._claim.commit()

    async def commit(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one transaction on the writing connection."""
        try:
            return await self._on_writer(work)
        except (DBAPIError, OSError, TimeoutError) as error:
            raise await self._named(error) from error

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run `query` on a connection of the pool."""
        try:
            async with self._engine.connect() as connection:
                return await connection.run_sync(query)
        except (DBAPIError, OSError, TimeoutError) as error:
            raise _named(error) from error

    async def aclose(self) -> None:
        """Close every connection."""
        await self._forget_writer()
        if self._claim is not None:
            await self._claim.invalidate()
            await self._claim.close()
        await self._engine.dispose()

    async def _on_writer(self, work: Callable[[Connection], T]) -> T:
        if self._writer is None:
            self._writer = await self._engine.connect()
        async with self._writer.begin():
            return await self._writer.run_sync(work)

    async def _named(self, error: Exception) -> Exception:
        named = _named(error)
        if isinstance(named, StoreUnavailableError):
            await self._forget_writer()
        return named

    async def _forget_writer(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            await writer.invalidate()
            await writer.close()


def _named(error: Exception) -> Exception:
    if not isinstance(error, DBAPIError):
        return StoreUnavailableError("the database is unreachable")
    state = getattr(error.orig, "sqlstate", None)
    gone = error.connection_invalidated or state is None or state in RETRIABLE_STATES
    return StoreUnavailableError("the database is not available") if gone else error
