"""What every lane of a process works with, and the gate in front of a lane's calls."""

import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from gateway.clock import to_millis
from gateway.connections import Connections, Live
from gateway.lanes.acks import Acks
from gateway.lanes.flights import Flights
from gateway.lanes.preparing import Preparer
from gateway.lanes.slots import Slots
from gateway.lanes.standing import Standings
from gateway.limits import Pace, pace
from gateway.plugin import Clock, Log
from gateway.registry import Registry
from gateway.store import Store
from gateway.telemetry import Metrics


@dataclass(frozen=True, slots=True)
class Tools:
    """The parts that lanes share."""

    store: Store
    clock: Clock
    log: Log
    registry: Registry
    connections: Connections
    slots: Slots
    acks: Acks
    flights: Flights
    standings: Standings
    preparer: Preparer
    metrics: Metrics
    clean: Callable[[str], str]
    chance: Callable[[], float] = random.random

    def now(self) -> int:
        """Return the time in UTC milliseconds."""
        return to_millis(self.clock.now())


@dataclass(eq=False, slots=True)
class Gate:
    """How fast one lane may call, by kind of call, and how many calls it has in the air."""

    tenant: str
    slots: Slots
    clock: Clock
    memory: dict[str, list[list[int]]] = field(default_factory=dict)
    waiting: int = 0
    flying: int = 0
    _paces: dict[str, Pace] = field(default_factory=dict)

    def pace(self, purpose: str, live: Live) -> Pace:
        """Return the pace of one kind of call; it goes on from what was remembered."""
        known = self._paces.get(purpose)
        if known is None:
            known = self._paces[purpose] = pace(live.limits)
            known.remember(self.memory.pop(purpose, []), to_millis(self.clock.now()))
        return known

    @property
    def half_empty(self) -> bool:
        """Whether it is worth reading more: half of the lane's calls are free."""
        return self.waiting + self.flying <= self.slots.per_lane // 2

    @property
    def free(self) -> int:
        """How many more calls the lane may have in the air."""
        return max(0, self.slots.per_lane - self.waiting - self.flying)

    @asynccontextmanager
    async def call(self, purpose: str, live: Live) -> AsyncIterator[None]:
        """Wait for the pace and a slot, for a call that is made in any case."""
        async with self.slots.hold(self.tenant):
            await self._until_permitted(self.pace(purpose, live))
            yield

    async def _until_permitted(self, pace: Pace) -> None:
        now = to_millis(self.clock.now())
        while (at := pace.next_at(now)) > now:
            await self.clock.sleep((at - now) / 1000)
            now = to_millis(self.clock.now())
        pace.take(now)

    def memories(self) -> dict[str, list[list[int]]]:
        """Return what a later owner must not forget."""
        fresh = {purpose: one.memory() for purpose, one in self._paces.items()}
        return {**self.memory, **{key: value for key, value in fresh.items() if value}}
