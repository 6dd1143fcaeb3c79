"""How much of a plan's calls a channel has used this month, and will have at its end."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.clock import to_millis
from gateway.limits import effective, month_ends, month_of
from gateway.plugin import ChannelType
from gateway.store.channels import ChannelRow


@dataclass(frozen=True, slots=True)
class UsageReport:
    """One month of a channel. `used` leaves out what the platform does not count."""

    month: str
    calls: int
    used: int
    by_purpose: Mapping[str, int]
    quota: int | None
    remaining: int | None
    forecast: int
    resets: int


def report(
    channel_type: ChannelType, row: ChannelRow, counts: Mapping[str, int], now: int
) -> UsageReport:
    """Sum a month up and go on at the same pace to its end."""
    used = sum(n for purpose, n in counts.items() if purpose not in channel_type.uncounted)
    quota = effective(channel_type.limits, row.limits).monthly_quota
    return UsageReport(
        month=month_of(now, channel_type.quota_zone),
        calls=sum(counts.values()),
        used=used,
        by_purpose=dict(sorted(counts.items())),
        quota=quota or None,
        remaining=max(0, quota - used) if quota else None,
        forecast=_forecast(used, now, channel_type.quota_zone),
        resets=month_ends(now, channel_type.quota_zone),
    )


def _forecast(used: int, now: int, zone: str) -> int:
    year, month = map(int, month_of(now, zone).split("-"))
    begins = to_millis(datetime(year, month, 1, tzinfo=ZoneInfo(zone)))
    elapsed = max(1, now - begins)
    return max(used, round(used * (month_ends(now, zone) - begins) / elapsed))
