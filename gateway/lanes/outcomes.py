"""From outcomes to rows: states, reasons, attempts. Pure: ids and chance are arguments."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from gateway.errors import DeliveryError, RateLimitedError
from gateway.lanes.calls import Outcome
from gateway.lanes.parts import PartReceipt
from gateway.lanes.plan import SEND, UPDATE, Settled
from gateway.models import Receipt, State
from gateway.retry import Verdict, decide
from gateway.store.acks import settle_row
from gateway.store.falling import Fall
from gateway.store.window import DueRow

LONGEST_SENTENCE = 500


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt of one delivery, as it happened. Times are UTC milliseconds."""

    row: DueRow
    outcome: Outcome
    call: str
    started: int
    ended: int
    duplicate: bool
    purpose: str = SEND


@dataclass(frozen=True, slots=True)
class Result:
    """What one attempt changes: the delivery's row, the attempt's row, and what observers hear.

    Attributes:
        row: The delivery as it was read.
        state: Where it is now; `reason` and `due` as well.
        delivery: The update of its row.
        attempt: The attempt's row, where there was a call.
        outcome: What observers hear, where it went out or failed.
        carried: The delivery whose card is now this one's.
        members: The others of a batch that the same call concerns.
        fall: The channels that take over.
        is_change: Whether a card that was sent before was to change.
    """

    row: DueRow
    state: State
    reason: str | None
    due: int | None
    delivery: dict[str, Any]
    attempt: dict[str, Any] | None = None
    outcome: Receipt | DeliveryError | None = None
    carried: dict[str, Any] | None = None
    members: dict[str, Any] | None = None
    fall: Fall | None = None
    is_change: bool = False


def settled(item: Settled, now: int, *, duplicate: bool = False) -> Result:
    """Return what changes where no call was made; a former owner may have made one."""
    row = item.row
    reason = item.reason.value if item.reason else None
    change = settle_row(
        row.id,
        revision=row.revision,
        carried_by=item.carried_by,
        state=item.state.value,
        reason=reason,
        detail=item.detail,
        due=item.due,
        attempts=row.attempts,
        maybe_duplicate=row.maybe_duplicate or duplicate,
        message_id=None,
        batch=False,
        updated=now,
    )
    return Result(row, item.state, reason, item.due, change)


@dataclass(frozen=True, slots=True)
class Telling:
    """What else goes into a result: where in the jitter to land, a new id, cleaned texts."""

    chance: float
    new_id: Callable[[], str]
    clean: Callable[[str], str]


def tried(attempt: Tried, telling: Telling) -> Result:
    """Return what changes after an attempt."""
    if isinstance(attempt.outcome, Receipt):
        return _continued(accepted(attempt, attempt.outcome, telling), attempt)
    return refused(attempt, attempt.outcome, telling)


def _continued(result: Result, attempt: Tried) -> Result:
    """Return what changes where a part was accepted and others are left: its turn goes on."""
    receipt, row = attempt.outcome, attempt.row
    if not isinstance(receipt, PartReceipt) or receipt.last:
        return result
    again = {"state": State.QUEUED.value, "due": row.due, "attempts": row.attempts}
    change = {f"new_{name}": value for name, value in again.items()}
    delivery = {**result.delivery, **change, "new_change": None, "new_parts": receipt.number + 1}
    return replace(result, state=State.QUEUED, due=row.due, delivery=delivery, outcome=None)


def accepted(attempt: Tried, receipt: Receipt, telling: Telling) -> Result:
    """Return what changes when the platform has taken it."""
    row, clean = attempt.row, telling.clean
    # A repeat that the platform took for one shows the card of the former try, not this one.
    outdated = row.revision > 0 and (row.maybe_duplicate or attempt.duplicate)
    due = attempt.ended if outdated else None
    change = settle_row(
        row.id,
        revision=row.revision,
        change=UPDATE if outdated else None,
        state=State.SENT.value,
        reason=None,
        detail=clean(receipt.note) if receipt.note else None,
        due=due,
        attempts=row.attempts + 1,
        maybe_duplicate=row.maybe_duplicate or attempt.duplicate,
        message_id=receipt.message_id,
        batch=receipt.batch,
        updated=attempt.ended,
    )
    line = attempt_row(attempt, telling.new_id(), told_of(receipt, clean))
    return Result(row, State.SENT, None, None, change, line, receipt)


def refused(attempt: Tried, error: Exception, telling: Telling) -> Result:
    """Return what changes when the platform has not."""
    row, clean = attempt.row, telling.clean
    verdict = decide(error, row.attempts + 1, attempt.ended, row.expires, telling.chance)
    sentence = clean(str(error))[:LONGEST_SENTENCE]
    change = settle_row(
        row.id,
        revision=row.revision,
        state=verdict.state.value,
        reason=verdict.reason.value if verdict.reason else None,
        detail=sentence,
        due=verdict.due,
        attempts=row.attempts + verdict.spent,
        maybe_duplicate=row.maybe_duplicate or attempt.duplicate or verdict.uncertain,
        message_id=None,
        batch=False,
        updated=attempt.ended,
    )
    told = {**told_of(error, clean), "next_try": next_try(verdict)}
    line = attempt_row(attempt, telling.new_id(), told)
    reason = verdict.reason.value if verdict.reason else None
    heard = error if isinstance(error, DeliveryError) else DeliveryError(sentence)
    return Result(row, verdict.state, reason, verdict.due, change, line, heard)


def next_try(verdict: Verdict) -> int | None:
    """Return when the attempt is repeated by the schedule."""
    return verdict.due if verdict.state is State.QUEUED else None


def told_of(outcome: Outcome, clean: Callable[[str], str]) -> dict[str, Any]:
    """Return what a call's outcome tells an admin, without secrets."""
    if isinstance(outcome, Receipt):
        return {
            "http_status": outcome.http_status,
            "provider_code": outcome.provider_code,
            "log_id": outcome.log_id,
            "message_id": outcome.message_id,
            "sentence": clean(outcome.note) if outcome.note else None,
        }
    sentence = clean(str(outcome))[:LONGEST_SENTENCE]
    if not isinstance(outcome, DeliveryError):
        return {"error": "plugin_error", "sentence": sentence}
    return {
        "error": _class_of(outcome),
        "http_status": outcome.http_status,
        "provider_code": outcome.provider_code,
        "log_id": outcome.log_id,
        "fix_url": outcome.fix_url,
        "sentence": sentence,
    }


def _class_of(error: DeliveryError) -> str:
    name = type(error).__name__.removesuffix("Error")
    return "".join("_" + c.lower() if c.isupper() else c for c in name).removeprefix("_")


_EMPTY: dict[str, Any] = {
    "http_status": None,
    "provider_code": None,
    "error": None,
    "sentence": None,
    "fix_url": None,
    "log_id": None,
    "message_id": None,
    "next_try": None,
}


def attempt_row(attempt: Tried, attempt_id: str, told: dict[str, Any]) -> dict[str, Any]:
    """Return the row of one attempt, the next of its delivery."""
    return {
        **_EMPTY,
        **told,
        "id": attempt_id,
        "delivery": attempt.row.id,
        "call": attempt.call,
        "number": attempt.row.attempts + 1,
        "purpose": attempt.purpose,
        "started": attempt.started,
        "duration": max(0, attempt.ended - attempt.started),
    }


def pauses(outcome: Outcome) -> RateLimitedError | None:
    """Return the outcome if it asks its whole bucket to pause."""
    if isinstance(outcome, RateLimitedError) and outcome.scope != "recipient":
        return outcome
    return None
