"""Lets calls of some purposes out no faster than the platform allows, whoever makes them."""

from dataclasses import dataclass, field
from typing import Self

from gateway.clock import to_millis
from gateway.limits import Pace, pace
from gateway.plugin import Clock, Limits

DIRECTORY = "directory"


@dataclass(slots=True)
class Turnstile:
    """One application's calls of the purpose `directory`, which no lane makes or paces."""

    clock: Clock
    _limits: Limits = field(default_factory=Limits)
    _pace: Pace = field(default_factory=lambda: pace(Limits()))

    def under(self, limits: Limits) -> Self:
        """Let these limits hold from now on, not forgetting what was called under the former."""
        if limits != self._limits:
            former, self._limits, self._pace = self._pace, limits, pace(limits)
            self._pace.remember(former.memory(), self._now())
        return self

    async def enter(self, purpose: str) -> int:
        """Wait until one more call of this purpose may go; return when that is."""
        now = self._now()
        if purpose != DIRECTORY:
            return now
        while (at := self._pace.next_at(now)) > now:
            await self.clock.sleep((at - now) / 1000)
            now = self._now()
        self._pace.take(now)
        return now

    def leave(self, purpose: str, turn: int) -> None:
        """Note that a call has ended: the platform may have counted it late."""
        if purpose == DIRECTORY:
            self._pace.landed(turn, self._now())

    def _now(self) -> int:
        return to_millis(self.clock.now())
