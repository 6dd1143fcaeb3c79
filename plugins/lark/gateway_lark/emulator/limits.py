"""Sliding windows and the monthly quota (documentation: "Frequency control")."""

from collections import deque
from datetime import UTC, datetime

Caps = tuple[tuple[int, float], ...]

STANDARD: Caps = ((50, 1.0), (1000, 60.0))
PER_TARGET: Caps = ((5, 1.0),)
PER_CARD: Caps = ((10, 1.0),)
ROBOT: Caps = ((5, 1.0), (100, 60.0))


class Windows:
    """Remembers when each key was used and tells how long it has to wait."""

    def __init__(self) -> None:
        self._uses: dict[tuple[str, ...], deque[float]] = {}

    def take(self, key: tuple[str, ...], caps: Caps, now: float) -> tuple[int, float] | None:
        """Count one use, or return the cap that is full and the seconds until it is not."""
        uses = self._uses.setdefault(key, deque())
        while uses and uses[0] <= now - caps[-1][1]:
            uses.popleft()
        for cap, seconds in caps:
            if len(uses) >= cap and uses[-cap] > now - seconds:
                return cap, uses[-cap] + seconds - now
        uses.append(now)
        return None


class Quota:
    """Calls the tenant spent in the current calendar month."""

    def __init__(self) -> None:
        self.month = ""
        self.used = 0

    def spent(self, now: float) -> int:
        """Return the calls of this month; the first of the month starts at zero."""
        month = f"{datetime.fromtimestamp(now, UTC):%Y-%m}"
        if month != self.month:
            self.month, self.used = month, 0
        return self.used

    def count(self, now: float) -> None:
        """Spend one call."""
        self.used = self.spent(now) + 1
