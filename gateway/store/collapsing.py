"""Deliveries with one `collapse_key`: those of one person on one channel are a family."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.models import State
from gateway.reasons import Reason
from gateway.store.schema import binding, delivery

_OPEN = (State.QUEUED.value, State.HELD.value)
_SHOWN = (State.SENT.value, State.DELIVERED.value)
MOST = 500


@dataclass(frozen=True, slots=True)
class FamilyName:
    """Whose deliveries, under which key."""

    tenant: str
    collapse_key: str
    recipient: str
    channel: str


@dataclass(frozen=True, slots=True)
class Sibling:
    """One of a family that is waiting, or whose card stands on the platform by itself.

    Attributes:
        id: The delivery.
        shown: Whether the platform has its card.
        message_id: The platform's id of that card, where it is the person's own.
        due: When it is looked at again.
        held: Why it waits.
        recalled: Whether it is being taken back.
        doubtful: Whether the platform may have it though we never saw an answer.
    """

    id: str
    shown: bool
    message_id: str | None
    due: int | None
    held: str | None
    recalled: bool
    doubtful: bool


def read_families(connection: Connection, names: Sequence[FamilyName]) -> list[list[Sibling]]:
    """Return of each family those that matter: the newest, the oldest of them first."""
    found = {name: _family(connection, name) for name in dict.fromkeys(names)}
    return [found[name] for name in names]


def _family(connection: Connection, name: FamilyName) -> list[Sibling]:
    bound = {
        "the_tenant": name.tenant,
        "the_key": name.collapse_key,
        "the_recipient": name.recipient,
        "the_channel": name.channel,
    }
    waiting = connection.execute(_WAITING, bound).all()
    shown = connection.execute(_NEWEST, bound).all()
    return [
        Sibling(
            row.id,
            row.state in _SHOWN,
            row.message_id if row.same_person and not row.batch else None,
            row.due,
            row.reason,
            row.change == "recall",
            row.maybe_duplicate,
        )
        for row in sorted([*waiting, *shown], key=lambda row: str(row.id))
    ]


_FAMILY = (
    sa.select(
        delivery.c.id,
        delivery.c.state,
        delivery.c.message_id,
        delivery.c.batch,
        delivery.c.due,
        delivery.c.reason,
        delivery.c.change,
        delivery.c.maybe_duplicate,
        # Somebody else may be bound by now: the card stays with whom it was sent to.
        sa.func.coalesce(binding.c.since <= delivery.c.updated, sa.true()).label("same_person"),
    )
    .select_from(
        delivery.outerjoin(
            binding,
            (binding.c.tenant == delivery.c.tenant)
            & (binding.c.channel == delivery.c.channel)
            & (binding.c.recipient == delivery.c.recipient),
        )
    )
    .where(
        delivery.c.tenant == sa.bindparam("the_tenant"),
        delivery.c.collapse_key == sa.bindparam("the_key"),
        delivery.c.recipient == sa.bindparam("the_recipient"),
        delivery.c.channel == sa.bindparam("the_channel"),
    )
    .order_by(delivery.c.id.desc())
)
# A channel that cannot change cards leaves every one of them: only the newest matter.
_WAITING = _FAMILY.where(delivery.c.state.in_(_OPEN)).limit(MOST)
_NEWEST = _FAMILY.where(delivery.c.state.in_(_SHOWN)).limit(10)


@dataclass(frozen=True, slots=True)
class TakeOver:
    """Deliveries that never go out, because `carrier` takes their place."""

    deliveries: tuple[str, ...]
    carrier: str
    now: int


def take_over(connection: Connection, items: Sequence[TakeOver]) -> list[int]:
    """Supersede what still waits, and return how many deliveries that were for each."""
    return [_take_over(connection, item) for item in items]


def _take_over(connection: Connection, item: TakeOver) -> int:
    waiting = delivery.update().where(
        delivery.c.id.in_(item.deliveries), delivery.c.state.in_(_OPEN)
    )
    return connection.execute(
        waiting.values(
            state=State.SUPERSEDED.value,
            reason=Reason.COLLAPSED.value,
            carried_by=item.carrier,
            due=None,
            updated=item.now,
        )
    ).rowcount
