"""Changes that an application asks of what it sent: one transaction that marks, per delivery."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.models import OPEN_STATES, State
from gateway.reasons import Reason
from gateway.store.accept import wake_lanes
from gateway.store.digests import carrier_of
from gateway.store.schema import channel, delivery, notification
from gateway.store.standing import lane_row
from gateway.store.upsert import chunks

UPDATE = "update"
RECALL = "recall"
SHOWN = frozenset({State.SENT, State.DELIVERED})


@dataclass(frozen=True, slots=True)
class Standing:
    """One delivery as it is when its card is to change.

    Attributes:
        lane: Where its channel works now; None: there is no such channel any more.
        digest: Whether its card shows other notifications too.
        mobile_only: Whether a rule wants it decided on a phone.
        whole: Of a batch: whether everybody in it belongs to this notification.
    """

    id: str
    channel: str
    channel_type: str | None
    lane: str | None
    state: State
    reason: str | None
    message_id: str | None
    batch: bool
    change: str | None
    digest: bool
    mobile_only: bool
    whole: bool


def read_standing(connection: Connection, tenant: str, notification_id: str) -> list[Standing]:
    """Return the deliveries of a notification, and let nobody change them meanwhile."""
    query = _STANDING.where(delivery.c.tenant == tenant, delivery.c.notification == notification_id)
    rows = connection.execute(query.with_for_update(of=delivery)).all()
    shared = _shared(connection, tenant, notification_id, rows)
    return [
        Standing(
            row.id,
            row.channel,
            row.type,
            row.present_lane,
            State(row.state),
            row.reason,
            row.message_id,
            row.batch,
            row.change,
            carrier_of(row.card_key) is not None,
            bool((row.explain or {}).get("mobile_only")),
            (row.channel, row.message_id) not in shared,
        )
        for row in rows
    ]


_STANDING = (
    sa.select(
        delivery.c.id,
        delivery.c.channel,
        channel.c.type,
        channel.c.lane.label("present_lane"),
        delivery.c.state,
        delivery.c.reason,
        delivery.c.message_id,
        delivery.c.batch,
        delivery.c.change,
        delivery.c.card_key,
        delivery.c.explain,
    )
    .select_from(
        delivery.outerjoin(
            channel,
            (channel.c.tenant == delivery.c.tenant) & (channel.c.name == delivery.c.channel),
        )
    )
    .order_by(delivery.c.id)
)


def _shared(
    connection: Connection, tenant: str, notification_id: str, rows: Sequence[Any]
) -> set[tuple[str, str]]:
    """Return which batches went to people of other notifications too."""
    batches = {row.message_id for row in rows if row.batch and row.message_id}
    shared: set[tuple[str, str]] = set()
    for chunk in chunks(sorted(batches)):
        query = (
            sa.select(delivery.c.channel, delivery.c.message_id)
            .where(
                delivery.c.tenant == tenant,
                delivery.c.message_id.in_(chunk),
                delivery.c.batch,
                delivery.c.notification != notification_id,
            )
            .distinct()
        )
        shared.update((row.channel, row.message_id) for row in connection.execute(query))
    return shared


@dataclass(frozen=True, slots=True)
class NewCard:
    """The card that takes the place of a notification's, as JSON, and its key.

    `on_phones` is the key of its variant for those who may only decide on a phone, `variants`
    that card as JSON by its key.
    """

    json: str
    key: str
    on_phones: str
    variants: Mapping[str, str]
    stateless: bool


@dataclass(frozen=True, slots=True)
class When:
    """The time, and until when a change is wanted at least, in UTC milliseconds."""

    now: int
    until: int


def replace_card(
    connection: Connection, tenant: str, notification_id: str, card: NewCard, now: int
) -> None:
    """Let whatever has not gone yet go out with the new card."""
    connection.execute(
        notification.update()
        .where(notification.c.tenant == tenant, notification.c.id == notification_id)
        .values(card=card.json, card_key=card.key, variants=dict(card.variants) or None)
    )
    mine = delivery.update().where(
        delivery.c.tenant == tenant,
        delivery.c.notification == notification_id,
        delivery.c.card_key.not_like("digest:%"),
    )
    alone = delivery.c.collapse_key.is_not(None)
    stateless = sa.case((alone, sa.false()), else_=sa.literal(card.stateless))
    connection.execute(mine.values(card_key=card.key, stateless=stateless))
    waiting = delivery.c.state.in_([state.value for state in OPEN_STATES])
    connection.execute(mine.where(waiting).values(revision=delivery.c.revision + 1, updated=now))


def only_on_phones(connection: Connection, found: Sequence[Standing], card: NewCard) -> None:
    """Give the variant of the new card to whoever may only decide on a phone."""
    ids = [one.id for one in found if one.mobile_only and not one.digest]
    for chunk in chunks(ids):
        connection.execute(
            delivery.update().where(delivery.c.id.in_(chunk)).values(card_key=card.on_phones)
        )


def want(connection: Connection, change: str, sent: Sequence[Standing], when: When) -> None:
    """Have the cards of sent deliveries changed by their lanes.

    Of a batch only the first is due: one call concerns all of them.
    """
    leaders = {(one.channel, one.message_id): one.id for one in reversed(sent) if one.batch}
    for lane in sorted({one.lane for one in sent if one.lane}):
        mine = [one for one in sent if one.lane == lane]
        led = [
            one.id for one in mine if one.batch and leaders[one.channel, one.message_id] != one.id
        ]
        due = [one.id for one in mine if one.id not in set(led)]
        _want(connection, change, due, when, {"due": when.now, "lane": lane})
        _want(connection, change, led, when, {})


def _want(
    connection: Connection, change: str, ids: Sequence[str], when: When, more: Mapping[str, Any]
) -> None:
    later = sa.case((delivery.c.expires > when.until, delivery.c.expires), else_=when.until)
    values = {"change": change, "tries": 0, "revision": delivery.c.revision + 1, **more}
    for chunk in chunks(ids):
        connection.execute(
            delivery.update()
            .where(delivery.c.id.in_(chunk))
            .values(expires=later, updated=when.now, **values)
        )


def take_back(connection: Connection, waiting: Sequence[Standing], now: int) -> None:
    """Cancel what has not gone yet; should it be in the air, it is recalled when it lands."""
    for chunk in chunks([one.id for one in waiting]):
        connection.execute(
            delivery.update()
            .where(delivery.c.id.in_(chunk))
            .values(
                state=State.CANCELED.value,
                reason=Reason.CANCELED.value,
                due=None,
                change=RECALL,
                revision=delivery.c.revision + 1,
                updated=now,
            )
        )


def wake(connection: Connection, tenant: str, lanes: Sequence[str], now: int) -> None:
    """Make these lanes due."""
    if lanes:
        wake_lanes(connection, [lane_row(key, tenant, now) for key in lanes])
