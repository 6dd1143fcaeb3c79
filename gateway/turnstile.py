"""Lets calls of some purposes out no faster than the platform allows, whoever makes them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from gateway.clock import to_millis
from gateway.limits import Pace, pace
from gateway.plugin import Clock, Limits

DIRECTORY = "directory"
Admit = Callable[[str], Awaitable[None]]


@dataclass(slots=True)
class Turnstile:
    """One application's calls of the purpose `directory`, which no lane makes or paces."""

    clock: Clock
    _limits: Limits = field(default_factory=Limits)
    _pace: Pace = field(default_factory=lambda: pace(Limits()))

    def under(self, limits: Limits) -> Admit:
        """Return what to wait for before each call; limits that changed hold from now on."""
        if limits != self._limits:
            former, self._limits, self._pace = self._pace, limits, pace(limits)
            self._pace.remember(former.memory(), to_millis(self.clock.now()))
        return self.admit

    async def admit(self, purpose: str) -> None:
        """Wait until one more call of this purpose may go."""
        if purpose != DIRECTORY:
            return
        while (at := self._pace.next_at(now := to_millis(self.clock.now()))) > now:
            await self.clock.sleep((at - now) / 1000)
        self._pace.take(now)
