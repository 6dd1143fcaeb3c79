"""How much of a plan's calls a channel has used this month, and will have at its end."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.clock import to_millis
from gateway.errors import DeliveryError
from gateway.fence import PluginFault, fence
from gateway.limits import RESERVE, effective, month_ends, month_of, reserve_of
from gateway.plugin import ChannelType, Limits
from gateway.store.channels import ChannelRow
from gateway.store.usage import Counted, counted

MARKS = (80, round(100 * (1 - RESERVE)), 100)  # per cent: soon, only urgent ones go, nothing goes


@dataclass(frozen=True, slots=True)
class UsageReport:
    """One month of a channel.

    Attributes:
        used: What the platform counts of `calls`.
        application: The same of all channels that share its application, and so its quota.
        reserve: What is kept of the quota for urgent notifications.
        remaining: What is left of it for any.
        forecast: `application` at the month's end, at this pace.
        exceeds: Whether the forecast is above what is there for ordinary notifications.
    """

    month: str
    calls: int
    used: int
    application: int
    by_purpose: Mapping[str, int]
    quota: int | None
    reserve: int | None
    remaining: int | None
    forecast: int
    exceeds: bool
    resets: int


def report(
    channel_type: ChannelType,
    row: ChannelRow,
    shared: Mapping[str, Mapping[str, Counted]],
    now: int,
) -> UsageReport:
    """Sum a month up and go on at the same pace to its end.

    Args:
        channel_type: What the channel is.
        row: The channel.
        shared: The calls by purpose of each channel of its application, by the channel's name.
        now: The time.
    """
    counts = shared.get(row.name, {})
    used = sum(counted(each, channel_type.uncounted) for each in shared.values())
    quota = limits_in_force(channel_type, row).monthly_quota
    reserve = reserve_of(quota)
    forecast = _forecast(used, now, channel_type.quota_zone)
    return UsageReport(
        month=month_of(now, channel_type.quota_zone),
        calls=sum(one.calls for one in counts.values()),
        used=counted(counts, channel_type.uncounted),
        application=used,
        by_purpose={name: one.calls for name, one in sorted(counts.items())},
        quota=quota or None,
        reserve=reserve if quota else None,
        remaining=max(0, quota - used) if quota else None,
        forecast=forecast,
        exceeds=bool(quota) and forecast > quota - reserve,
        resets=month_ends(now, channel_type.quota_zone),
    )


def limits_in_force(channel_type: ChannelType, row: ChannelRow) -> Limits:
    """Return a channel's limits: the tenant's own, else what its configuration has.

    Where the plugin fails to tell, its type's own are shown; such a channel cannot be opened.
    """
    try:
        with fence("limits"):
            return effective(channel_type.limits_of(row.config), row.limits)
    except (DeliveryError, PluginFault):
        return effective(channel_type.limits, row.limits)


def mark(used: int, quota: int, month: str) -> str | None:
    """Return the highest mark that a month has reached, such as `2026-01 080`; later is greater."""
    reached = [each for each in MARKS if quota and used * 100 >= quota * each]
    return f"{month} {reached[-1]:03}" if reached else None


def _forecast(used: int, now: int, zone: str) -> int:
    year, month = map(int, month_of(now, zone).split("-"))
    begins = to_millis(datetime(year, month, 1, tzinfo=ZoneInfo(zone)))
    elapsed = max(1, now - begins)
    return max(used, round(used * (month_ends(now, zone) - begins) / elapsed))
