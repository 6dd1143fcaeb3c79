"""Held deliveries that are due, and the digests that they become."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.models import RecipientKind, State
from gateway.reasons import Reason
from gateway.store.schema import binding, delivery, shard, tenant, user
from gateway.store.upsert import chunks
from gateway.store.window import StoredCards, read_cards

WAITED = tuple(
    reason.value for reason in (Reason.USER_WINDOW, Reason.QUIET_HOURS, Reason.RATE_LIMITED)
)
_WHO = sa.func.coalesce(binding.c.identity, delivery.c.recipient)
_KEY = sa.func.coalesce(delivery.c.digest_key, "")
_PREFIX = "digest:"
Place = tuple[str, str, str, str]
FIRST: Place = ("", "", "", "")


def card_key(carrier: str, own: str) -> str:
    """Return the card key of a digest: whose it is, and which card the carrier had itself."""
    return own if own.startswith(_PREFIX) else f"{_PREFIX}{carrier}:{own}"


def carrier_of(key: str) -> str | None:
    """Return the delivery whose digest a card key names, or None where it names a plain card."""
    return key.split(":", 2)[1] if key.startswith(_PREFIX) else None


def own_card_key(key: str) -> str:
    """Return the key of the card that the carrier had itself."""
    return key.split(":", 2)[2]


def own_key(key: str) -> str:
    """Return the key of a delivery's own card, whether or not it carries a digest."""
    return own_card_key(key) if carrier_of(key) else key


@dataclass(frozen=True, slots=True)
class RipeRow:
    """A held delivery whose time has come; `who` is the identity, where one is known."""

    id: str
    notification: str
    channel: str
    who: str
    digest_key: str
    card_key: str
    window_seconds: int | None
    quiet: str | None
    recipient: str
    due: int
    fallback: list[str] | None

    @property
    def place(self) -> Place:
        """Where the row stands in the order in which these are read."""
        return (self.channel, self.who, self.digest_key, self.id)


@dataclass(frozen=True, slots=True)
class RipeRequest:
    """Which part of a lane's ripe deliveries to read: of these channels, behind `after`."""

    lane: str
    now: int
    channels: Sequence[str]
    after: Place
    limit: int


def read_ripe(connection: Connection, request: RipeRequest) -> list[RipeRow]:
    """Return the next ripe deliveries by channel, person, digest key and id."""
    of_person = (
        (binding.c.tenant == delivery.c.tenant)
        & (binding.c.channel == delivery.c.channel)
        & (binding.c.recipient == delivery.c.recipient)
    )
    order = (delivery.c.channel, _WHO, _KEY, delivery.c.id)
    query = (
        sa.select(
            delivery.c.id,
            delivery.c.notification,
            delivery.c.channel,
            _WHO,
            _KEY,
            delivery.c.card_key,
            delivery.c.window_seconds,
            delivery.c.quiet,
            delivery.c.recipient,
            delivery.c.due,
            delivery.c.fallback,
        )
        .select_from(delivery.outerjoin(binding, of_person))
        .where(
            delivery.c.lane == request.lane,
            delivery.c.due <= request.now,
            delivery.c.state == State.HELD.value,
            delivery.c.reason.in_(WAITED),
            delivery.c.channel.in_(request.channels),
            sa.tuple_(*order) > sa.tuple_(*map(sa.literal, request.after)),
        )
        .order_by(*order)
        .limit(request.limit)
    )
    return [RipeRow(*row) for row in connection.execute(query)]


@dataclass(frozen=True, slots=True)
class Merge:
    """Deliveries that may go: each part becomes one card. `epoch` fences a former owner."""

    shard: int
    epoch: int
    now: int
    parts: Sequence[Sequence[str]]


def merge(connection: Connection, items: Sequence[Merge]) -> list[bool]:
    """Make every part one card, carried by its first delivery; False where the shard is lost.

    Whatever is no longer held, because somebody withdrew it, is left out.
    """
    return [_merge(connection, item) for item in items]


@dataclass(frozen=True, slots=True)
class _Held:
    card_key: str
    priority: int
    expires: int
    collapse_key: str | None


def _merge(connection: Connection, item: Merge) -> bool:
    epoch = connection.execute(sa.select(shard.c.epoch).where(shard.c.id == item.shard)).scalar()
    if epoch != item.epoch:
        return False
    held = _still_held(connection, [one for part in item.parts for one in part])
    parts = [[one for one in part if one in held] for part in item.parts]
    carriers = [_carrier(part, held, item.now) for part in parts if part]
    carried = [_carried(part[0], one, item.now) for part in parts for one in part[1:]]
    if carriers:
        connection.execute(_RELEASE, carriers)
    if carried:
        connection.execute(_SUPERSEDE, carried)
    return True


