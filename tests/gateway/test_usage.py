from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.clock import to_millis
from gateway.store.usage import Counted
from gateway.usage import UsageReport, mark, report
from tests.gateway.lanes.toy import Platform, toy_type
from tests.gateway.store.test_channels import LARK

TENTH = to_millis(datetime(2026, 1, 10, 16, tzinfo=UTC))  # ten days into the platform's month


def reported(quota: int, *shared: int) -> UsageReport:
    row = replace(LARK, limits={"monthly_quota": quota})
    names = ("lark", "another")
    counts = {name: {"send": Counted(calls)} for name, calls in zip(names, shared, strict=False)}
    return report(toy_type(Platform()), row, counts, TENTH)


def test_the_forecast_goes_on_at_the_same_pace_for_the_whole_application() -> None:
    found = reported(1000, 100, 200)
    assert (found.used, found.application, found.forecast) == (100, 300, 930)
    assert (found.remaining, found.reserve, found.exceeds) == (700, 100, True)


def test_a_forecast_within_what_ordinary_notifications_may_use_does_not_warn() -> None:
    assert not reported(1000, 290).exceeds


def test_without_a_quota_there_is_nothing_to_exceed() -> None:
    found = reported(0, 1_000_000)
    assert (found.quota, found.reserve, found.remaining, found.exceeds) == (None, None, None, False)


@pytest.mark.parametrize(
    ("used", "reached"),
    [(79, None), (80, "2026-01 080"), (95, "2026-01 090"), (100, "2026-01 100")],
)
def test_marks_are_at_eighty_at_the_reserve_and_at_the_whole_quota(
    used: int, reached: str | None
) -> None:
    assert mark(used, 100, "2026-01") == reached


def test_a_later_mark_is_the_greater_text_also_in_the_next_month() -> None:
    marks = [mark(80, 100, "2026-01"), mark(100, 100, "2026-01"), mark(80, 100, "2026-02")]
    assert marks == sorted(str(each) for each in marks)


def test_no_quota_has_no_marks() -> None:
    assert mark(10**6, 0, "2026-01") is None
