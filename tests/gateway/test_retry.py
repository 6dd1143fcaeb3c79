from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.clock import to_millis
from gateway.errors import (
    ChannelGoneError,
    ContentError,
    CredentialError,
    DeliveryError,
    QuotaExhaustedError,
    RateLimitedError,
    RecipientError,
    ScopeMissingError,
    TemporaryError,
    UncertainError,
)
from gateway.models import State
from gateway.reasons import Reason
from gateway.retry import SCHEDULE, Circuit, Hold, backoff, decide, hold_for, probing

NOW = 1_767_600_000_000
DAY = 86_400_000
EXPIRES = NOW + DAY
NEXT_MONTH = datetime(2026, 2, 1, tzinfo=UTC)
PLAIN = 0.5  # in the middle of the jitter: none


def wait(attempt: int, chance: float = PLAIN) -> int:
    verdict = decide(TemporaryError("x"), attempt, NOW, NOW + 10 * DAY, chance)
    assert verdict.due is not None
    return verdict.due - NOW


def test_the_schedule_is_the_one_that_was_promised() -> None:
    minutes = [wait(attempt) / 60_000 for attempt in range(1, 11)]
    assert minutes == [5 / 60, 0.5, 2, 10, 30, 60, 120, 240, 480, 480]


def test_the_first_five_attempts_lie_within_an_hour_even_with_jitter() -> None:
    assert sum(backoff(attempt, 1) for attempt in range(1, 5)) < 3_600_000


def test_the_schedule_ends_within_a_day() -> None:
    assert sum(SCHEDULE, timedelta()) < timedelta(days=1)


@given(st.integers(1, 10), st.floats(0, 1))
def test_jitter_is_a_fifth_at_most(attempt: int, chance: float) -> None:
    plain = SCHEDULE[attempt - 1] / timedelta(milliseconds=1)
    assert 0.8 * plain - 1 <= backoff(attempt, chance) <= 1.2 * plain
    assert wait(attempt, chance) == backoff(attempt, chance)


def test_jitter_spreads_those_that_failed_together() -> None:
    assert backoff(1, 0) == 4000
    assert backoff(1, 1) == 6000


@pytest.mark.parametrize("error", [TemporaryError("x"), UncertainError("x")])
def test_the_attempt_after_the_last_wait_is_the_last(error: DeliveryError) -> None:
    assert decide(error, len(SCHEDULE), NOW, EXPIRES, PLAIN).state is State.QUEUED
    last = decide(error, len(SCHEDULE) + 1, NOW, EXPIRES, PLAIN)
    assert (last.state, last.reason, last.due) == (State.FAILED, Reason.ATTEMPTS_EXHAUSTED, None)


def test_only_what_may_have_been_processed_is_flagged() -> None:
    assert not decide(TemporaryError("x"), 1, NOW, EXPIRES, PLAIN).uncertain
    assert decide(UncertainError("x"), 1, NOW, EXPIRES, PLAIN).uncertain
    assert decide(KeyError("x"), 1, NOW, EXPIRES, PLAIN).uncertain


def test_nothing_is_tried_again_after_it_has_expired() -> None:
    assert decide(TemporaryError("x"), 9, NOW, NOW + 1000, PLAIN).due == NOW + 1000


@pytest.mark.parametrize("error", [KeyError("x"), DeliveryError("x"), RuntimeError()])
def test_a_plugins_bug_is_tried_again_five_times(error: Exception) -> None:
    fifth, sixth = (decide(error, attempt, NOW, EXPIRES, PLAIN) for attempt in (5, 6))
    assert (fifth.state, fifth.spent) == (State.QUEUED, True)
    assert (sixth.state, sixth.reason, sixth.due) == (State.FAILED, Reason.PLUGIN_ERROR, None)


def test_a_rate_limit_spends_no_attempt() -> None:
    error = RateLimitedError("slow down", retry_after=timedelta(seconds=7))
    verdict = decide(error, 99, NOW, EXPIRES, PLAIN)
    assert (verdict.state, verdict.reason) == (State.QUEUED, Reason.RATE_LIMITED)
    assert (verdict.due, verdict.spent, verdict.uncertain) == (NOW + 7000, False, False)


