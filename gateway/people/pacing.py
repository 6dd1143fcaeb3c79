"""How many logins a channel lets end in a minute: made-up codes may not crowd out deliveries.

Anybody may begin a login, so that strangers can use theirs up; those by a link are counted apart.
"""

from dataclasses import dataclass, field
from datetime import datetime

MOST_A_MINUTE = 300


@dataclass(slots=True)
class Pace:
    """Counts the logins of each channel in the present minute, in this process."""

    most: int = MOST_A_MINUTE
    _minute: datetime | None = None
    _counts: dict[tuple[str, str, bool], int] = field(default_factory=dict)

    def admits(self, tenant: str, channel: str, now: datetime, *, by_link: bool = False) -> bool:
        """Count one more and tell whether it may go on."""
        minute = now.replace(second=0, microsecond=0)
        if minute != self._minute:
            self._minute, self._counts = minute, {}
        which = tenant, channel, by_link
        self._counts[which] = self._counts.get(which, 0) + 1
        return self._counts[which] <= self.most
