from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.clock import to_millis
from gateway.limits import (
    MARGIN,
    MINUTE,
    SECOND,
    Pace,
    Quota,
    Recipients,
    Window,
    effective,
    month_ends,
    month_of,
    pace,
)
from gateway.plugin import Limits

START = 1_767_600_000_000
SHANGHAI = "Asia/Shanghai"


def most_within(calls: list[int], span: int) -> int:
    """Return the most calls in any `span` of time."""
    first, most = 0, 0
    for last, moment in enumerate(calls):
        while calls[first] <= moment - span:
            first += 1
        most = max(most, last - first + 1)
    return most


def used(pace: Pace, gaps: list[int], now: int = START) -> list[int]:
    """Call as soon as permitted after each gap, and return when that was."""
    calls = []
    for gap in gaps:
        now = pace.next_at(now + gap)
        pace.take(now)
        calls.append(now)
    return calls


@given(
    st.integers(1, 60),
    st.integers(0, 300),
    st.lists(st.sampled_from([0, 0, 0, 1, 7, 40, 999, 1000, 1041, 30_000]), max_size=400),
)
@settings(max_examples=60, deadline=None)
def test_a_pace_never_exceeds_its_limits(a_second: int, a_minute: int, gaps: list[int]) -> None:
    own = pace(Limits(calls_per_second=a_second, calls_per_minute=a_minute))
    calls = used(own, gaps)
    if calls:
        # The platform's clock and the way there may squeeze ours by as much as the margin.
        assert most_within(calls, SECOND + MARGIN) <= a_second
        assert not a_minute or most_within(calls, MINUTE + MARGIN) <= a_minute


@given(st.integers(1, 60), st.integers(0, 300), st.lists(st.integers(0, 1500), max_size=100))
@settings(max_examples=60, deadline=None)
def test_as_many_at_once_as_there_is_room_for_stay_within_the_limits(
    a_second: int, a_minute: int, gaps: list[int]
) -> None:
    own, now, calls = pace(Limits(a_second, a_minute)), START, list[int]()
    for gap in gaps:
        now += gap
        for _ in range(own.room(now, 20)):
            own.take(now)
            calls.append(now)
    if calls:
        assert most_within(calls, SECOND + MARGIN) <= a_second
        assert not a_minute or most_within(calls, MINUTE + MARGIN) <= a_minute


@pytest.mark.parametrize(
    ("limits", "span", "limit"),
    [
        (Limits(calls_per_second=1), SECOND, 1),
        (Limits(calls_per_second=5), SECOND, 5),
        (Limits(calls_per_second=20), SECOND, 20),
        (Limits(calls_per_second=50, calls_per_minute=1000), MINUTE, 1000),
        (Limits(calls_per_second=5, calls_per_minute=100), MINUTE, 100),
        (Limits(calls_per_minute=20), MINUTE, 20),
    ],
)
def test_a_pace_uses_what_is_permitted(limits: Limits, span: int, limit: int) -> None:
    count = limit * 10
    calls = used(pace(limits), [0] * (count + 1))
    permitted = (calls[-1] - calls[0]) / span * limit
    assert count / permitted >= 0.95


def test_room_agrees_with_when_the_next_call_may_start() -> None:
    own = pace(Limits(calls_per_second=3))
    for _ in range(3):
        own.take(START)
    assert own.room(START, 10) == 0
    assert own.next_at(START) == START + SECOND + MARGIN
    assert own.room(START + SECOND + MARGIN, 10) == 3
    assert own.room(START + SECOND + MARGIN, 2) == 2


def test_without_limits_nobody_waits_and_nothing_is_remembered() -> None:
    own = pace(Limits())
    for _ in range(1000):
        own.take(START)
    assert own.next_at(START) == START
    assert own.room(START, 500) == 500
    assert own.memory() == []


def test_a_pause_holds_everything_and_is_never_shortened() -> None:
    own = pace(Limits(calls_per_second=5))
    own.pause(START + 5000)
    own.pause(START + 1000)
    assert own.room(START + 4999, 10) == 0
    assert own.next_at(START) == START + 5000
    assert own.room(START + 5000, 10) == 5


@given(
    st.integers(1, 20),
    st.integers(0, 60),
    st.lists(st.sampled_from([0, 0, 3, 250, 999, 4000, 61_000]), max_size=200),
    st.integers(0, 70_000),
)
@settings(max_examples=100, deadline=None)
def test_what_is_remembered_is_never_faster_and_at_most_a_second_slower(
    a_second: int, a_minute: int, gaps: list[int], later: int
) -> None:
    limits = Limits(calls_per_second=a_second, calls_per_minute=a_minute)
    first, second = pace(limits), pace(limits)
    calls = used(first, gaps)
    now = (calls[-1] if calls else START) + later
    second.remember(first.memory(), now)
    assert first.next_at(now) <= second.next_at(now) <= first.next_at(now) + SECOND
    assert second.room(now, 100) <= first.room(now, 100)


def test_memory_is_a_few_numbers_however_many_calls_there_were() -> None:
    own = pace(Limits(calls_per_second=50, calls_per_minute=1000))
    used(own, [0] * 5000)
    assert len(own.memory()) <= 61
    assert sum(count for _, count in own.memory()) == 1000


