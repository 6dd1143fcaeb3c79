"""Bulk acknowledgement: what calls change is written together, every few milliseconds."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from gateway.engine import Lease
from gateway.lanes.outcomes import Result
from gateway.plugin import Clock, Log
from gateway.store import Store, StoreUnavailableError
from gateway.store.window import Ack, acknowledge

LINGER_SECONDS = 0.02
STORE_RETRY_SECONDS = 0.5
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

    def add(self, pending: Pending) -> None:
        """Write `pending` down with the next bulk."""
        self._pending.append(pending)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._flush(), name="acks")

    async def drain(self) -> None:
        """Wait until everything added so far is on disk."""
        while self._task is not None and not self._task.done():
            await asyncio.shield(self._task)

    async def _flush(self) -> None:
        while self._pending:
            await self.clock.sleep(LINGER_SECONDS)
            bulk, self._pending = self._pending, []
            try:
                await self._write(bulk)
            except Exception as error:
                self.log.warning("acks failed", error=repr(error), exc_info=True)
            for pending in bulk:
                pending.done()

    async def _write(self, bulk: Sequence[Pending]) -> None:
        # What was sent must be written, however long the store is away: nothing is sent again
        # meanwhile, because the rows stay busy until this returns.
        acks = [_ack(pending) for pending in bulk]
        while True:
            try:
                owned = await asyncio.gather(*(self.store.fold(acknowledge, a) for a in acks))
                break
            except StoreUnavailableError as error:
                self.log.warning("acks wait for the store", error=str(error), waiting=len(bulk))
                await self.clock.sleep(STORE_RETRY_SECONDS)
        await self._tell(bulk, owned)

    async def _tell(self, bulk: Sequence[Pending], owned: Sequence[bool]) -> None:
        for pending, own in zip(bulk, owned, strict=True):
            pending.lease.lost = pending.lease.lost or not own
        await self.heard([result for pending in bulk for result in pending.results])


def _ack(pending: Pending) -> Ack:
    return Ack(
        pending.lease.shard,
        pending.lease.epoch,
        [result.delivery for result in pending.results],
        [result.attempt for result in pending.results if result.attempt is not None],
    )
