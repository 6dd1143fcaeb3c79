"""How many logins a channel lets end in a minute: made-up codes may not crowd out deliveries."""

from dataclasses import dataclass, field
from datetime import datetime

MOST_A_MINUTE = 300


@dataclass(slots=True)
class Pace:
    """Counts the logins of each channel in the present minute, in this process."""

    most: int = MOST_A_MINUTE
    _minute: datetime | None = None
    _counts: dict[tuple[str, str], int] = field(default_factory=dict)

    def admits(self, tenant: str, channel: str, now: datetime) -> bool:
        """Count one more and tell whether it may go on."""
        minute = now.replace(second=0, microsecond=0)
        if minute != self._minute:
            self._minute, self._counts = minute, {}
        count = self._counts.get((tenant, channel), 0) + 1
        self._counts[tenant, channel] = count
        return count <= self.most
