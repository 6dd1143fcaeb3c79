import random
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.ids import new_id

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
MOMENTS = st.datetimes(
    datetime(1970, 1, 2),  # noqa: DTZ001 - hypothesis takes bounds without a zone
    datetime(9999, 12, 30),  # noqa: DTZ001 - as above
    timezones=st.just(UTC),
)


def test_an_id_is_a_prefix_and_a_tail_of_26_letters_and_digits() -> None:
    prefix, _, tail = new_id("ntf", NOW).partition("_")
    assert prefix == "ntf"
    assert len(tail) == 26
    assert tail.isalnum()
    assert tail == tail.lower()


@given(MOMENTS, st.integers(1, 10**9))
def test_ids_sort_by_time(moment: datetime, millis: int) -> None:
    earlier = moment - timedelta(milliseconds=min(millis, 10**6))
    assert new_id("dlv", earlier) < new_id("dlv", moment)


def test_ids_of_one_moment_differ() -> None:
    assert len({new_id("dlv", NOW) for _ in range(10_000)}) == 10_000


def test_seeding_the_shared_generator_does_not_make_ids_repeat() -> None:
    random.seed(7)
    first = new_id("ntf", NOW)
    random.seed(7)
    assert new_id("ntf", NOW) != first


def test_ids_of_one_millisecond_sort_in_the_order_in_which_they_were_made() -> None:
    now = datetime(2026, 1, 5, 8, tzinfo=UTC)
    made = [new_id("dlv", now) for _ in range(1000)]
    assert made == sorted(made)