def test_a_rate_limit_does_not_outlive_the_delivery() -> None:
    error = RateLimitedError("slow down", retry_after=timedelta(days=400))
    assert decide(error, 1, NOW, EXPIRES, PLAIN).due == EXPIRES


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (QuotaExhaustedError("x", resets_at=NEXT_MONTH), Reason.QUOTA_EXHAUSTED),
        (CredentialError("x"), Reason.CREDENTIAL_INVALID),
        (ScopeMissingError("x", scopes=["im:message"]), Reason.PERMISSION_MISSING),
        (ChannelGoneError("x"), Reason.CHANNEL_DISABLED),
    ],
)
def test_what_only_an_admin_can_mend_holds_the_delivery(
    error: DeliveryError, reason: Reason
) -> None:
    verdict = decide(error, 3, NOW, EXPIRES, PLAIN)
    assert (verdict.state, verdict.reason) == (State.HELD, reason)
    assert (verdict.due, verdict.spent) == (EXPIRES, False)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (RecipientError("x"), Reason.RECIPIENT_REJECTED),
        (RecipientError("x", gone=True), Reason.UNREACHABLE),
        (ContentError("x"), Reason.CONTENT_REJECTED),
    ],
)
def test_what_trying_again_cannot_mend_is_over(error: DeliveryError, reason: Reason) -> None:
    verdict = decide(error, 1, NOW, EXPIRES, PLAIN)
    assert (verdict.state, verdict.reason, verdict.due) == (State.FAILED, reason, None)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (CredentialError("revoked"), Reason.CREDENTIAL_INVALID),
        (ScopeMissingError("revoked"), Reason.PERMISSION_MISSING),
    ],
)
def test_a_credential_holds_its_channel_with_probes_that_grow_rarer(
    error: DeliveryError, reason: Reason
) -> None:
    holds = [hold_for(error, tries, NOW) for tries in (0, 1, 2, 10, 10_000)]
    waits = [(hold.until - NOW) / 60_000 for hold in holds if hold]
    assert waits == [1, 2, 4, 30, 30]
    assert holds[0] == Hold(reason, "revoked", NOW + 60_000, 1)


def test_a_used_up_quota_holds_until_it_resets() -> None:
    hold = hold_for(QuotaExhaustedError("no calls left", resets_at=NEXT_MONTH), 0, NOW)
    assert hold == Hold(Reason.QUOTA_EXHAUSTED, "no calls left", to_millis(NEXT_MONTH), 0)


def test_a_quota_that_reset_long_ago_holds_for_a_second() -> None:
    error = QuotaExhaustedError("x", resets_at=datetime(2020, 1, 1, tzinfo=UTC))
    hold = hold_for(error, 0, NOW)
    assert hold
    assert hold.until == NOW + 1000


@pytest.mark.parametrize(
    "error",
    [TemporaryError("x"), UncertainError("x"), RecipientError("x"), ContentError("x")],
)
def test_what_concerns_one_delivery_holds_no_channel(error: DeliveryError) -> None:
    assert hold_for(error, 0, NOW) is None


def test_an_open_circuit_is_probed_after_half_a_minute_up_to_ten() -> None:
    waits = [probing(Reason.CIRCUIT_OPEN, "", tries, NOW).until - NOW for tries in range(7)]
    assert [wait // 1000 for wait in waits] == [30, 60, 120, 240, 480, 600, 600]


def opened(outcomes: list[Exception | None], apart: int = 1000) -> list[int]:
    """Return after which of the outcomes the circuit opens."""
    circuit = Circuit()
    return [n for n, each in enumerate(outcomes, 1) if circuit.saw(each, NOW + n * apart)]


BAD = TemporaryError("x")


def test_five_failures_in_a_row_open_the_circuit() -> None:
    assert opened([BAD] * 5) == [5]
    assert opened([BAD, BAD, BAD, BAD, None] * 3) == []


def test_half_of_twenty_within_a_minute_open_it() -> None:
    assert opened([None, BAD] * 10)[0] == 20


def test_half_of_twenty_over_a_longer_time_do_not() -> None:
    assert opened([None, BAD] * 100, apart=10_000) == []


@pytest.mark.parametrize(
    "error", [RecipientError("x"), ContentError("x"), RateLimitedError("x"), CredentialError("x")]
)
def test_only_what_speaks_against_the_platform_counts(error: DeliveryError) -> None:
    assert opened([error] * 100) == []


def test_a_success_closes_a_row_of_failures() -> None:
    circuit = Circuit()
    for moment in range(4):
        assert not circuit.saw(BAD, NOW + moment)
    circuit.saw(None, NOW + 5)
    assert not circuit.saw(BAD, NOW + 6)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5000)), max_size=600))
def test_the_circuit_counts_what_it_remembers(calls: list[tuple[bool, int]]) -> None:
    circuit, now = Circuit(), NOW
    for failed, gap in calls:
        now += gap
        circuit.saw(BAD if failed else None, now)
        assert circuit.bad == sum(bad for _, bad in circuit.recent)
        assert all(moment >= now - 60_000 for moment, _ in circuit.recent)
