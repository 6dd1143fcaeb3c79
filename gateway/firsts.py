"""`routing.first`: each person gets one delivery; it may fall back to the other channels. Pure."""

from collections.abc import Sequence
from typing import Any

from gateway.models import RecipientKind, State
from gateway.reasons import Reason

_PERSONS = frozenset(
    kind.value for kind in (RecipientKind.USER, RecipientKind.EMAIL, RecipientKind.MOBILE)
)


def first_only(deliveries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the deliveries with one for each person: on the first channel that can be used.

    Those passed over stay, suppressed, with their reason. Groups get theirs in any case.
    """
    going: dict[str, dict[str, Any]] = {}
    kept: list[dict[str, Any]] = []
    for one in deliveries:
        first = going.get(one["recipient"])
        if first is not None:
            _fall_back_to(first, one)
            continue
        kept.append(one)
        if one["state"] != State.SUPPRESSED and _kind(one) in _PERSONS:
            going[one["recipient"]] = one
    return kept


def _fall_back_to(first: dict[str, Any], other: dict[str, Any]) -> None:
    """A channel that is disabled may be enabled by then; a person who does not want it, not."""
    if other["reason"] in (None, Reason.SCHEDULED, Reason.CHANNEL_DISABLED):
        first["fallback"] = [*(first["fallback"] or ()), other["channel"]]


def _kind(delivery: dict[str, Any]) -> str:
    return str(delivery["recipient"]).partition(":")[0]
