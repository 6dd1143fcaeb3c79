"""Time as a value: the clock on the wall, and milliseconds for the store."""

import asyncio
from datetime import UTC, datetime, timedelta


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


def to_millis(moment: datetime) -> int:
    """Return `moment` as UTC milliseconds since 1970."""
    return round(moment.timestamp() * 1000)


def from_millis(millis: int) -> datetime:
    """Return the aware UTC time of `millis`."""
    return _START + timedelta(milliseconds=millis)


def rfc3339(millis: int | None) -> str | None:
    """Return `millis` as the API writes times, with a `Z`."""
    if millis is None:
        return None
    return from_millis(millis).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_START = datetime(1970, 1, 1, tzinfo=UTC)
