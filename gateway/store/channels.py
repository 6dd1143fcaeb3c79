"""Channels: a tenant's configured, switchable use of a channel type, and its sealed secrets."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.store.schema import binding, channel, channel_draft, draft_secret, media, secret
from gateway.store.upsert import upsert

# Whatever an admin changes may be the cure, so a hold ends with it.
NO_HOLD: Mapping[str, Any] = {
    "hold_reason": None,
    "hold_detail": None,
    "hold_until": None,
    "hold_tries": 0,
}


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """A channel as it is kept: everything but its secrets.

    Attributes:
        version: Grows with every change of configuration, secrets or limits.
        lane: The key of the lane that carries its deliveries.
        hold_reason: Why nothing goes out at the moment although it is enabled.
        review_since: Since when a version of its application awaits a review on its platform.
    """

    tenant: str
    name: str
    type: str
    label: str
    config: Mapping[str, Any]
    limits: Mapping[str, int]
    enabled: bool
    version: int
    lane: str
    health: str
    health_since: int
    created: int
    updated: int
    health_reason: str | None = None
    hold_reason: str | None = None
    hold_detail: str | None = None
    hold_until: int | None = None
    hold_tries: int = 0
    quota_told: str | None = None
    review_since: int | None = None


@dataclass(frozen=True, slots=True)
class ChannelChange:
    """What a PUT or PATCH leaves behind; `sealed` maps each given secret, None removes it."""

    label: str
    config: Mapping[str, Any]
    limits: Mapping[str, int]
    lane: str
    sealed: Mapping[str, bytes | None] = field(default_factory=dict, repr=False)
    review_since: int | None = None


def read_channel(
    connection: Connection, tenant: str, name: str, *, lock: bool = False
) -> ChannelRow | None:
    """Return the channel, or None; `lock` keeps others from changing it until the commit."""
    query = sa.select(channel).where(_is(tenant, name))
    found = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return ChannelRow(**found._asdict()) if found else None


def list_channels(
    connection: Connection, tenant: str, *, after: str = "", limit: int = 1000
) -> list[ChannelRow]:
    """Return the tenant's channels by name, those behind `after`."""
    query = sa.select(channel).where(channel.c.tenant == tenant, channel.c.name > after)
    found = connection.execute(query.order_by(channel.c.name).limit(limit))
    return [ChannelRow(**row._asdict()) for row in found]


def add_channel(connection: Connection, row: ChannelRow) -> None:
    """Store a new channel."""
    values = {**asdict(row), "config": dict(row.config), "limits": dict(row.limits)}
    connection.execute(sa.insert(channel).values(**values))


def change_channel(connection: Connection, row: ChannelRow, change: ChannelChange, now: int) -> int:
    """Replace configuration, limits, label and review of `row`; return the version reached.

    The version grows, a hold ends and the last check is forgotten only where more than the
    label or the review changed.
    """
    values: dict[str, Any] = {"label": change.label, "updated": now}
    values["review_since"] = change.review_since
    version = row.version
    if _is_other(row, change):
        version += 1
        values |= {"config": dict(change.config), "limits": dict(change.limits)}
        values |= {"lane": change.lane, "version": version, **NO_HOLD}
    if change.config != row.config or change.sealed:
        values |= {"health": "unchecked", "health_reason": None, "health_since": now}
    connection.execute(sa.update(channel).where(_is(row.tenant, row.name)).values(**values))
    put_secrets(connection, row.tenant, row.name, change.sealed)
    return version


def set_enabled(connection: Connection, tenant: str, name: str, *, enabled: bool, now: int) -> bool:
    """Switch a channel; tell whether there is one."""
    query = sa.update(channel).where(_is(tenant, name))
    return connection.execute(query.values(enabled=enabled, updated=now)).rowcount > 0


def set_health(
    connection: Connection, row: ChannelRow, health: str, reason: str | None, now: int
) -> None:
    """Remember what a check of `row` found, unless its configuration changed meanwhile.

    A passed check ends a hold. `health_since` stays while the health does.
    """
    values: dict[str, Any] = {"health": health, "health_reason": reason}
    values |= {"health_since": now} if health != row.health else {}
    values |= NO_HOLD if health in {"ok", "degraded"} else {}
    same = sa.and_(_is(row.tenant, row.name), channel.c.version == row.version)
    connection.execute(sa.update(channel).where(same).values(**values))


def set_review(connection: Connection, row: ChannelRow, since: int | None) -> None:
    """Remember since when a review is awaited; None where none is any more."""
    query = sa.update(channel).where(_is(row.tenant, row.name))
    connection.execute(query.values(review_since=since))


def delete_channel(connection: Connection, tenant: str, name: str) -> bool:
    """Delete a channel with its secrets, its draft, its bindings and uploaded pictures."""
    for table in (secret, channel_draft, draft_secret, binding, media):
        mine = sa.and_(table.c.tenant == tenant, table.c.channel == name)
        connection.execute(sa.delete(table).where(mine))
    return connection.execute(sa.delete(channel).where(_is(tenant, name))).rowcount > 0


def read_secrets(connection: Connection, tenant: str, name: str) -> dict[str, bytes]:
    """Return the channel's sealed secrets by field."""
    query = sa.select(secret.c.field, secret.c.sealed)
    mine = query.where(secret.c.tenant == tenant, secret.c.channel == name)
    return {row.field: row.sealed for row in connection.execute(mine.order_by(secret.c.field))}


def secrets_set(connection: Connection, tenant: str) -> dict[str, list[str]]:
    """Name the secrets that are set, by channel."""
    query = sa.select(secret.c.channel, secret.c.field).where(secret.c.tenant == tenant)
    names: dict[str, list[str]] = {}
    for row in connection.execute(query.order_by(secret.c.channel, secret.c.field)):
        names.setdefault(row.channel, []).append(row.field)
    return names


def put_secrets(
    connection: Connection, tenant: str, name: str, sealed: Mapping[str, bytes | None]
) -> None:
    """Set each given secret; None removes it."""
    mine = sa.and_(secret.c.tenant == tenant, secret.c.channel == name)
    for field_name, value in sealed.items():
        key = {"tenant": tenant, "channel": name, "field": field_name}
        if value is None:
            connection.execute(sa.delete(secret).where(mine, secret.c.field == field_name))
        else:
            upsert(connection, secret, {**key, "sealed": value})


def _is(tenant: str, name: str) -> sa.ColumnElement[bool]:
    return sa.and_(channel.c.tenant == tenant, channel.c.name == name)


def _is_other(row: ChannelRow, change: ChannelChange) -> bool:
    before = (row.config, row.limits, row.lane)
    return before != (change.config, change.limits, change.lane) or bool(change.sealed)
