"""SQLite: one writing thread with one connection, a few reading threads."""

import asyncio
import contextlib
import fcntl
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import SingletonThreadPool

from gateway.store.errors import StoreLockedError, StoreUnavailableError

T = TypeVar("T")
READERS = 2
BUSY_SECONDS = 1.5
# FULL: a commit is on the disk before the 202 leaves. With NORMAL a power cut loses the last ones.
PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    f"PRAGMA busy_timeout={int(BUSY_SECONDS * 1000)}",
    "PRAGMA journal_size_limit=67108864",
    "PRAGMA cache_size=-2000",
    "PRAGMA temp_store=MEMORY",
)


class SqliteDatabase:
    """The file, held by this process alone."""

    dialect = "sqlite"

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = _hold(path.with_name(path.name + ".lock"))
        _make_private(path)
        self._writer_engine = _engine(path, begin="BEGIN IMMEDIATE")
        self._reader_engine = _engine(path, begin="BEGIN")
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="sqlite-write")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="sqlite-read")

    async def claim(self) -> None:
        """Do nothing: whoever has the file open has it alone."""

    async def commit(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in the writing thread, in one transaction that is on disk when it returns."""
        return await self._in(self._writer, self._writer_engine, work)

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run `query` in a reading thread, on one snapshot."""
        return await self._in(self._readers, self._reader_engine, query)

    async def _in(
        self, pool: ThreadPoolExecutor, engine: Engine, work: Callable[[Connection], T]
    ) -> T:
        return await asyncio.get_running_loop().run_in_executor(pool, _transact, engine, work)

    async def aclose(self) -> None:
        """Close the connections, then let go of the file."""
        for pool, engine in (
            (self._readers, self._reader_engine),
            (self._writer, self._writer_engine),
        ):
            await asyncio.to_thread(pool.shutdown)
            engine.dispose()
        os.close(self._lock)


def _transact(engine: Engine, work: Callable[[Connection], T]) -> T:
    with _named_errors(), engine.begin() as connection:
        return work(connection)


@contextlib.contextmanager
def _named_errors() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise StoreUnavailableError(f"the store is not available: {error.orig}") from error
    except DBAPIError as error:
        if error.connection_invalidated or isinstance(error.orig, sqlite3.OperationalError):
            raise StoreUnavailableError("the store is not available") from error
        raise


def _engine(path: Path, *, begin: str) -> Engine:
    engine = sa.create_engine(
        f"sqlite:///{path}",
        poolclass=SingletonThreadPool,
        pool_size=READERS + 1,
        connect_args={"isolation_level": None, "check_same_thread": False},
        json_serializer=_compact,
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: object) -> None:  # noqa: ANN401 - a DBAPI connection
        for pragma in PRAGMAS:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _hold(path: Path) -> int:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise StoreLockedError(
            f"{path.name}: another gateway already works on this database. "
            "SQLite serves one process; use PostgreSQL for several."
        ) from error
    return handle


def _make_private(path: Path) -> None:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    path.chmod(0o600)
