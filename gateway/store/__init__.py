"""The only SQL: one file per noun, every function takes the connection first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from gateway.store.commit import GroupCommit, Item, Operation, Result
from gateway.store.errors import StoreLockedError, StoreUnavailableError
from gateway.store.migrate import upgrade

__all__ = ["Database", "Store", "StoreLockedError", "StoreUnavailableError", "open_store"]

T = TypeVar("T")


class Database(Protocol):
    """A database that can read, and commit one transaction at a time."""

    dialect: str

    async def claim(self) -> None:
        """Be the only process that delivers; raises `StoreLockedError` where one does already."""

    async def commit(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one durable transaction."""

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run `query` on one snapshot."""

    async def aclose(self) -> None:
        """Let go of it."""


class Store:
    """What is kept. Every write of the process goes through one group commit."""

    def __init__(
        self, database: Database, observe: Callable[[int], None] = lambda _size: None
    ) -> None:
        self.database = database
        self.generation = 0  # grows with every `write`: what somebody read before may be old
        self._commits = GroupCommit(database, observe)
        self._looks = GroupCommit(_Reading(database))

    async def start(self, *, deliver: bool = True) -> None:
        """Bring the schema up to date and begin to commit.

        Raises:
            StoreLockedError: With `deliver`: another process already delivers from it.
        """
        if deliver:
            await self.database.claim()
        await self.database.commit(upgrade)
        self._commits.start()
        self._looks.start()

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Return what `query` finds."""
        return await self.database.read(query)

    async def write(self, change: Callable[[Connection], T]) -> T:
        """Make `change` durable with the next commit and return its result.

        `change` may run twice where a neighbour in the same commit failed; it only touches
        the connection. What it raises undoes it.
        """
        try:
            return await self._commits.submit(_each, change)
        finally:
            self.generation += 1

    async def fold(self, operation: Operation[Item, Result], item: Item) -> Result:
        """Hand `item` to `operation` together with all the others that wait for the next commit."""
        return await self._commits.submit(operation, item)

    async def gather(self, query: Operation[Item, Result], item: Item) -> Result:
        """Ask `query` together with everybody who asks it at this moment, in one go."""
        return await self._looks.submit(query, item)

    async def aclose(self) -> None:
        """Commit what waits, then close."""
        await self._commits.aclose()
        await self._looks.aclose()
        await self.database.aclose()


@dataclass(frozen=True, slots=True)
class _Reading:
    """Lets looks be grouped as commits are, on a reading connection."""

    database: Database

    async def commit(self, work: Callable[[Connection], T]) -> T:
        return await self.database.read(work)


def _each(connection: Connection, changes: Sequence[Callable[[Connection], T]]) -> Sequence[T]:
    return [change(connection) for change in changes]


def open_store(url: str, observe: Callable[[int], None] = lambda _size: None) -> Store:
    """Open the database behind `url`; `start` it before use.

    Raises:
        StoreLockedError: Another process already works on this SQLite file.
        ValueError: The URL is neither `sqlite:///…` nor `postgresql://…`.
    """
    return Store(_database(url), observe)


def _database(url: str) -> Database:
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite" and rest.startswith("/"):
        from gateway.store.sqlite import SqliteDatabase  # noqa: PLC0415 - only the one in use

        return SqliteDatabase(Path(rest[1:]))
    if scheme in {"postgres", "postgresql"}:
        from gateway.store.postgres import PostgresDatabase  # noqa: PLC0415 - an extra

        return PostgresDatabase(url)
    raise ValueError("the database URL must be sqlite:///path or postgresql://…")
