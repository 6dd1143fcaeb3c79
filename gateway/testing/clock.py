"""A clock that stands still until the test turns it."""

import asyncio
import heapq
import itertools
from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
_TURNS = 20  # of the event loop, so that whoever woke up gets to its next sleep


class FakeClock:
    """A `Clock` whose sleepers wake only when `advance` passes their time."""

    def __init__(self, now: datetime = START) -> None:
        self._now = now
        self._order = itertools.count()
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        """Return the time the test set."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Wait until `advance` has passed this many seconds."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        wake = self._now + timedelta(seconds=max(seconds, 0.0))
        heapq.heappush(self._sleepers, (wake, next(self._order), done))
        await done

    async def advance(self, seconds: float) -> None:
        """Turn the clock, waking each sleeper at its own time, in order."""
        end = self._now + timedelta(seconds=seconds)
        await _let_others_run()
        while self._sleepers and self._sleepers[0][0] <= end:
            wake, _, done = heapq.heappop(self._sleepers)
            self._now = max(self._now, wake)
            if not done.done():
                done.set_result(None)
            await _let_others_run()
        self._now = end
        await _let_others_run()


class RushedClock(FakeClock):
    """A clock that jumps: whoever sleeps goes on at once, and it is that much later."""

    async def sleep(self, seconds: float) -> None:
        """Let the time have passed."""
        self.jump(seconds)
        await asyncio.sleep(0)

    def jump(self, seconds: float) -> None:
        """Move the time on."""
        self._now += timedelta(seconds=max(seconds, 0.0))


async def _let_others_run() -> None:
    for _ in range(_TURNS):
        await asyncio.sleep(0)
