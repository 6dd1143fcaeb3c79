"""How fast a platform may be called: pure, `now` is an argument. Times are UTC milliseconds."""

from bisect import bisect_left, insort
from collections import Counter, OrderedDict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.clock import from_millis, to_millis
from gateway.plugin import Limits

SECOND = 1000
MINUTE = 60 * SECOND
# Calls reach the platform with a little jitter: a window that is slightly longer than its own
# keeps ours inside it, at 96 % of what a second allows.
MARGIN = 40
RESERVE = 0.10


@dataclass(slots=True)
class Window:
    """At most `limit` calls in any `span` of time."""

    limit: int
    span: int
    starts: deque[int] = field(default_factory=deque)

    def next_at(self, now: int) -> int:
        """Return when one more call may start."""
        if len(self.starts) < self.limit:
            return now
        return max(now, self.starts[-self.limit] + self.span + MARGIN)

    def room(self, now: int) -> int:
        """Return how many calls may start at once."""
        after = now - self.span - MARGIN
        while self.starts and self.starts[0] <= after:
            self.starts.popleft()
        return max(0, self.limit - len(self.starts))

    def put_off(self, start: int, late: int) -> None:
        """Count a call that started then so much later."""
        at = bisect_left(self.starts, start)
        if at < len(self.starts) and self.starts[at] == start:
            del self.starts[at]
            insort(self.starts, start + late)


@dataclass(slots=True)
class Pace:
    """The windows of one kind of call; all of them hold. Without windows it never waits."""

    windows: tuple[Window, ...]
    paused_until: int = 0
    durations: deque[int] = field(default_factory=lambda: deque(maxlen=50))

    def next_at(self, now: int) -> int:
        """Return when one more call may start."""
        return max([now, self.paused_until, *(window.next_at(now) for window in self.windows)])

    def room(self, now: int, most: int) -> int:
        """Return how many calls may start at once, at most `most`."""
        if self.paused_until > now:
            return 0
        return min([most, *(window.room(now) for window in self.windows)])

    def take(self, now: int) -> None:
        """Count one call that starts now."""
        for window in self.windows:
            window.starts.append(now)
            while len(window.starts) > window.limit:
                window.starts.popleft()

    def landed(self, start: int, end: int) -> None:
        """Note that a call has ended: the platform may have counted it later than it started.

        What it took longer than the quickest of late it may have spent on its way there. As
        long as few are known, it may be all of it: the first calls also make connections.
        """
        self.durations.append(end - start)
        quickest = min(self.durations) if len(self.durations) == self.durations.maxlen else 0
        for window in self.windows:
            window.put_off(start, end - start - quickest)

    def pause(self, until: int) -> None:
        """Let no call start before `until`."""
        self.paused_until = max(self.paused_until, until)

    def memory(self) -> list[list[int]]:
        """Return the calls of the longest window by second: what a restart must not forget."""
        if not self.windows:
            return []
        counts = Counter(start // SECOND for start in self.windows[-1].starts)
        return [[second, count] for second, count in sorted(counts.items())]

    def remember(self, memory: Sequence[Sequence[int]], now: int) -> None:
        """Go on where a former owner stopped, as if each call had come late in its second."""
        starts = [second * SECOND + SECOND - 1 for second, count in memory for _ in range(count)]
        for window in self.windows:
            recent = [start for start in starts if start > now - window.span - MARGIN]
            window.starts = deque(recent[-window.limit :])


@dataclass(slots=True)
class Recipients:
    """At most so many calls a second to each person or group; the quiet ones are forgotten."""

    limit: int
    _windows: OrderedDict[str, Window] = field(default_factory=OrderedDict)

    def next_at(self, who: str, now: int) -> int:
        """Return when one more call to `who` may start."""
        known = self._windows.get(who)
        return known.next_at(now) if known is not None else now

    def take(self, who: str, now: int) -> None:
        """Count one call to `who` that starts now."""
        if not self.limit:
            return
        window = self._windows.setdefault(who, Window(self.limit, SECOND))
        window.room(now)
        window.starts.append(now)
        self._windows.move_to_end(who)
        self._forget(now)

    def _forget(self, now: int) -> None:
        while self._windows:
            oldest = next(iter(self._windows.values()))
            if oldest.starts and oldest.starts[-1] > now - SECOND - MARGIN:
                return
            self._windows.popitem(last=False)


def pace(limits: Limits) -> Pace:
    """Return a fresh pace for one kind of call."""
    spans = ((limits.calls_per_second, SECOND), (limits.calls_per_minute, MINUTE))
    return Pace(tuple(Window(limit, span) for limit, span in spans if limit))


def effective(defaults: Limits, chosen: Mapping[str, int]) -> Limits:
    """Return the platform's limits with the tenant's own in their place."""
    values = {name: getattr(defaults, name) for name in defaults.__slots__}
    return Limits(**{**values, **{name: chosen[name] for name in chosen if name in values}})


@dataclass(frozen=True, slots=True)
class Quota:
    """Counted calls of one month. `limit` 0 is no quota."""

    limit: int
    used: int

    def allows(self, *, urgent: bool) -> bool:
        """Tell whether one more call may go; the last tenth is kept for urgent ones."""
        reserve = 0 if urgent else reserve_of(self.limit)
        return self.limit == 0 or self.used < self.limit - reserve


def reserve_of(quota: int) -> int:
    """Return how many calls of a month's quota are kept for urgent notifications."""
    return max(1, int(quota * RESERVE))


def month_of(now: int, zone: str) -> str:
    """Return the platform's month, such as `2026-01`."""
    return from_millis(now).astimezone(ZoneInfo(zone)).strftime("%Y-%m")


def month_ends(now: int, zone: str) -> int:
    """Return when the platform's next month begins."""
    here = from_millis(now).astimezone(ZoneInfo(zone))
    year, month = (here.year + 1, 1) if here.month == 12 else (here.year, here.month + 1)  # noqa: PLR2004 - December
    return to_millis(datetime(year, month, 1, tzinfo=ZoneInfo(zone)))
