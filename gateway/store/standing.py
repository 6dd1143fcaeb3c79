"""How channels stand: holds and health as the lanes find them, and what waits because of them."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.models import SHARDS, State
from gateway.reasons import CHANNEL_REASONS
from gateway.store.accept import wake_lanes
from gateway.store.schema import binding, channel, delivery, lane
from gateway.store.upsert import insert


@dataclass(frozen=True, slots=True)
class Standing:
    """A channel's hold and health after a call; `hold_reason` None is: nothing holds it."""

    tenant: str
    channel: str
    version: int
    now: int
    hold_reason: str | None = None
    hold_detail: str | None = None
    hold_until: int | None = None
    hold_tries: int = 0
    health: str = "failing"
    gone: bool = False


def stand(connection: Connection, items: Sequence[Standing]) -> list[bool]:
    """Write down each standing that is about the channel's present configuration."""
    return [_stand(connection, item) for item in items]


def _stand(connection: Connection, item: Standing) -> bool:
    values: dict[str, object] = {
        "hold_reason": item.hold_reason,
        "hold_detail": item.hold_detail,
        "hold_until": item.hold_until,
        "hold_tries": item.hold_tries,
        "health": item.health,
        "health_reason": item.hold_reason,
        "health_since": item.now,
        "updated": item.now,
        **({"enabled": False} if item.gone else {}),
    }
    changed = channel.update().where(
        channel.c.tenant == item.tenant,
        channel.c.name == item.channel,
        channel.c.version == item.version,
    )
    return connection.execute(changed.values(values)).rowcount > 0


@dataclass(frozen=True, slots=True)
class Resumption:
    """A channel whose held deliveries may go, from whichever lane they waited on."""

    tenant: str
    channel: str
    now: int


def resume(connection: Connection, items: Sequence[Resumption]) -> list[str | None]:
    """Queue what waits because of its channel, and return the lane it waits on now."""
    return [_resume(connection, item) for item in items]


def _resume(connection: Connection, item: Resumption) -> str | None:
    key = connection.execute(
        sa.select(channel.c.lane).where(
            channel.c.tenant == item.tenant, channel.c.name == item.channel
        )
    ).scalar()
    if key is None:
        return None
    waiting = (
        # Through the tenant's lanes, so that the partial index is used and history is not read.
        delivery.c.lane.in_(sa.select(lane.c.key).where(lane.c.tenant == item.tenant)),
        delivery.c.channel == item.channel,
        delivery.c.due.is_not(None),
    )
    connection.execute(delivery.update().where(*waiting, delivery.c.lane != key).values(lane=key))
    connection.execute(
        delivery.update()
        .where(*waiting, delivery.c.state == State.HELD, delivery.c.reason.in_(CHANNEL_REASONS))
        .values(state=State.QUEUED.value, reason=None, due=item.now, updated=item.now)
    )
    connection.execute(
        delivery.update().where(*waiting, delivery.c.change.is_not(None)).values(due=item.now)
    )
    wake_lanes(connection, [lane_row(key, item.tenant, item.now)])
    return str(key)


@dataclass(frozen=True, slots=True)
class Found:
    """What a platform said about a recipient: an identity, or nobody until `miss_until`."""

    tenant: str
    channel: str
    recipient: str
    now: int
    identity_kind: str | None = None
    identity: str | None = None
    miss_until: int | None = None
    miss_reason: str | None = None


def remember(connection: Connection, items: Sequence[Found]) -> list[bool]:
    """Store what was found, unless somebody bound or unbound the recipient meanwhile."""
    statement = insert(connection, binding)
    names = ("identity_kind", "identity", "since", "miss_until", "miss_reason")
    replaced = {name: statement.excluded[name] for name in names}
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["tenant", "channel", "recipient"],
            set_={**replaced, "stale_since": None, "stale_reason": None},
            where=(binding.c.method == "resolved") & binding.c.unbound.is_(sa.false()),
        ),
        [_binding(item) for item in _last_of_each(items)],
    )
    return [True for _ in items]


def _last_of_each(items: Sequence[Found]) -> list[Found]:
    return list({(item.tenant, item.channel, item.recipient): item for item in items}.values())


def _binding(item: Found) -> dict[str, object]:
    return {
        "tenant": item.tenant,
        "channel": item.channel,
        "recipient": item.recipient,
        "identity_kind": item.identity_kind,
        "identity": item.identity,
        "method": "resolved",
        "since": item.now,
        "miss_until": item.miss_until,
        "miss_reason": item.miss_reason,
        "unbound": False,
    }


@dataclass(frozen=True, slots=True)
class Stale:
    """A binding whose identity the platform no longer serves."""

    tenant: str
    channel: str
    recipient: str
    reason: str
    now: int


def mark_stale(connection: Connection, items: Sequence[Stale]) -> list[bool]:
    """Mark each binding stale, with since and why."""
    connection.execute(
        binding.update()
        .where(
            binding.c.tenant == sa.bindparam("the_tenant"),
            binding.c.channel == sa.bindparam("the_channel"),
            binding.c.recipient == sa.bindparam("the_recipient"),
            binding.c.stale_since.is_(None),
        )
        .values(stale_since=sa.bindparam("at"), stale_reason=sa.bindparam("why")),
        [
            {
                "the_tenant": item.tenant,
                "the_channel": item.channel,
                "the_recipient": item.recipient,
                "at": item.now,
                "why": item.reason,
            }
            for item in items
        ],
    )
    return [True for _ in items]


def lane_row(key: str, tenant: str, due: int) -> dict[str, object]:
    """Name a lane as `wake_lanes` takes it."""
    return {"key": key, "tenant": tenant, "shard": shard_of(key), "next_due": due}


def shard_of(key: str) -> int:
    """Return the shard a lane belongs to: the same on every machine and in every release."""
    return zlib.crc32(key.encode()) % SHARDS
