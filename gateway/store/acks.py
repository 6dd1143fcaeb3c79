"""Acknowledgements: what became of deliveries, written down by whoever owns their shard."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.models import State
from gateway.reasons import Reason
from gateway.store.digests import share_fate
from gateway.store.falling import Fall, fall_back
from gateway.store.schema import attempt, channel, delivery, shard
from gateway.store.upsert import insert

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Ack:
    """What became of the deliveries of one or more calls. `epoch` fences a former owner.

    Attributes:
        deliveries: Rows as `settle_row` names them.
        attempts: Rows of the attempts.
        carried: Sent deliveries whose card shows another one now, as `carried_row` names them.
        members: What a call for a whole batch did to the others in it, as `member_row` does.
        falls: Deliveries that another channel may take over.
    """

    shard: int
    epoch: int
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    attempts: list[dict[str, Any]] = field(default_factory=list)
    carried: list[dict[str, Any]] = field(default_factory=list)
    members: list[dict[str, Any]] = field(default_factory=list)
    falls: list[Fall] = field(default_factory=list)


def acknowledge(connection: Connection, acks: Sequence[Ack]) -> list[bool]:
    """Write down every ack whose owner still owns its shard; False for the others."""
    epochs = _epochs(connection, {ack.shard for ack in acks})
    owned = [epochs.get(ack.shard) == ack.epoch for ack in acks]
    mine = [ack for ack, own in zip(acks, owned, strict=True) if own]
    updates = [row for ack in mine for row in ack.deliveries]
    if updates:
        connection.execute(_SETTLE, updates)
    _follow(connection, mine)
    _let_go(connection, updates)
    attempts = [row for ack in mine for row in ack.attempts]
    if attempts:
        # A commit whose answer was lost is written again: what is there stays as it is.
        connection.execute(insert(connection, attempt).on_conflict_do_nothing(), attempts)
    return owned


def _follow(connection: Connection, acks: Sequence[Ack]) -> None:
    """Write down what the same calls mean for other deliveries."""
    carried = [row for ack in acks for row in ack.carried]
    if carried:
        connection.execute(_CARRY, carried)
    members = [row for ack in acks for row in ack.members]
    if members:
        connection.execute(_SHARE, members)
    for ack in acks:
        for fall in ack.falls:
            fall_back(connection, fall)
    # Last: what another channel has taken over, or what goes on waiting, is not lost.
    share_fate(connection, [row for ack in acks for row in ack.deliveries if _is_lost(row)])


def _is_lost(row: dict[str, Any]) -> bool:
    return row["new_state"] in _LOST


def _let_go(connection: Connection, updates: Sequence[dict[str, Any]]) -> None:
    """Queue again what is held for a reason that ended while the hold was on its way here."""
    held = [row["the_id"] for row in updates if row["new_reason"] in _STANDING]
    for start in range(0, len(held), _CHUNK):
        mine = delivery.c.id.in_(held[start : start + _CHUNK])
        connection.execute(_LET_GO.where(mine))


_LOST = frozenset(lost.value for lost in (State.FAILED, State.EXPIRED, State.SUPPRESSED))
# The reasons of which the channel's own row says at any time whether they still hold.
_STANDING = frozenset(
    reason.value
    for reason in (
        Reason.CHANNEL_DISABLED,
        Reason.CIRCUIT_OPEN,
        Reason.CREDENTIAL_INVALID,
        Reason.PERMISSION_MISSING,
    )
)
_LET_GO = (
    delivery.update()
    .where(
        delivery.c.state == State.HELD.value,
        sa.exists().where(
            channel.c.tenant == delivery.c.tenant,
            channel.c.name == delivery.c.channel,
            channel.c.enabled,
            channel.c.hold_reason.is_(None),
        ),
    )
    .values(state=State.QUEUED.value, reason=None, due=delivery.c.updated)
)

# What somebody asked for while the call was in the air is not lost: a card that was sent is
# changed after it, and what was taken back before it could be sent stays that way.
_BEHIND = delivery.c.revision != sa.bindparam("the_revision", type_=sa.Integer)
_SENT = sa.bindparam("new_state", type_=sa.Text) == State.SENT.value
_WANTS_MORE = sa.and_(_BEHIND, _SENT)
_TAKEN_BACK = sa.and_(_BEHIND, sa.not_(_SENT), delivery.c.state == State.CANCELED.value)


def _new(name: str) -> sa.BindParameter[Any]:
    return sa.bindparam(f"new_{name}", type_=delivery.c[name].type)


_PLAIN = ("detail", "attempts", "maybe_duplicate", "message_id", "batch", "updated")
_SETTLED = (*_PLAIN, "state", "reason", "due")
_SETTLE = (
    delivery.update()
    .where(delivery.c.id == sa.bindparam("the_id"))
    .values(
        {name: _new(name) for name in _PLAIN}
        | {
            name: sa.case((_TAKEN_BACK, delivery.c[name]), else_=_new(name))
            for name in ("state", "reason")
        }
        | {
            "due": sa.case(
                (_TAKEN_BACK, sa.null()), (_WANTS_MORE, _new("updated")), else_=_new("due")
            ),
            "change": sa.case(
                (_WANTS_MORE, sa.func.coalesce(delivery.c.change, "update")),
                (_TAKEN_BACK, delivery.c.change),
                else_=_new("change"),
            ),
            "tries": sa.case((_BEHIND, delivery.c.tries), else_=_new("tries")),
            "carried_by": sa.func.coalesce(_new("carried_by"), delivery.c.carried_by),
            "parts": sa.func.coalesce(_new("parts"), delivery.c.parts),
        }
    )
)


def settle_row(
    delivery_id: str,
    *,
    revision: int = 0,
    change: str | None = None,
    tries: int = 0,
    carried_by: str | None = None,
    **new: object,
) -> dict[str, Any]:
    """Name an update of one delivery as `acknowledge` takes it; every settled column is given.

    Args:
        delivery_id: Which one.
        revision: The revision that was worked on.
        change: What is still wanted of the sent card.
        tries: How often that was tried.
        carried_by: The delivery that took its place.
        new: The other columns.
    """
    return {
        "the_id": delivery_id,
        "the_revision": revision,
        "new_change": change,
        "new_tries": tries,
        "new_carried_by": carried_by,
        "new_parts": None,  # as many parts as before, unless one more was taken
        **{f"new_{name}": new[name] for name in _SETTLED},
    }


_CARRY = (
    delivery.update()
    .where(
        delivery.c.id == sa.bindparam("the_id"),
        # Not IN: with many rows at once its values could not be bound.
        sa.or_(delivery.c.state == State.SENT.value, delivery.c.state == State.DELIVERED.value),
    )
    .values(
        state=State.SUPERSEDED.value,
        reason=Reason.COLLAPSED.value,
        carried_by=sa.bindparam("the_carrier"),
        due=None,
        change=None,
        updated=sa.bindparam("new_updated"),
    )
)


def carried_row(delivery_id: str, carrier: str, now: int) -> dict[str, Any]:
    """Name a sent delivery whose card was changed into another delivery's."""
    return {"the_id": delivery_id, "the_carrier": carrier, "new_updated": now}


_SHARE = (
    delivery.update()
    .where(
        delivery.c.tenant == sa.bindparam("the_tenant"),
        delivery.c.message_id == sa.bindparam("the_message"),
        delivery.c.batch,
        delivery.c.channel == sa.bindparam("the_channel"),
        delivery.c.change == "recall",
        delivery.c.due.is_(None),
    )
    .values(
        {name: _new(name) for name in ("state", "reason", "detail", "updated")} | {"change": None}
    )
)


def member_row(tenant: str, channel_name: str, message_id: str, **new: object) -> dict[str, Any]:
    """Name what happened to the others of a batch: `state`, `reason`, `detail`, `updated`."""
    return {
        "the_tenant": tenant,
        "the_channel": channel_name,
        "the_message": message_id,
        **{f"new_{name}": new[name] for name in ("state", "reason", "detail", "updated")},
    }


def _epochs(connection: Connection, shards: Iterable[int]) -> dict[int, int]:
    query = sa.select(shard.c.id, shard.c.epoch).where(shard.c.id.in_(sorted(shards)))
    return {row.id: row.epoch for row in connection.execute(query)}
