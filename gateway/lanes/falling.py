"""`routing.first`: when a channel could not deliver, so that the next one takes over. Pure."""

from collections.abc import Callable
from dataclasses import replace

from gateway.lanes.outcomes import Result
from gateway.models import State
from gateway.reasons import CHANNEL_REASONS, Reason
from gateway.store.falling import Fall

PATIENCE = 4
"""So many attempts, within about three minutes, before a channel that fails is passed over."""
_ENDED = frozenset({State.FAILED, State.SUPPRESSED})


def moved_on(result: Result, new_id: Callable[[], str]) -> Result:
    """Return the result with the channels that take over, where there are any and it is time."""
    channels = result.row.fallback
    if not channels or result.is_change:
        return result
    if result.state not in _ENDED and not _gives_up(result):
        return result
    stays = None if result.state in _ENDED else (result.state.value, result.due)
    now = int(result.delivery["new_updated"])
    fall = Fall(result.row.id, channels, [new_id() for _ in channels], now, stays)
    falling = replace(result, fall=fall)
    return falling if result.state in _ENDED else _ended(falling)


def _gives_up(result: Result) -> bool:
    if result.state is State.HELD:
        # What merely makes a person wait (windows, quiet hours, the pace) is no reason to
        # bother them elsewhere.
        return result.reason in CHANNEL_REASONS
    tries = int(result.delivery["new_attempts"])
    waits = result.state is State.QUEUED and result.attempt is not None
    return waits and result.reason is None and tries >= PATIENCE


def _ended(result: Result) -> Result:
    reason = result.reason or Reason.PROVIDER_ERROR.value
    values = {"new_state": State.FAILED.value, "new_reason": reason, "new_due": None}
    return replace(
        result,
        state=State.FAILED,
        reason=reason,
        due=None,
        delivery=result.delivery | values,
    )