def test_a_window_forgets_what_lies_behind_it() -> None:
    window = Window(2, SECOND)
    window.starts.extend([START, START])
    assert window.room(START + SECOND + MARGIN) == 2
    assert not window.starts


def test_a_tenants_own_limits_stand_in_the_place_of_the_platforms() -> None:
    defaults = Limits(calls_per_second=50, calls_per_minute=1000, monthly_quota=10_000)
    own = effective(defaults, {"calls_per_second": 5, "monthly_quota": 0, "unknown": 3})
    assert own == Limits(calls_per_second=5, calls_per_minute=1000, monthly_quota=0)


@pytest.mark.parametrize(
    ("limit", "used", "ordinary", "urgent"),
    [
        (0, 10**9, True, True),
        (100, 0, True, True),
        (100, 89, True, True),
        (100, 90, False, True),
        (100, 99, False, True),
        (100, 100, False, False),
        (5, 3, True, True),
        (5, 4, False, True),
        (1, 0, False, True),
    ],
)
def test_the_last_tenth_of_a_quota_is_kept_for_what_is_urgent(
    limit: int, used: int, ordinary: bool, urgent: bool
) -> None:
    assert Quota(limit, used).allows(urgent=False) is ordinary
    assert Quota(limit, used).allows(urgent=True) is urgent


def at(text: str) -> int:
    return to_millis(datetime.fromisoformat(text))


@pytest.mark.parametrize(
    ("now", "zone", "month", "ends"),
    [
        ("2026-01-31T15:59:59.999Z", SHANGHAI, "2026-01", "2026-01-31T16:00:00Z"),
        ("2026-01-31T16:00:00.000Z", SHANGHAI, "2026-02", "2026-02-28T16:00:00Z"),
        ("2026-12-31T15:59:59.999Z", SHANGHAI, "2026-12", "2026-12-31T16:00:00Z"),
        ("2026-12-31T16:00:00.000Z", SHANGHAI, "2027-01", "2027-01-31T16:00:00Z"),
        ("2028-02-29T00:00:00.000Z", SHANGHAI, "2028-02", "2028-02-29T16:00:00Z"),
        ("2026-03-31T23:00:00.000Z", "UTC", "2026-03", "2026-04-01T00:00:00Z"),
        ("2026-03-15T00:00:00.000Z", "America/New_York", "2026-03", "2026-04-01T04:00:00Z"),
        ("2026-11-15T00:00:00.000Z", "America/New_York", "2026-11", "2026-12-01T05:00:00Z"),
    ],
)
def test_a_month_begins_where_the_platform_is(now: str, zone: str, month: str, ends: str) -> None:
    assert month_of(at(now), zone) == month
    assert month_ends(at(now), zone) == at(ends)


@given(st.integers(0, 4_000_000_000_000), st.sampled_from([SHANGHAI, "UTC", "Asia/Kathmandu"]))
def test_the_next_month_begins_exactly_when_the_old_one_ends(now: int, zone: str) -> None:
    ends = month_ends(now, zone)
    assert now < ends <= now + 32 * 86_400_000
    assert month_of(ends - 1, zone) == month_of(now, zone) != month_of(ends, zone)


@given(
    st.integers(1, 6),
    st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from([0, 0, 1, 250, 1041])), max_size=80),
)
@settings(max_examples=60, deadline=None)
def test_nobody_hears_more_often_than_permitted_and_nobody_waits_for_another(
    a_second: int, calls: list[tuple[str, int]]
) -> None:
    own, now = Recipients(a_second), START
    heard: dict[str, list[int]] = {"a": [], "b": []}
    for who, gap in calls:
        now += gap
        at = own.next_at(who, now)
        assert at == now or [one for one in heard[who] if one > now - SECOND - MARGIN]
        if at == now:
            own.take(who, now)
            heard[who].append(now)
    assert all(most_within(each, SECOND + MARGIN) <= a_second for each in heard.values() if each)


def test_recipients_who_are_quiet_are_forgotten() -> None:
    own = Recipients(5)
    for number in range(1000):
        own.take(f"user:{number}", START)
    own.take("user:late", START + SECOND + MARGIN)
    assert list(own._windows) == ["user:late"]


def test_without_a_limit_for_recipients_nobody_waits() -> None:
    own = Recipients(0)
    for _ in range(100):
        own.take("user:li", START)
    assert own.next_at("user:li", START) == START


def test_a_call_that_was_long_on_its_way_counts_from_when_it_may_have_come() -> None:
    found = pace(Limits(calls_per_second=2))
    found.take(0)
    found.take(0)
    assert found.next_at(0) == SECOND + MARGIN
    found.landed(0, 100)
    found.landed(0, 300)
    assert found.next_at(300) == 100 + SECOND + MARGIN


def test_a_call_counts_from_its_start_where_all_take_equally_long() -> None:
    found = pace(Limits(calls_per_second=1))
    for start in range(0, 60_000, 1_040):
        found.take(start)
        found.landed(start, start + 200)
    assert found.next_at(start) == start + SECOND + MARGIN