def _still_held(connection: Connection, ids: Sequence[str]) -> dict[str, _Held]:
    columns = [delivery.c.id, *(delivery.c[each.name] for each in fields(_Held))]
    held: dict[str, _Held] = {}
    for chunk in chunks(ids):
        query = sa.select(*columns).where(
            delivery.c.id.in_(chunk), delivery.c.state == State.HELD.value
        )
        rows = connection.execute(query.with_for_update())
        held |= {row[0]: _Held(*row[1:]) for row in rows}
    return held


def _carrier(part: Sequence[str], held: Mapping[str, _Held], now: int) -> dict[str, Any]:
    """Return the first one's row: as urgent as any of them, and wanted as long as any."""
    own = held[part[0]].card_key
    return {
        "the_id": part[0],
        "new_key": card_key(part[0], own) if len(part) > 1 else own,
        "new_priority": min(held[one].priority for one in part),
        "new_expires": max(held[one].expires for one in part),
        "new_collapse": held[part[0]].collapse_key if len(part) == 1 else None,
        "at": now,
    }


def _carried(carrier: str, member: str, now: int) -> dict[str, Any]:
    return {"the_id": member, "carrier": carrier, "at": now}


_RELEASE = (
    delivery.update()
    .where(delivery.c.id == sa.bindparam("the_id"))
    .values(
        state=State.QUEUED.value,
        card_key=sa.bindparam("new_key"),
        priority=sa.bindparam("new_priority"),
        expires=sa.bindparam("new_expires"),
        # A later card of the same family must not take the place of what others are shown in.
        collapse_key=sa.bindparam("new_collapse"),
        updated=sa.bindparam("at"),
    )
)
_SUPERSEDE = (
    delivery.update()
    .where(delivery.c.id == sa.bindparam("the_id"))
    .values(
        state=State.SUPERSEDED.value,
        reason=Reason.DIGESTED.value,
        detail=None,
        due=None,
        carried_by=sa.bindparam("carrier"),
        updated=sa.bindparam("at"),
    )
)


def share_fate(connection: Connection, ended: Sequence[Mapping[str, Any]]) -> None:
    """Let the members of digests end with the last delivery that was to show them."""
    names = ("new_state", "new_reason", "new_detail", "new_updated")
    carriers = _over(connection, [row["the_id"] for row in ended])
    shared = [
        {name: row[name] for name in names} | {"the_id": carriers[row["the_id"]]}
        for row in ended
        if row["the_id"] in carriers
    ]
    if shared:
        connection.execute(_SHARE, shared)


def _over(connection: Connection, ids: Sequence[str]) -> dict[str, str | None]:
    """Return those digests among `ids` with which it is over, and the carrier each began with."""
    over: dict[str, str | None] = {}
    for chunk in chunks(ids):
        query = sa.select(delivery.c.id, delivery.c.card_key).where(
            delivery.c.id.in_(chunk),
            delivery.c.card_key.startswith(_PREFIX),
            delivery.c.due.is_(None),
            delivery.c.carried_by.is_(None),
        )
        over |= {row.id: carrier_of(row.card_key) for row in connection.execute(query)}
    return over


_SHARE = (
    delivery.update()
    .where(
        delivery.c.carried_by == sa.bindparam("the_id"),
        delivery.c.state == State.SUPERSEDED.value,
        delivery.c.reason == Reason.DIGESTED.value,
    )
    .values(
        state=sa.bindparam("new_state"),
        reason=sa.bindparam("new_reason"),
        detail=sa.bindparam("new_detail"),
        updated=sa.bindparam("new_updated"),
    )
)


def withdraw_carried(
    connection: Connection,
    tenant_id: str,
    notifications: Iterable[str],
    too_late: Iterable[str],
    now: int,
) -> int:
    """Cancel what these notifications show on digests that still wait; return how many it was."""
    carrier = delivery.alias("carrier")
    waiting = sa.select(carrier.c.id).where(
        carrier.c.id == delivery.c.carried_by,
        carrier.c.state.in_((State.QUEUED.value, State.HELD.value)),
        carrier.c.id.not_in(sorted(too_late)),
    )
    withdrawn = delivery.update().where(
        delivery.c.tenant == tenant_id,
        delivery.c.notification.in_(list(notifications)),
        delivery.c.state == State.SUPERSEDED.value,
        delivery.c.reason == Reason.DIGESTED.value,
        waiting.exists(),
    )
    canceled = {"state": State.CANCELED.value, "reason": Reason.CANCELED.value}
    return connection.execute(
        withdrawn.values(canceled | {"carried_by": None, "updated": now})
    ).rowcount


