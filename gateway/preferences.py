"""What a person wants to hear, where, and when not: pure; times are UTC milliseconds."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Annotated, Any, Literal, Self, get_args
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway.clock import from_millis, to_millis

Wall = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Switches = Annotated[dict[str, bool], Field(max_length=100)]
TypeGlob = Annotated[str, Field(min_length=1, max_length=255)]
DAYS: tuple[str, ...] = get_args(Day)
_ONE_DAY = timedelta(days=1)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class QuietHours(_Part):
    """When not to disturb, on the person's own clock; `days` are those on which it begins."""

    start: Wall
    end: Wall
    days: Annotated[tuple[Day, ...], Field(min_length=1, max_length=7)] | None = None

    @model_validator(mode="after")
    def _some_time(self) -> Self:
        if self.start == self.end:
            raise ValueError("quiet hours begin and end at different times")
        return self


class TypePreference(_Part):
    """One kind of notification, channel by channel."""

    channels: Switches


class Preferences(_Part):
    """A person's preferences; what is not said is wanted.

    Attributes:
        quiet_hours: When to wait, unless it is urgent.
        channels: Channels by name, on or off.
        types: Types of notifications by pattern (`ticket.*`): on or off, or channel by channel.
    """

    quiet_hours: QuietHours | None = None
    channels: Switches = Field(default_factory=dict)
    types: Annotated[dict[TypeGlob, bool | TypePreference], Field(max_length=200)] = Field(
        default_factory=dict
    )


def allows(preferences: Mapping[str, Any], notification_type: str, channel: str) -> bool:
    """Tell whether the person wants this type of notification on this channel.

    The pattern that says most about the type decides; where it says nothing about the
    channel, the channel's own switch does.
    """
    switches = preferences.get("channels") or {}
    word = _word_on(preferences.get("types") or {}, notification_type)
    wanted_here = bool(switches.get(channel, True))
    if isinstance(word, Mapping):
        return bool((word.get("channels") or {}).get(channel, wanted_here))
    return wanted_here and word is not False


def _word_on(types: Mapping[str, Any], notification_type: str) -> Any:  # noqa: ANN401 - a switch or switches
    if notification_type in types:
        return types[notification_type]
    matching = [glob for glob in types if fnmatchcase(notification_type, glob)]
    return types[max(matching, key=_exactness)] if matching else None


def _exactness(glob: str) -> tuple[int, str]:
    return (sum(mark not in "*?[]" for mark in glob), glob)


def quiet_text(preferences: Mapping[str, Any], zone: str) -> str | None:
    """Return the quiet hours as a delivery keeps them: `22:00-07:00 Asia/Shanghai mon,tue`."""
    hours = preferences.get("quiet_hours")
    if not hours:
        return None
    days = f" {','.join(hours['days'])}" if hours.get("days") else ""
    return f"{hours['start']}-{hours['end']} {zone}{days}"


def quiet_until(text: str | None, now: int) -> int | None:
    """Return when the quiet hours of `text` end, or None where they do not hold at `now`."""
    if text is None:
        return None
    spans = _spans_around(text, from_millis(now).date())
    return max((end for start, end in spans if start <= now < end), default=None)


@lru_cache(maxsize=1024)
def _spans_around(text: str, utc_day: date) -> tuple[tuple[int, int], ...]:
    """Return the quiet times that may hold on this UTC day, wherever on earth it is."""
    days = (utc_day + _ONE_DAY * offset for offset in (-2, -1, 0, 1))
    return tuple(span for day in days if (span := _span(text, day)) is not None)


def _span(text: str, day: date) -> tuple[int, int] | None:
    hours, zone_name, days = (*text.split(" "), "")[:3]
    if days and DAYS[day.weekday()] not in days.split(","):
        return None
    start, end = (time.fromisoformat(part) for part in hours.split("-"))
    zone = ZoneInfo(zone_name)
    until = day if start < end else day + _ONE_DAY
    return min(_readings(day, start, zone)), max(_readings(until, end, zone))


def _readings(day: date, wall: time, zone: ZoneInfo) -> tuple[int, int]:
    # A clock that is set back shows a time twice, one that is set forward leaves it out: quiet
    # hours begin with the earlier reading and end with the later one.
    moment = datetime.combine(day, wall, zone)
    return to_millis(moment.replace(fold=0)), to_millis(moment.replace(fold=1))
