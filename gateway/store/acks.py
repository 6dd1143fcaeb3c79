"""Acknowledgements: what became of deliveries, written down by whoever owns their shard."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.models import State
from gateway.reasons import Reason
from gateway.store.bulk import run, unpacked
from gateway.store.digests import share_fate
from gateway.store.falling import Fall, fall_back
from gateway.store.schema import attempt, channel, delivery, shard
from gateway.store.upsert import INSERTS

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
    for turn in _once_each(updates):
        run(connection, _settle, _SETTLE_FIELDS, list(turn.values()))
    _follow(connection, mine)
    _let_go(connection, updates)
    run(connection, _record, _ATTEMPT_FIELDS, [row for ack in mine for row in ack.attempts])
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

_PLAIN = ("detail", "attempts", "maybe_duplicate", "message_id", "batch", "updated")
_SETTLED = (*_PLAIN, "state", "reason", "due")
_GIVEN = (*_SETTLED, "change", "tries", "carried_by", "parts")
_SETTLE_FIELDS = (
    ("the_id", delivery.c.id.type),
    ("the_revision", delivery.c.revision.type),
    *((f"new_{name}", delivery.c[name].type) for name in _GIVEN),
)


@cache
def _settle(dialect: str) -> sa.Update:
    """Return the update of deliveries by rows as `settle_row` names them.

    What somebody asked for while the call was in the air is not lost: a card that was sent is
    changed after it, and what was taken back before it could be sent stays that way.
    """
    given = unpacked(dialect, _SETTLE_FIELDS)
    new = {name: given.c[f"new_{name}"] for name in _GIVEN}
    behind = delivery.c.revision != given.c.the_revision
    is_sent = new["state"] == State.SENT.value
    wants_more = sa.and_(behind, is_sent)
    taken_back = sa.and_(behind, sa.not_(is_sent), delivery.c.state == State.CANCELED.value)
    kept = {
        name: sa.case((taken_back, delivery.c[name]), else_=new[name])
        for name in ("state", "reason")
    }
    due = sa.case((taken_back, sa.null()), (wants_more, new["updated"]), else_=new["due"])
    change = sa.case(
        (wants_more, sa.func.coalesce(delivery.c.change, "update")),
        (taken_back, delivery.c.change),
        else_=new["change"],
    )
    tries = sa.case((behind, delivery.c.tries), else_=new["tries"])
    others = {n: sa.func.coalesce(new[n], delivery.c[n]) for n in ("carried_by", "parts")}
    plain = {name: new[name] for name in _PLAIN}
    values = plain | kept | others | {"due": due, "change": change, "tries": tries}
    return delivery.update().where(delivery.c.id == given.c.the_id).values(values)


_ATTEMPT_FIELDS = tuple((column.name, column.type) for column in attempt.c)


@cache
def _record(dialect: str) -> sa.sql.dml.UpdateBase:
    """Return the insert of attempts.

    A commit whose answer was lost is written again: what is there stays as it is.
    """
    given = unpacked(dialect, _ATTEMPT_FIELDS)
    # SQLite needs the WHERE: without one, ON CONFLICT could be part of a join.
    rows = sa.select(*given.c).where(sa.true())
    statement = INSERTS[dialect](attempt).from_select([c.name for c in attempt.c], rows)
    return statement.on_conflict_do_nothing()


def _once_each(rows: Sequence[dict[str, Any]]) -> list[dict[str, dict[str, Any]]]:
    """Split rows by delivery so that each is there once: one update knows no order."""
    turns: list[dict[str, dict[str, Any]]] = [{}]
    for row in rows:
        turn = next((one for one in turns if row["the_id"] not in one), None)
        if turn is None:
            turn = {}
            turns.append(turn)
        turn[row["the_id"]] = row
    return turns


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


def _new(name: str) -> sa.BindParameter[Any]:
    return sa.bindparam(f"new_{name}", type_=delivery.c[name].type)


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
