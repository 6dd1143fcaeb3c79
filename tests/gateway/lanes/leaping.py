"""A clock that runs as the machine's does and leaps when the test says so."""

import asyncio
from datetime import UTC, datetime, timedelta


class LeapingClock:
    """The machine's time and what the test has leapt over; sleepers notice a leap at once."""

    def __init__(self, start: datetime | None = None) -> None:
        self._ahead = start - datetime.now(UTC) if start else timedelta()
        self._leapt = asyncio.Event()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    async def sleep(self, seconds: float) -> None:
        wake = self.now() + timedelta(seconds=seconds)
        while (left := (wake - self.now()) / timedelta(seconds=1)) > 0:
            leapt = self._leapt
            try:
                async with asyncio.timeout(left):
                    await leapt.wait()
            except TimeoutError:
                continue

    def leap(self, **by: float) -> None:
        """Let time have passed."""
        self._ahead += timedelta(**by)
        leapt, self._leapt = self._leapt, asyncio.Event()
        leapt.set()
