"""What every lane of a process works with, and the gate in front of a lane's calls."""

import asyncio
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
from gateway.limits import Pace, Recipients, pace
from gateway.plugin import Clock, Limits, Log
from gateway.registry import Registry
from gateway.store import Store
from gateway.telemetry import Metrics
from gateway.windows import Windows


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
    """How fast one lane may call and notify the same person, and what it has in the air."""

    tenant: str
    slots: Slots
    clock: Clock
    memory: dict[str, list[list[int]]] = field(default_factory=dict)
    windows: Windows = field(default_factory=Windows)
    waiting: int = 0
    flying: int = 0
    _paces: dict[str, Pace] = field(default_factory=dict)
    _limits: dict[str, Limits] = field(default_factory=dict)
    _recipients: Recipients = field(default_factory=lambda: Recipients(0))
    _lookups: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._lookups = asyncio.Semaphore(self.slots.per_lane)

    def pace(self, purpose: str, live: Live) -> Pace:
        """Return the pace of one kind of call; it goes on from what was remembered."""
        if self._limits.get(purpose) != live.limits:
            self._turn_over(purpose, live.limits)
        return self._paces[purpose]

    def recipients(self, live: Live) -> Recipients:
        """Return how fast each person or group may be called."""
        if self._recipients.limit != live.limits.recipient_calls_per_second:
            self._recipients = Recipients(live.limits.recipient_calls_per_second)
        return self._recipients

    def _turn_over(self, purpose: str, limits: Limits) -> None:
        """Begin with these limits, not forgetting what was called under the former ones."""
        former = self._paces.get(purpose)
        memory = former.memory() if former else self.memory.pop(purpose, [])
        self._limits[purpose] = limits
        self._paces[purpose] = pace(limits)
        self._paces[purpose].remember(memory, to_millis(self.clock.now()))

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
        async with self._lookups:
            pace = self.pace(purpose, live)
            start = await self._take_both(pace)
            try:
                yield
            finally:
                self.slots.give_back()
                pace.landed(start, to_millis(self.clock.now()))

    async def _take_both(self, pace: Pace) -> int:
        # Nobody waits for the pace with a slot in hand: it would be missing elsewhere.
        while True:
            now = to_millis(self.clock.now())
            if (at := pace.next_at(now)) > now:
                await self.clock.sleep((at - now) / 1000)
                continue
            await self.slots.take(self.tenant)
            if pace.next_at(now := to_millis(self.clock.now())) <= now:
                pace.take(now)
                return now
            self.slots.give_back()

    def memories(self) -> dict[str, list[list[int]]]:
        """Return what a later owner must not forget."""
        fresh = {purpose: one.memory() for purpose, one in self._paces.items()}
        return {**self.memory, **{key: value for key, value in fresh.items() if value}}
