"""Windows, the monthly quota and the penalty of a robot that is too loud.

Documentation: "how-to-process-api-throttling-on-the-dingtalk-server", "billing-model" and
"customize-robot-security-settings".
"""

from collections import deque
from datetime import UTC, datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8))
ROBOT_CAP, ROBOT_SECONDS, PENALTY_SECONDS = 20, 60.0, 600.0


def moment(seconds: float) -> datetime:
    """Return a moment in the time zone whose days and months the platform counts."""
    return datetime.fromtimestamp(seconds, UTC).astimezone(BEIJING)


class Windows:
    """Remembers when each key was used in a sliding window."""

    def __init__(self) -> None:
        self._uses: dict[tuple[str, ...], deque[float]] = {}

    def take(self, key: tuple[str, ...], cap: int, seconds: float, now: float) -> bool:
        """Count one use, or return False when the window is full."""
        uses = self._uses.setdefault(key, deque())
        while uses and uses[0] <= now - seconds:
            uses.popleft()
        if len(uses) >= cap:
            return False
        uses.append(now)
        return True


class Penalties:
    """Silences a robot for ten minutes after more than twenty messages in one minute."""

    def __init__(self) -> None:
        self._windows = Windows()
        self._until: dict[str, float] = {}

    def admits(self, token: str, now: float) -> bool:
        """Count one message, or return False while the robot has to be silent."""
        if now < self._until.get(token, 0.0):
            return False
        if self._windows.take((token,), ROBOT_CAP, ROBOT_SECONDS, now):
            return True
        self._until[token] = now + PENALTY_SECONDS
        return False


class Quota:
    """Calls the organisation spent in the current calendar month."""

    def __init__(self) -> None:
        self.month = ""
        self.used = 0

    def spent(self, now: float) -> int:
        """Return the calls of this month; the first of the month starts at zero."""
        month = f"{moment(now):%Y-%m}"
        if month != self.month:
            self.month, self.used = month, 0
        return self.used

    def count(self, now: float) -> None:
        """Spend one call."""
        self.used = self.spent(now) + 1
