"""Which calls are in the air: so that a switch can wait for them, and a cancel knows its limits."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from gateway.connections import Live


@dataclass(eq=False, slots=True)
class Flights:
    """The calls of this process that have started and not ended."""

    _calls: dict[Live, int] = field(default_factory=dict)
    _deliveries: set[str] = field(default_factory=set)
    _withdrawn: dict[str, int] = field(default_factory=dict)
    _landed: asyncio.Event = field(default_factory=asyncio.Event)

    def start(self, live: Live, deliveries: Sequence[str]) -> None:
        """Note that a call takes off; `land` it whatever happens."""
        self._calls[live] = self._calls.get(live, 0) + 1
        self._deliveries.update(deliveries)

    async def landed(self, live: Live) -> None:
        """Wait until no call on `live` is in the air."""
        while self._calls.get(live):
            self._landed.clear()
            await self._landed.wait()

    def flying(self) -> frozenset[str]:
        """Return the deliveries that are being sent at this moment."""
        return frozenset(self._deliveries)

    @contextmanager
    def withdrawing(self, notification: str) -> Iterator[frozenset[str]]:
        """Let no call start for `notification`, and yield the deliveries that are too late."""
        self._withdrawn[notification] = self._withdrawn.get(notification, 0) + 1
        try:
            yield self.flying()
        finally:
            self._withdrawn[notification] -= 1
            if not self._withdrawn[notification]:
                del self._withdrawn[notification]

    def is_withdrawn(self, notification: str) -> bool:
        """Tell whether somebody is taking `notification` back right now."""
        return notification in self._withdrawn

    def land(self, live: Live, deliveries: Sequence[str]) -> None:
        """Note that a call has ended."""
        self._calls[live] -= 1
        if not self._calls[live]:
            del self._calls[live]
        self._deliveries.difference_update(deliveries)
        self._landed.set()
