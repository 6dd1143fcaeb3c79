"""How many provider calls are in flight, shared fairly between tenants and lanes."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

SHARE = 4  # one lane holds at most a quarter of all


@dataclass(eq=False, slots=True)
class Slots:
    """A bounded number of calls; whoever waits is served tenant by tenant, in turns."""

    total: int
    used: int = 0
    _waiting: OrderedDict[str, deque[asyncio.Future[None]]] = field(default_factory=OrderedDict)

    @property
    def per_lane(self) -> int:
        """The most that one lane may hold."""
        return max(1, self.total // SHARE)

    async def take(self, tenant: str) -> None:
        """Take a slot, in this tenant's turn; give it back with `give_back`."""
        if self.used < self.total:
            self.used += 1
            return
        await self._queue(tenant)

    @asynccontextmanager
    async def hold(self, tenant: str) -> AsyncIterator[None]:
        """Hold one slot for the duration of a call."""
        await self.take(tenant)
        try:
            yield
        finally:
            self.give_back()

    async def _queue(self, tenant: str) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(tenant, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give_back()
            raise

    def give_back(self) -> None:
        """Hand the slot to whoever waits, tenant by tenant."""
        while self._waiting:
            tenant, turns = next(iter(self._waiting.items()))
            turn = turns.popleft()
            self._to_the_end(tenant)
            if not turn.done():
                turn.set_result(None)  # the slot changes hands without ever being free
                return
        self.used -= 1

    def _to_the_end(self, tenant: str) -> None:
        if self._waiting[tenant]:
            self._waiting.move_to_end(tenant)
        else:
            del self._waiting[tenant]
