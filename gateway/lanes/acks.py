"""Bulk acknowledgement: what calls change is written together, every few milliseconds."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from gateway.engine import Lease
from gateway.lanes.outcomes import Result
from gateway.lanes.patience import Patience
from gateway.plugin import Clock, Log
from gateway.store import Store
from gateway.store.acks import Ack, acknowledge

LINGER_SECONDS = 0.02
Done = Callable[[Sequence[Result]], Awaitable[None]]


async def _nobody(_results: Sequence[Result]) -> None:
    """Hear nothing: the lanes take this place once they exist."""


@dataclass(frozen=True, slots=True)
class Pending:
    """Results of one lane, and whom to tell once they are on disk."""

    lease: Lease
    results: Sequence[Result]
    done: Callable[[], None]


@dataclass(eq=False, slots=True)
class Acks:
    """The one way in which lanes write down what happened."""

    store: Store
    clock: Clock
    log: Log
    heard: Done = _nobody
    _pending: list[Pending] = field(default_factory=list)
    _task: asyncio.Task[None] | None = None
    _added: int = 0
    _over: int = 0
    _bulk_over: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, pending: Pending) -> None:
        """Write `pending` down with the next bulk."""
        self._pending.append(pending)
        self._added += 1
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._flush(), name="acks")

    async def drain(self) -> None:
        """Wait until everything added so far is on disk, whatever is added meanwhile."""
        added = self._added
        while self._over < added and self._task is not None:
            self._bulk_over.clear()
            await self._bulk_over.wait()

    async def _flush(self) -> None:
        try:
            while self._pending:
                await self.clock.sleep(LINGER_SECONDS)
                bulk, self._pending = self._pending, []
                await self._bulk(bulk)
                self._over += len(bulk)
                self._bulk_over.set()
        finally:
            self._task = None
            self._bulk_over.set()

    async def _bulk(self, bulk: Sequence[Pending]) -> None:
        written = await self._written(bulk)
        await self._tell(written)
        for pending in written:
            pending.done()

    async def _written(self, bulk: Sequence[Pending]) -> Sequence[Pending]:
        """Write a bulk down, or each of its parts by itself, and return what is on disk.

        What cannot be written stays busy: released, it would be sent again and again.
        """
        try:
            await self._write(bulk)
        except Exception as error:
            if len(bulk) == 1:
                self.log.warning("an ack cannot be written", error=repr(error), exc_info=True)
                return ()
            parts = [await self._written([pending]) for pending in bulk]
            return [pending for part in parts for pending in part]
        return bulk

    async def _tell(self, written: Sequence[Pending]) -> None:
        try:
            await self.heard([result for pending in written for result in pending.results])
        except Exception as error:
            self.log.warning("nobody heard of acks", error=repr(error), exc_info=True)

    async def _write(self, bulk: Sequence[Pending]) -> None:
        # What was sent must be written, however long the store is away: nothing is sent again
        # meanwhile, because the rows stay busy until this returns.
        acks = _by_lease(bulk)
        patience = Patience(self.store, self.clock, self.log)
        owned = await patience.fold(_acknowledge_all, list(acks.values()))
        for lease, own in zip(acks, owned, strict=True):
            lease.lost = lease.lost or not own


def _by_lease(bulk: Sequence[Pending]) -> dict[Lease, Ack]:
    acks: dict[Lease, Ack] = {}
    for pending in bulk:
        lease = pending.lease
        ack = acks.setdefault(lease, Ack(lease.shard, lease.epoch))
        for result in pending.results:
            _add(ack, result)
    return acks


def _add(ack: Ack, result: Result) -> None:
    ack.deliveries.append(result.delivery)
    if result.attempt is not None:
        ack.attempts.append(result.attempt)
    if result.carried is not None:
        ack.carried.append(result.carried)
    if result.members is not None:
        ack.members.append(result.members)
    if result.fall is not None:
        ack.falls.append(result.fall)


def _acknowledge_all(
    connection: Connection, bulks: Sequence[Sequence[Ack]]
) -> list[Sequence[bool]]:
    return [acknowledge(connection, bulk) for bulk in bulks]
