"""From the outcome of a change to rows: a card that was sent stays sent. Pure."""

from dataclasses import replace
from typing import Any

from gateway.errors import ContentError, RecipientError
from gateway.lanes import outcomes
from gateway.lanes.outcomes import LONGEST_SENTENCE, Result, Telling, Tried, attempt_row, told_of
from gateway.lanes.plan import RECALL, Change, Settled
from gateway.models import Receipt, State
from gateway.reasons import EXPLANATIONS, Reason
from gateway.retry import Verdict, decide
from gateway.store.acks import carried_row, member_row, settle_row
from gateway.store.window import DueRow

LOOK_AGAIN = 600_000
"""The longest wait, in milliseconds; a channel that is back wakes what waits before."""


def kept(item: Settled, now: int) -> Result:
    """Return what becomes of a change that cannot be made now: it waits, or is given up."""
    row = item.row
    detail = item.detail or (EXPLANATIONS[item.reason].en if item.reason else None)
    if item.state is not State.HELD:
        return _given_up(row, detail, now)
    due = _next_look(row, item.due, now)
    return _result(row, _still(row, detail, now, due=due, change=row.change, tries=row.tries), due)


def tried(attempt: Tried, change: Change, telling: Telling) -> Result:
    """Return what changes after a try to change a card."""
    attempt = replace(attempt, purpose=change.purpose)
    if isinstance(attempt.outcome, Receipt):
        done = _replaced if change.replaces else _done
        return done(attempt, change, attempt.outcome, telling)
    if change.replaces:
        return _not_replaced(attempt, change.replaces, attempt.outcome, telling)
    return _not_done(attempt, attempt.outcome, telling)


def _done(attempt: Tried, change: Change, receipt: Receipt, telling: Telling) -> Result:
    row = attempt.row
    note = telling.clean(receipt.note) if receipt.note else None
    ends: dict[str, Any] = {"message_id": receipt.message_id or row.message_id}
    if change.purpose == RECALL:
        ends |= {"state": State.CANCELED.value, "reason": Reason.CANCELED.value}
    values = _still(row, note, attempt.ended, attempts=row.attempts + 1, **ends)
    line = attempt_row(attempt, telling.new_id(), told_of(receipt, telling.clean))
    members = _members(row, State.CANCELED, Reason.CANCELED, None, attempt.ended)
    return _result(row, values, None, line, members)


def _not_done(attempt: Tried, error: Exception, telling: Telling) -> Result:
    """The schedule counts the tries of this change, not those of the delivery."""
    row = attempt.row
    verdict = decide(error, row.tries + 1, attempt.ended, row.expires, telling.chance)
    told = told_of(error, telling.clean)
    sentence = telling.clean(str(error))[:LONGEST_SENTENCE]
    line = attempt_row(attempt, telling.new_id(), {**told, "next_try": outcomes.next_try(verdict)})
    if verdict.state is State.FAILED:
        return _given_up(row, sentence, attempt.ended, line)
    due = _due(row, verdict, attempt.ended)
    more = {"due": due, "change": row.change, "tries": row.tries + verdict.spent}
    attempts = row.attempts + verdict.spent
    values = _still(row, sentence, attempt.ended, attempts=attempts, **more)
    return _result(row, values, due, line)


def _due(row: DueRow, verdict: Verdict, now: int) -> int | None:
    return verdict.due if verdict.state is State.QUEUED else _next_look(row, verdict.due, now)


def _next_look(row: DueRow, due: int | None, now: int) -> int:
    """Return when to look again: with the channel's next probe, or when it is given up."""
    moments = (now + LOOK_AGAIN, due, row.hold_until, row.expires)
    return min(at for at in moments if at is not None and at > now)


def _given_up(
    row: DueRow, detail: str | None, now: int, line: dict[str, Any] | None = None
) -> Result:
    values = _still(row, detail, now, attempts=row.attempts + (line is not None))
    return _result(row, values, None, line, _members(row, State(row.state), None, detail, now))


def _replaced(attempt: Tried, change: Change, receipt: Receipt, telling: Telling) -> Result:
    """The earlier delivery's card shows this one now."""
    row = attempt.row
    own = replace(receipt, message_id=receipt.message_id or change.receipt.message_id, batch=False)
    sent = outcomes.accepted(attempt, own, telling)
    carried = carried_row(change.replaces or "", row.id, attempt.ended)
    return replace(sent, carried=carried)


def _not_replaced(attempt: Tried, earlier: str, error: Exception, telling: Telling) -> Result:
    """A card that is gone or too old to change is left alone, and a new one follows."""
    row = attempt.row
    refused = outcomes.refused(attempt, error, telling)
    again = refused.delivery | {"new_maybe_duplicate": row.maybe_duplicate}
    if not isinstance(error, ContentError | RecipientError):
        return replace(refused, delivery=again)
    queued = {"new_state": State.QUEUED.value, "new_reason": None, "new_due": attempt.ended}
    carried = carried_row(earlier, row.id, attempt.ended)
    line = (refused.attempt or {}) | {"next_try": attempt.ended}
    return Result(row, State.QUEUED, None, attempt.ended, again | queued, line, carried=carried)


def _members(
    row: DueRow, state: State, reason: Reason | None, detail: str | None, now: int
) -> dict[str, Any] | None:
    """Name the others whom a call for a whole batch concerns."""
    if not row.batch or row.message_id is None:
        return None
    told = reason.value if reason else None
    values = {"state": state.value, "reason": told, "detail": detail, "updated": now}
    return member_row(row.tenant, row.channel, row.message_id, **values)


def _still(row: DueRow, detail: str | None, now: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any settled column
    """Return the row as it is, but for `more`."""
    values: dict[str, Any] = {
        "state": row.state,
        "reason": None,
        "detail": detail,
        "due": None,
        "attempts": row.attempts,
        "maybe_duplicate": row.maybe_duplicate,
        "message_id": row.message_id,
        "batch": row.batch,
        "updated": now,
    }
    return settle_row(row.id, revision=row.revision, **{**values, **more})


def _result(
    row: DueRow,
    values: dict[str, Any],
    due: int | None,
    line: dict[str, Any] | None = None,
    members: dict[str, Any] | None = None,
) -> Result:
    state = State(values["new_state"])
    return Result(
        row, state, values["new_reason"], due, values, line, members=members, is_change=True
    )
