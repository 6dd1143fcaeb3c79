"""Group commit: what many callers write at the same time becomes durable in one commit.

A write is an operation and an item. Items of one operation that wait at the same time reach it
as one list, so that a thousand accepts are a few statements. A list that fails is undone and its
writes run again one by one, so that nobody pays for a neighbour's mistake.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar, cast

from sqlalchemy import Connection

from gateway.store.errors import StoreUnavailableError

Item = TypeVar("Item")
Result = TypeVar("Result")
Operation = Callable[[Connection, Sequence[Item]], Sequence[Result]]
MAX_GROUP = 500


@dataclass(eq=False, slots=True)
class Write:
    """One waiting write and whom to tell."""

    operation: Operation[Any, Any]
    item: Any
    done: asyncio.Future[Any]


class Transactions(Protocol):
    """Runs something in one durable transaction of the only writing connection."""

    async def commit(self, work: Callable[[Connection], Any]) -> Any:  # noqa: ANN401 - work's own
        """Run `work`, commit, and return what it returned; any error undoes all of it."""


def run_group(connection: Connection, writes: Sequence[Write]) -> list[Any]:
    """Run `writes` inside the transaction, those of one operation as one list."""
    by_operation: dict[Operation[Any, Any], list[int]] = {}
    for index, write in enumerate(writes):
        by_operation.setdefault(write.operation, []).append(index)
    results: list[Any] = [None] * len(writes)
    for operation, indexes in by_operation.items():
        answers = operation(connection, [writes[index].item for index in indexes])
        for index, answer in zip(indexes, answers, strict=True):
            results[index] = answer
    return results


@dataclass(eq=False, slots=True)
class GroupCommit:
    """The one writer in front of the database."""

    transactions: Transactions
    observe: Callable[[int], None] = lambda _size: None
    _waiting: list[Write] = field(default_factory=list)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task[None] | None = None
    _closing: bool = False

    def start(self) -> None:
        """Begin to commit; call inside the event loop."""
        self._task = asyncio.create_task(self._run(), name="group-commit")

    async def submit(self, operation: Operation[Item, Result], item: Item) -> Result:
        """Write `item` with the next commit and return its result once that is durable.

        Raises:
            StoreUnavailableError: The database is locked, full or gone; nothing was written.
        """
        if self._task is None or self._closing:
            raise StoreUnavailableError("the store is closed")
        write = Write(operation, item, asyncio.get_running_loop().create_future())
        self._waiting.append(write)
        self._wake.set()
        return cast("Result", await write.done)

    async def aclose(self) -> None:
        """Commit what waits, then stop."""
        if self._task is None:
            return
        self._closing = True
        self._wake.set()
        await self._task

    async def _run(self) -> None:
        while self._waiting or not self._closing:
            await self._wake.wait()
            group = self._waiting[:MAX_GROUP]
            await self._commit(group)
            del self._waiting[: len(group)]
            if not self._waiting and not self._closing:
                self._wake.clear()

    async def _commit(self, group: Sequence[Write]) -> None:
        try:
            results = await self.transactions.commit(lambda c: run_group(c, group))
        except Exception as error:  # noqa: BLE001 - every waiting caller hears of it
            await self._undone(group, error)
        else:
            self.observe(len(group))
            for write, result in zip(group, results, strict=True):
                _settle(write.done, result)

    async def _undone(self, group: Sequence[Write], error: Exception) -> None:
        if len(group) == 1 or isinstance(error, StoreUnavailableError):
            for write in group:
                _fail(write.done, error)
            return
        for write in group:
            await self._commit([write])


def _settle(done: asyncio.Future[Any], result: object) -> None:
    if not done.done():
        done.set_result(result)


def _fail(done: asyncio.Future[Any], error: Exception) -> None:
    if not done.done():
        done.set_exception(error)
