from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from gateway.clock import SystemClock, from_millis, rfc3339, to_millis

MILLIS = st.integers(-62_135_596_800_000, 253_402_300_799_999)


@given(MILLIS)
def test_milliseconds_survive_the_way_there_and_back(millis: int) -> None:
    assert to_millis(from_millis(millis)) == millis


@given(MILLIS)
def test_a_time_of_the_api_reads_back_as_itself(millis: int) -> None:
    text = rfc3339(millis)
    assert text is not None
    assert text.endswith("Z")
    assert to_millis(datetime.fromisoformat(text)) == millis


def test_the_zone_of_a_time_does_not_matter() -> None:
    east = timezone(timedelta(hours=8))
    assert to_millis(datetime(1970, 1, 1, 8, tzinfo=east)) == 0


def test_a_time_becomes_the_nearest_millisecond() -> None:
    assert to_millis(datetime(1970, 1, 1, microsecond=1499, tzinfo=UTC)) == 1
    assert to_millis(datetime(1970, 1, 1, microsecond=1999, tzinfo=UTC)) == 2


def test_the_api_writes_milliseconds_and_a_z() -> None:
    assert rfc3339(1_767_600_000_000) == "2026-01-05T08:00:00.000Z"
    assert rfc3339(None) is None


async def test_the_machines_clock_is_aware_and_in_utc() -> None:
    clock = SystemClock()
    before = clock.now()
    await clock.sleep(0)
    assert before.tzinfo is UTC
    assert clock.now() >= before
