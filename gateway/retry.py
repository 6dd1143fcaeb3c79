"""An error and an attempt number: what happens next. Pure; times are UTC milliseconds."""

from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta

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

SCHEDULE = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 28800)
)
JITTER = 0.2
PLUGIN_RETRIES = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one delivery after a failed attempt.

    Attributes:
        state: Where the delivery is now.
        reason: Why; None while it merely waits for its next try.
        due: When to look at it again; None where it is over.
        spent: Whether the attempt counts.
        uncertain: Whether the platform may have processed it.
    """

    state: State
    reason: Reason | None
    due: int | None
    spent: bool = True
    uncertain: bool = False


def decide(error: Exception, attempt: int, now: int, expires: int, chance: float) -> Verdict:
    """Return what happens after `error` in attempt number `attempt` (from 1).

    Args:
        error: What the plugin raised.
        attempt: This attempt's number.
        now: The time.
        expires: When the delivery is no longer wanted.
        chance: Between 0 and 1: where in the jitter to land.
    """
    if isinstance(error, RateLimitedError):
        wait = now + error.retry_after // timedelta(milliseconds=1)
        return Verdict(State.QUEUED, Reason.RATE_LIMITED, min(wait, expires), spent=False)
    for kind, reason in _HOLDS:
        if isinstance(error, kind):
            return Verdict(State.HELD, reason, expires, spent=False)
    if isinstance(error, RecipientError):
        return _over(Reason.UNREACHABLE if error.gone else Reason.RECIPIENT_REJECTED)
    if isinstance(error, ContentError):
        return _over(Reason.CONTENT_REJECTED)
    return _again(error, attempt, now, expires, chance)


_HOLDS: tuple[tuple[type[DeliveryError], Reason], ...] = (
    (QuotaExhaustedError, Reason.QUOTA_EXHAUSTED),
    (ScopeMissingError, Reason.PERMISSION_MISSING),
    (CredentialError, Reason.CREDENTIAL_INVALID),
    (ChannelGoneError, Reason.CHANNEL_DISABLED),
)


def backoff(attempt: int, chance: float) -> int:
    """Return how long to wait after attempt number `attempt`, in milliseconds."""
    base = SCHEDULE[min(attempt, len(SCHEDULE)) - 1] // timedelta(milliseconds=1)
    return int(base * (1 + JITTER * (2 * chance - 1)))


def _again(error: Exception, attempt: int, now: int, expires: int, chance: float) -> Verdict:
    known = isinstance(error, TemporaryError | UncertainError)
    uncertain = isinstance(error, UncertainError) or not isinstance(error, DeliveryError)
    most = 1 + (len(SCHEDULE) if known else PLUGIN_RETRIES)  # a try after each wait
    if attempt >= most:
        exhausted = Reason.ATTEMPTS_EXHAUSTED if known else Reason.PLUGIN_ERROR
        return Verdict(State.FAILED, exhausted, None, uncertain=uncertain)
    due = min(now + backoff(attempt, chance), expires)
    return Verdict(State.QUEUED, None, due, uncertain=uncertain)


def _over(reason: Reason) -> Verdict:
    return Verdict(State.FAILED, reason, None)


@dataclass(frozen=True, slots=True)
class Hold:
    """A channel that waits: why, in words, until its next probe, and the how-manyeth that is."""

    reason: Reason
    detail: str
    until: int
    tries: int


_PROBES = {
    Reason.CIRCUIT_OPEN: (timedelta(seconds=30), timedelta(minutes=10)),
    Reason.CREDENTIAL_INVALID: (timedelta(minutes=1), timedelta(minutes=30)),
    Reason.PERMISSION_MISSING: (timedelta(minutes=1), timedelta(minutes=30)),
}


def hold_for(error: DeliveryError, tries: int, now: int) -> Hold | None:
    """Return the hold that `error` puts on its channel, if it concerns the whole channel."""
    match error:
        case QuotaExhaustedError():
            until = max(to_millis(error.resets_at), now + 1000)
            return Hold(Reason.QUOTA_EXHAUSTED, error.message, until, tries)
        case ScopeMissingError():
            return probing(Reason.PERMISSION_MISSING, error.message, tries, now)
        case CredentialError():
            return probing(Reason.CREDENTIAL_INVALID, error.message, tries, now)
        case _:
            return None


def probing(reason: Reason, detail: str, tries: int, now: int) -> Hold:
    """Return a hold whose probes come at growing intervals."""
    first, longest = _PROBES[reason]
    wait = min(first * 2 ** min(tries, 16), longest)
    return Hold(reason, detail, now + wait // timedelta(milliseconds=1), tries + 1)


@dataclass(slots=True)
class Circuit:
    """Watches one channel: five failures in a row, or half of twenty in a minute, open it."""

    row: int = 0
    recent: deque[tuple[int, bool]] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    bad: int = 0

    def saw(self, error: Exception | None, now: int) -> bool:
        """Note how a call ended and tell whether the circuit opens."""
        failed = isinstance(error, TemporaryError | UncertainError)
        self.row = self.row + 1 if failed else 0
        self._note(now, failed=failed)
        crowd = len(self.recent) >= _CROWD and self.bad * 2 >= len(self.recent)
        return failed and (self.row >= _ROW or crowd)

    def _note(self, now: int, *, failed: bool) -> None:
        while self.recent and (len(self.recent) == _REMEMBERED or self.recent[0][0] < now - _SPAN):
            self.bad -= self.recent.popleft()[1]
        self.recent.append((now, failed))
        self.bad += failed


_ROW = 5
_CROWD = 20
_SPAN = 60_000
_REMEMBERED = 400
