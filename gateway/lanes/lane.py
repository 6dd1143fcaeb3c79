"""One lane at work: everything that shares a provider's limits, drained in order."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.engine import Lease
from gateway.lanes import plan, windows
from gateway.lanes.sending import MOST_BUSY, Sender
from gateway.lanes.tools import Gate, Tools
from gateway.store.window import DueRow, Rest, WindowRequest, read_windows, rest

WINDOW = 200
STUCK_SECONDS = 0.1


@dataclass(eq=False, slots=True)
class Lane:
    """The owner's memory of one lane. Nobody else touches it, so nothing is locked."""

    key: str
    lease: Lease
    tools: Tools
    gate: Gate
    suspects_before: int | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    sender: Sender = field(init=False)
    read_at: int = 0

    def __post_init__(self) -> None:
        self.sender = Sender(self.lease, self.tools, self.gate, self.changed, self.suspects_before)

    async def drain(self) -> int | None:
        """Send what is due until nothing is, and return when something will be.

        Leaves at once where the lease is lost; calls in the air end by themselves.
        """
        while not self.lease.lost:
            self.changed.clear()
            rows = await self._read()
            if rows is None:
                await self.changed.wait()
            elif rows:
                await self._work(rows)
            elif self.sender.busy:
                await self.changed.wait()
            else:
                break
        return await self._rest()

    async def _read(self) -> list[DueRow] | None:
        """Read what may start now; None while there is no room for more."""
        if len(self.sender.busy) >= MOST_BUSY or not self.gate.half_empty:
            return None
        rows = await self._window(self.gate.free)
        alike = len({(row.channel, row.card_key) for row in rows}) < len(rows)
        if alike and len(rows) == self.gate.free < WINDOW:
            return await self._window(WINDOW)  # equal cards: a full batch is worth a longer look
        return rows

    async def _window(self, limit: int) -> list[DueRow]:
        self.read_at = self.tools.now()
        request = WindowRequest(self.key, self.read_at, limit, frozenset(self.sender.busy))
        return await self.tools.store.gather(read_windows, request)

    async def _work(self, rows: Sequence[DueRow]) -> None:
        sorted_rows = await windows.sort(rows, self.tools, self.gate)
        self.sender.settle(sorted_rows.settled)
        for work, error in sorted_rows.refused:
            self.sender.refuse(work.row, error, work.live)
        groups = plan.group(sorted_rows.ready, self.sender.may_batch)
        later = [at for group in groups[: self.gate.free] if (at := self.sender.start(group))]
        started = len(groups[: self.gate.free]) - len(later)
        if later:
            await self._wait_until(min(later))
        elif not started and not sorted_rows.settled and not sorted_rows.refused:
            await self._wait_until(self.tools.now() + int(STUCK_SECONDS * 1000))

    async def _wait_until(self, at: int) -> None:
        """Wait for that time, or for something to change before."""
        timer = asyncio.create_task(self.tools.clock.sleep((at - self.tools.now()) / 1000))
        changed = asyncio.create_task(self.changed.wait())
        try:
            await asyncio.wait((timer, changed), return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            changed.cancel()

    async def _rest(self) -> int | None:
        item = Rest(self.key, self.read_at, self.gate.memories() or None)
        return await self.tools.store.fold(rest, item)
