"""The owner of one shard: sees which lanes are due, and lets each work by itself."""

import asyncio
from dataclasses import dataclass, field

from gateway.engine import Lease
from gateway.lanes.lane import Lane
from gateway.lanes.tools import Gate, Tools
from gateway.store import StoreUnavailableError
from gateway.store.window import DueLane, LookRequest, look

LOOK_EVERY = 1000  # milliseconds: a lost wake-up costs no more than this
KEEP_IDLE = 120_000
LANDING_SECONDS = 11.0  # a platform's deadline, and a little
ACKS_SECONDS = 2.0


@dataclass(eq=False, slots=True)
class Owner:
    """Works one shard for as long as the lease lasts."""

    lease: Lease
    tools: Tools
    taken_at: int
    lanes: dict[str, Lane] = field(default_factory=dict)
    _running: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _idle_since: dict[str, int] = field(default_factory=dict)
    _looked: bool = False

    async def work(self) -> None:
        """Look, start what is due, wait; until cancelled or fenced. Then let calls end."""
        try:
            while not self.lease.lost:
                await self._wait(await self._look())
        finally:
            await self._stop()

    async def _look(self) -> int:
        """Start every lane that is due and return when the next one is, or the next look."""
        now = self.tools.now()
        soonest = now + LOOK_EVERY
        try:
            due_lanes = await self.tools.store.gather(look, LookRequest(self.lease.shard, soonest))
        except StoreUnavailableError as error:
            self.tools.log.warning("the store is away", error=str(error))
            return soonest
        for lane in due_lanes:
            if lane.due <= now:
                self._wake(lane)
            else:
                soonest = min(soonest, lane.due)
        self._looked = True
        self._forget_idle(now)
        return soonest

    def gate(self, due: DueLane) -> Gate:
        """Return the gate of a lane, for calls that nobody queued; the lane is kept in memory."""
        lane = self.lanes.get(due.key) or self._lane(due)
        running = self._running.get(due.key)
        if running is None or running.done():
            self._idle_since[due.key] = self.tools.now()
        return lane.gate

    async def _wait(self, until: int) -> None:
        seconds = max(0.0, (until - self.tools.now()) / 1000)
        timer = asyncio.create_task(self.tools.clock.sleep(seconds))
        woken = asyncio.create_task(self.lease.wait())
        try:
            await asyncio.wait((timer, woken), return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            woken.cancel()

    def _wake(self, due: DueLane) -> None:
        running = self._running.get(due.key)
        if running is not None and not running.done():
            self.lanes[due.key].wake()
            return
        self._idle_since.pop(due.key, None)
        lane = self.lanes.get(due.key) or self._lane(due)
        self._running[due.key] = asyncio.create_task(self._run(lane), name=f"lane {due.key}")

    async def _run(self, lane: Lane) -> None:
        try:
            due = await lane.drain()
            while due is not None and due <= self.tools.now() and not self.lease.lost:
                due = await lane.drain()
        except StoreUnavailableError as error:
            self.tools.log.warning("a lane waits for the store", error=str(error))
        except Exception as error:
            self.tools.log.warning("a lane failed", lane=lane.key, error=repr(error), exc_info=True)
            await self.tools.clock.sleep(1.0)
        self._idle_since[lane.key] = self.tools.now()

    def _lane(self, due: DueLane) -> Lane:
        gate = Gate(due.tenant, self.tools.slots, self.tools.clock, dict(due.pace))
        before = None if self.lease.clean else self.taken_at
        lane = self.lanes[due.key] = Lane(due.key, self.lease, self.tools, gate, before)
        return lane

    def _forget_idle(self, now: int) -> None:
        for key, since in list(self._idle_since.items()):
            if now - since > KEEP_IDLE:
                del self._idle_since[key], self.lanes[key]
                self._running.pop(key, None)

    async def _stop(self) -> None:
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)
        self.lease.lost = True  # what still waits for its turn stays for the next owner
        self.lease.clean = await self._landed() and (self.lease.clean or self._swept)

    async def _landed(self) -> bool:
        """Let calls end and be written down; tell whether all of them were."""
        senders = [lane.sender for lane in self.lanes.values()]
        try:
            async with asyncio.timeout(LANDING_SECONDS):
                await asyncio.gather(*(sender.landed() for sender in senders))
            async with asyncio.timeout(ACKS_SECONDS):
                await self.tools.acks.drain()
        except TimeoutError:
            for sender in senders:
                sender.abandon()
        return not any(sender.busy for sender in senders)

    @property
    def _swept(self) -> bool:
        """Whether all that a former owner may have sent has been looked at."""
        lanes = self.lanes.values()
        return self._looked and all(lane.sender.suspects_before is None for lane in lanes)
