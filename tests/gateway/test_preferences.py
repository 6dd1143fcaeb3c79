"""What a person wants to hear, and when not."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.clock import from_millis, to_millis
from gateway.preferences import DAYS, Preferences, allows, quiet_text, quiet_until

ZONES = (
    "Asia/Shanghai",
    "UTC",
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/St_Johns",
)
WALLS = st.times().map(lambda t: t.strftime("%H:%M"))
MOMENTS = st.datetimes(datetime(2011, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


def at(text: str, zone: str = "Asia/Shanghai") -> int:
    return to_millis(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)))


def in_wall_hours(start: str, end: str, now: str) -> bool:
    return start <= now < end if start < end else now >= start or now < end


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-01-05T21:59:59", None),
        ("2026-01-05T22:00:00", "2026-01-06T07:00:00"),
        ("2026-01-06T03:00:00", "2026-01-06T07:00:00"),
        ("2026-01-06T06:59:59", "2026-01-06T07:00:00"),
        ("2026-01-06T07:00:00", None),
    ],
)
def test_quiet_hours_go_across_midnight(now: str, end: str | None) -> None:
    found = quiet_until("22:00-07:00 Asia/Shanghai", at(now))
    assert found == (at(end) if end else None)


def test_days_are_those_on_which_the_quiet_begins() -> None:
    text = "22:00-07:00 Asia/Shanghai fri"
    assert quiet_until(text, at("2026-01-10T03:00:00")) == at("2026-01-10T07:00:00")
    assert quiet_until(text, at("2026-01-09T03:00:00")) is None


def test_a_night_with_a_change_of_clocks_ends_at_the_same_time_on_the_wall() -> None:
    for night in ("2026-03-28", "2026-10-24"):
        start = at(f"{night}T23:00:00", "Europe/Berlin")
        end = quiet_until("22:00-07:00 Europe/Berlin", start)
        assert end is not None
        assert from_millis(end).astimezone(ZoneInfo("Europe/Berlin")).strftime("%H:%M") == "07:00"


@given(start=WALLS, end=WALLS, zone=st.sampled_from(ZONES), moment=MOMENTS)
def test_it_is_quiet_whenever_the_wall_says_so(
    start: str, end: str, zone: str, moment: datetime
) -> None:
    text, now = f"{start}-{end} {zone}", to_millis(moment)
    until = quiet_until(text, now) if start != end else None
    wall = moment.astimezone(ZoneInfo(zone)).strftime("%H:%M")
    if start != end and in_wall_hours(start, end, wall):
        assert until is not None
    if until is not None:
        assert now < until <= now + timedelta(days=1, hours=25) // timedelta(milliseconds=1)
        assert quiet_until(text, until) is None or start == end


@given(start=WALLS, end=WALLS, zone=st.sampled_from(ZONES[:2]), moment=MOMENTS)
def test_it_is_not_quiet_when_the_wall_does_not_say_so(
    start: str, end: str, zone: str, moment: datetime
) -> None:
    wall = moment.astimezone(ZoneInfo(zone)).strftime("%H:%M")
    if start != end and not in_wall_hours(start, end, wall):
        assert quiet_until(f"{start}-{end} {zone}", to_millis(moment)) is None


def test_a_delivery_keeps_quiet_hours_as_one_text() -> None:
    hours = {"start": "22:00", "end": "07:00"}
    assert quiet_text({"quiet_hours": hours}, "Asia/Tokyo") == "22:00-07:00 Asia/Tokyo"
    with_days = {"quiet_hours": {**hours, "days": ["sat", "sun"]}}
    assert quiet_text(with_days, "UTC") == "22:00-07:00 UTC sat,sun"
    assert quiet_text({}, "UTC") is None
    assert quiet_text({"quiet_hours": None}, "UTC") is None


@pytest.mark.parametrize(
    ("preferences", "wanted"),
    [
        ({}, True),
        ({"channels": {"lark": False}}, False),
        ({"channels": {"dingtalk": False}}, True),
        ({"types": {"ticket.*": False}}, False),
        ({"types": {"ticket.*": False, "ticket.approval": True}}, True),
        ({"types": {"*": False, "ticket.*": True}}, True),
        ({"types": {"ticket.*": {"channels": {"lark": False}}}}, False),
        ({"types": {"ticket.*": {"channels": {"dingtalk": False}}}}, True),
        ({"types": {"ticket.*": {"channels": {"lark": True}}}, "channels": {"lark": False}}, True),
        ({"types": {"ticket.*": True}, "channels": {"lark": False}}, False),
    ],
)
def test_the_nearest_word_about_a_type_decides(
    preferences: dict[str, object], wanted: bool
) -> None:
    Preferences.model_validate(preferences)
    assert allows(preferences, "ticket.approval", "lark") is wanted


@pytest.mark.parametrize(
    "wrong",
    [
        {"quite_hours": {}},
        {"quiet_hours": {"start": "22:00", "end": "22:00"}},
        {"quiet_hours": {"start": "25:00", "end": "07:00"}},
        {"quiet_hours": {"start": "22:00", "end": "07:00", "days": ["funday"]}},
        {"channels": {"lark": "maybe"}},
        {"types": {"ticket.*": {"lark": False}}},
    ],
)
def test_what_nobody_understands_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Preferences.model_validate(wrong)


def test_every_day_has_a_name() -> None:
    assert len(DAYS) == 7
