"""What an application has called: for the books by channel and purpose, for the quota in all."""

from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.clock import to_millis
from gateway.egress import Call
from gateway.limits import Quota, month_ends, month_of
from gateway.models import Priority
from gateway.plugin import Clock
from gateway.store.usage import Counted

CLIENT_ERROR = 400


@dataclass(slots=True)
class Tally:
    """One application's calls of the platform's month, by all channels that share it.

    `planned` are the calls that have been let go and not been counted yet: a quota that has
    three left lets three of them go, not three hundred. `told` is the last mark of the quota that
    the admin heard of.
    """

    clock: Clock
    zone: str
    month: str
    used: int = 0
    planned: int = 0
    told: str = ""
    _turns: int = 0

    def turn(self) -> None:
        """Begin anew where the platform's month has changed."""
        now = to_millis(self.clock.now())
        if now < self._turns:
            return
        month, self._turns = month_of(now, self.zone), month_ends(now, self.zone)
        if month != self.month:
            self.month, self.used = month, 0


@dataclass(slots=True)
class Meter:
    """Counts one channel's provider calls."""

    tally: Tally
    uncounted: frozenset[str]
    observe: Callable[[Call], None]
    total: int = 0
    counts: dict[tuple[str, str], Counted] = field(default_factory=dict)

    def add(self, call: Call) -> None:
        """Count one call; one that the platform refused with 4xx or 5xx is outside the quota."""
        self.tally.turn()
        self.observe(call)
        self.total += 1
        refused = call.status is not None and call.status >= CLIENT_ERROR
        at = (self.tally.month, call.purpose)
        calls, so_far = self.counts.get(at, Counted(0))
        self.counts[at] = Counted(calls + 1, so_far + refused)
        if not refused and call.purpose not in self.uncounted:
            self.tally.used += 1

    def take(self) -> dict[tuple[str, str], Counted]:
        """Return the calls by month and purpose since the last time, and begin anew."""
        counts, self.counts = self.counts, {}
        return counts


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one channel may still call: its limit over what its application has used."""

    limit: int
    tally: Tally

    def covers(self, priority: int) -> bool:
        """Tell whether a call may still be made this month, whenever its turn comes."""
        return self._quota(0).allows(urgent=priority == Priority.URGENT)

    def has_room(self, priority: int) -> bool:
        """Tell whether one more call may start beside those in the air."""
        return self._quota(self.tally.planned).allows(urgent=priority == Priority.URGENT)

    def _quota(self, planned: int) -> Quota:
        self.tally.turn()
        return Quota(self.limit, self.tally.used + planned)
