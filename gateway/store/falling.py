"""`routing.first`: the next channel takes over what one could not deliver."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.models import State
from gateway.reasons import Reason
from gateway.store.accept import wake_lanes
from gateway.store.schema import channel, delivery
from gateway.store.standing import lane_row
from gateway.store.upsert import insert


@dataclass(frozen=True, slots=True)
class Fall:
    """A delivery that ended without reaching anybody, and ids for what comes after it.

    Attributes:
        delivery: The one that ended.
        channels: The channels still to be tried, in order.
        new_ids: One id for each of them.
        now: The time, in UTC milliseconds.
        stays: Where it is, and until when, where no other channel is there: it had not failed,
            its channel merely waits.
    """

    delivery: str
    channels: Sequence[str]
    new_ids: Sequence[str]
    now: int
    stays: tuple[str, int | None] | None = None


_COPIED = (
    "tenant",
    "notification",
    "type",
    "recipient",
    "priority",
    "expires",
    "card_key",
    "stateless",
    "maybe_duplicate",
    "digest_key",
    "collapse_key",
    "window_seconds",
    "quiet",
    "explain",
)


def fall_back(connection: Connection, fall: Fall) -> None:
    """Queue the delivery on the next channel that is enabled; name those passed over."""
    old = connection.execute(
        sa.select(delivery).where(
            delivery.c.id == fall.delivery,
            delivery.c.due.is_(None),
            delivery.c.carried_by.is_(None),
            delivery.c.state.in_((State.FAILED.value, State.SUPPRESSED.value)),
        )
    ).one_or_none()
    if old is None:
        return
    enabled = _enabled(connection, old.tenant, fall.channels)
    passed = _passed_over(fall.channels, enabled)
    copied = {name: getattr(old, name) for name in _COPIED}
    rows = [
        _row(copied, new_id, name, fall.now, _PASSED)
        for name, new_id in zip(passed, fall.new_ids, strict=False)
    ]
    if len(passed) < len(fall.channels):
        name, new_id = fall.channels[len(passed)], fall.new_ids[len(passed)]
        going = {"lane": enabled[name], "fallback": list(fall.channels[len(passed) + 1 :]) or None}
        rows.append(_row(copied, new_id, name, fall.now, _GOING | {"due": fall.now} | going))
        _hand_on(connection, old.id, new_id)
        wake_lanes(connection, [lane_row(enabled[name], old.tenant, fall.now)])
    else:
        _stay(connection, fall)
    # An ack whose answer was lost is written again: what is there stays as it is.
    connection.execute(insert(connection, delivery).on_conflict_do_nothing(), rows)


_PASSED: dict[str, Any] = {
    "state": State.SUPPRESSED.value,
    "reason": Reason.CHANNEL_DISABLED.value,
    "lane": "",
    "due": None,
    "fallback": None,
}
_GOING: dict[str, Any] = {"state": State.QUEUED.value, "reason": None}


def _row(
    copied: dict[str, Any], new_id: str, name: str, now: int, more: dict[str, Any]
) -> dict[str, Any]:
    return {**copied, **more, "id": new_id, "channel": name, "created": now, "updated": now}


def _enabled(connection: Connection, tenant: str, names: Sequence[str]) -> dict[str, str]:
    query = sa.select(channel.c.name, channel.c.lane).where(
        channel.c.tenant == tenant, channel.c.name.in_(names), channel.c.enabled
    )
    return {row.name: row.lane for row in connection.execute(query)}


def _passed_over(names: Sequence[str], enabled: dict[str, str]) -> list[str]:
    passed: list[str] = []
    for name in names:
        if name in enabled:
            break
        passed.append(name)
    return passed


def _hand_on(connection: Connection, old: str, new: str) -> None:
    connection.execute(delivery.update().where(delivery.c.id == old).values(carried_by=new))


def _stay(connection: Connection, fall: Fall) -> None:
    state, due = fall.stays or (None, None)
    more = {} if state is None else {"state": state, "due": due}
    connection.execute(
        delivery.update().where(delivery.c.id == fall.delivery).values(fallback=None, **more)
    )
