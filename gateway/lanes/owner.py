"""The owner of one shard: sees which lanes are due, and lets each work by itself."""

import asyncio
from dataclasses import dataclass, field

from gateway.engine import Lease
from gateway.lanes.lane import Lane
from gateway.lanes.tools import Gate, Tools
from gateway.store import StoreUnavailableError
from gateway.store.window import LookRequest, look, read_pace

LOOK_EVERY = 1000  # milliseconds: a lost wake-up costs no more than this
KEEP_IDLE = 120_000


@dataclass(eq=False, slots=True)
class Owner:
    """Works one shard for as long as the lease lasts."""

    lease: Lease
    tools: Tools
    taken_at: int
    lanes: dict[str, Lane] = field(default_factory=dict)
    _running: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _idle_since: dict[str, int] = field(default_factory=dict)

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
        for key, tenant, due in due_lanes:
            if due <= now:
                self._wake(key, tenant)
            else:
                soonest = min(soonest, due)
        self._forget_idle(now)
        return soonest

    async def _wait(self, until: int) -> None:
        seconds = max(0.0, (until - self.tools.now()) / 1000)
        timer = asyncio.create_task(self.tools.clock.sleep(seconds))
        woken = asyncio.create_task(self.lease.wait())
        try:
            await asyncio.wait((timer, woken), return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            woken.cancel()

    def _wake(self, key: str, tenant: str) -> None:
        running = self._running.get(key)
        if running is not None and not running.done():
            self.lanes[key].changed.set()
            return
        self._idle_since.pop(key, None)
        self._running[key] = asyncio.create_task(self._run(key, tenant), name=f"lane {key}")

    async def _run(self, key: str, tenant: str) -> None:
        try:
            lane = self.lanes.get(key) or await self._lane(key, tenant)
            due = await lane.drain()
            while due is not None and due <= self.tools.now() and not self.lease.lost:
                due = await lane.drain()
        except StoreUnavailableError as error:
            self.tools.log.warning("a lane waits for the store", error=str(error))
        except Exception as error:
            self.tools.log.warning("a lane failed", lane=key, error=repr(error), exc_info=True)
            await self.tools.clock.sleep(1.0)
        self._idle_since[key] = self.tools.now()

    async def _lane(self, key: str, tenant: str) -> Lane:
        memory = await self.tools.store.read(lambda c: read_pace(c, [key]))
        gate = Gate(tenant, self.tools.slots, self.tools.clock, dict(memory.get(key, {})))
        before = None if self.lease.clean else self.taken_at
        lane = self.lanes[key] = Lane(key, self.lease, self.tools, gate, before)
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
        await asyncio.gather(*(lane.sender.landed() for lane in self.lanes.values()))
