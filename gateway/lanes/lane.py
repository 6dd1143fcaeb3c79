"""One lane at work: everything that shares a provider's limits, drained in order."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.engine import Lease
from gateway.lanes import changing, plan, windows
from gateway.lanes.assembling import Assembly, lives_of
from gateway.lanes.changing import Sight
from gateway.lanes.plan import Work
from gateway.lanes.sending import MOST_BUSY, Sender
from gateway.lanes.tools import Gate, Tools
from gateway.store.window import DueRow, Rest, WindowRequest, read_windows, rest

WINDOW = 200
STUCK_MILLIS = 100


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
    probed_at: int = 0
    _unread: bool = True
    _probe: bool = True

    def __post_init__(self) -> None:
        self.sender = Sender(self.lease, self.tools, self.gate, self.changed, self.suspects_before)

    def wake(self) -> None:
        """Say that there may be new rows."""
        self._unread = True
        self.changed.set()

    async def drain(self) -> int | None:
        """Send what is due until nothing is, and return when something will be.

        Leaves at once where the lease is lost; calls in the air end by themselves.
        """
        self._unread = self._probe = True
        while not self.lease.lost:
            self.changed.clear()
            self._unread = self.sender.unparked() or self._unread
            if self._unread and self._has_room:
                await self._work(await self._read())
            elif self._unread or self.sender.busy:
                await self.changed.wait()
            else:
                self.sender.suspects_before = None  # each is flagged by now
                break
        return await self._rest()

    @property
    def _has_room(self) -> bool:
        return len(self.sender.busy) < MOST_BUSY and self.gate.half_empty

    async def _read(self) -> list[DueRow]:
        """Read what may start now; there is more to read only where that filled the window."""
        limit = self.gate.free
        rows = await self._window(limit)
        alike = len({(row.channel, row.card_key) for row in rows}) < len(rows)
        if alike and len(rows) == limit < WINDOW:
            limit = WINDOW  # equal cards: a full batch is worth a longer look
            rows = await self._window(limit)
        self._unread = self._unread or len(rows) == limit
        return rows

    async def _window(self, limit: int) -> list[DueRow]:
        now = self.tools.now()
        self._unread = False
        request = WindowRequest(self.key, now, limit, frozenset(self.sender.busy), self._probe)
        rows = await self.tools.store.gather(read_windows, request)
        # What is due comes before a probe: with such rows none was looked for.
        if self._probe and not any(row.due <= now for row in rows):
            self.probed_at = now
        self._probe = False
        return rows

    async def _work(self, rows: Sequence[DueRow]) -> None:
        sight = Sight(self.sender.busy, self.sender.was_due_before)
        changes = await changing.sort(rows, self.tools, sight)
        came_to = await windows.sort(changes.fresh, self.tools, self.gate)
        self.sender.settle([*changes.settled, *came_to.settled])
        for work, error in came_to.refused:
            self.sender.refuse(work.row, error, work.live)
        if came_to.ripe:
            await self._assemble(came_to.ripe)
        fresh = plan.group(came_to.ready, self.sender.may_batch)
        groups = [*changes.groups, *fresh][: self.gate.free]
        later = [at for group in groups if (at := self.sender.start(group)) is not None]
        for person, work in came_to.behind:
            self.sender.park(person, work.row.id)
        left = [row for row in rows if row.id not in self.sender.busy]
        self._unread = self._unread or bool(left)
        if left and len(left) == len(rows):
            await self._wait_until(min(later, default=self.tools.now() + STUCK_MILLIS))

    async def _assemble(self, ripe: Sequence[Work]) -> None:
        """Let what was held until now share cards; it is read again as what it has become."""
        named = frozenset(work.row.id for work in ripe)
        lives = lives_of(ripe)
        await Assembly(self.key, self.lease, self.tools, self.gate.windows, lives, named).run()

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
        item = Rest(self.key, self.probed_at, self.gate.memories() or None)
        return await self.tools.store.fold(rest, item)
