"""Tells live views that something is new."""

import asyncio
import contextlib


class Changes:
    """Wakes whoever waits for deliveries to change."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.closed = False

    def tell(self) -> None:
        """Wake everybody who waits at this moment."""
        self._event.set()
        self._event = asyncio.Event()

    def close(self) -> None:
        """End every stream, because the process stops."""
        self.closed = True
        self.tell()

    def mark(self) -> asyncio.Event:
        """Return the event of the next change; take it before looking, so that none is missed."""
        return self._event

    async def wait(self, seconds: float, mark: asyncio.Event | None = None) -> None:
        """Wait for the next change, or the one behind `mark`, at most this long."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for((mark or self._event).wait(), seconds)