def release_carried(
    connection: Connection,
    notifications: Iterable[str],
    now: int,
    flying: frozenset[str] = frozenset(),
) -> list[str]:
    """Hold again, until now, what withdrawn carriers carried; return the lanes concerned.

    Where the platform may have the digest, because it is `flying` or an answer was never seen,
    its members are flagged.
    """
    withdrawn = sa.select(delivery.c.id, delivery.c.maybe_duplicate).where(
        delivery.c.notification.in_(list(notifications)),
        delivery.c.state == State.CANCELED.value,
        delivery.c.card_key.startswith(_PREFIX),
    )
    doubtful = {row.id: row[1] or row.id in flying for row in connection.execute(withdrawn)}
    shown = [carrier for carrier, doubt in doubtful.items() if doubt]
    for chunk in chunks(shown):
        mine = (delivery.c.carried_by.in_(chunk), delivery.c.reason == Reason.DIGESTED.value)
        connection.execute(delivery.update().where(*mine).values(maybe_duplicate=True))
    lanes: set[str] = set()
    for chunk in chunks(list(doubtful)):
        members = (delivery.c.carried_by.in_(chunk), delivery.c.reason == Reason.DIGESTED.value)
        lanes.update(
            connection.execute(sa.select(delivery.c.lane).where(*members).distinct()).scalars()
        )
        connection.execute(
            delivery.update()
            .where(*members)
            .values(
                state=State.HELD.value,
                reason=Reason.USER_WINDOW.value,
                carried_by=None,
                due=now,
                updated=now,
            )
        )
    return sorted(lanes)


def read_carried(connection: Connection, carriers: Sequence[str]) -> dict[str, list[str]]:
    """Return the deliveries that each of `carriers` shows besides its own, in order."""
    carried: dict[str, list[str]] = {}
    for chunk in chunks(carriers):
        query = sa.select(delivery.c.carried_by, delivery.c.id).where(
            delivery.c.carried_by.in_(chunk), delivery.c.id > delivery.c.carried_by
        )
        for carrier, member in connection.execute(query.order_by(delivery.c.id)):
            carried.setdefault(carrier, []).append(member)
    return carried


@dataclass(frozen=True, slots=True)
class DigestRow:
    """What a digest shows: (delivery, card JSON) in order, and how its carrier was asked for."""

    locale: str | None
    body: Mapping[str, Any]
    members: Sequence[tuple[str, str]]


def read_digests(connection: Connection, keys: Sequence[str]) -> dict[str, DigestRow]:
    """Return what the digests behind these card keys show."""
    return {key: _read_digest(connection, key) for key in keys}


def _read_digest(connection: Connection, key: str) -> DigestRow:
    carrier = carrier_of(key)
    rows = connection.execute(_SHOWN.where((delivery.c.id == carrier) | _carried_by(carrier))).all()
    first = next(row for row in rows if row.id == carrier)
    stored = read_cards(connection, {row.notification for row in rows})
    return DigestRow(
        _locale(connection, first.tenant, first.recipient),
        stored[first.notification].body,
        [(row.id, card_of(stored[row.notification], row.card_key)) for row in rows],
    )


def _carried_by(carrier: str | None) -> sa.ColumnElement[bool]:
    # The carrier is the first of those on its card. What it was retried or taken over from, and
    # what collapsed into it, names it too, but came before it.
    return (delivery.c.carried_by == carrier) & (delivery.c.id > carrier)


_SHOWN = sa.select(
    delivery.c.id,
    delivery.c.tenant,
    delivery.c.notification,
    delivery.c.recipient,
    delivery.c.card_key,
).order_by(delivery.c.id)


def card_of(stored: StoredCards, key: str) -> str:
    """Return the JSON of the card that a delivery has by itself, whatever carries it."""
    return stored.cards.get(own_key(key)) or next(iter(stored.cards.values()))


def _locale(connection: Connection, tenant_id: str, recipient: str) -> str | None:
    kind, _, name = recipient.partition(":")
    of_user = sa.select(user.c.locale).where(user.c.tenant == tenant_id, user.c.id == name)
    own = connection.execute(of_user).scalar() if kind == RecipientKind.USER else None
    of_tenant = sa.select(tenant.c.locale).where(tenant.c.id == tenant_id)
    return own or connection.execute(of_tenant).scalar()
