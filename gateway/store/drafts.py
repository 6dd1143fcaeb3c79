"""Drafts: configurations saved beside a channel's own, which count for nothing until applied."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.store.schema import channel_draft, draft_secret
from gateway.store.upsert import upsert


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A draft as it is kept: everything but its secrets.

    Attributes:
        base_version: The channel's version when it was drafted.
        base_label: Its label then, which no version counts.
        revision: Grows with every PUT.
    """

    tenant: str
    channel: str
    label: str
    config: Mapping[str, Any]
    limits: Mapping[str, int]
    base_version: int
    base_label: str
    revision: int
    created: int
    updated: int


def read_draft(
    connection: Connection, tenant: str, channel: str, *, lock: bool = False
) -> DraftRow | None:
    """Return the channel's draft, or None; `lock` keeps others from changing it."""
    query = sa.select(channel_draft).where(_is(channel_draft, tenant, channel))
    found = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return DraftRow(**found._asdict()) if found else None


def drafts_of(connection: Connection, tenant: str) -> dict[str, DraftRow]:
    """Return the tenant's drafts by channel."""
    query = sa.select(channel_draft).where(channel_draft.c.tenant == tenant)
    rows = (DraftRow(**found._asdict()) for found in connection.execute(query))
    return {row.channel: row for row in rows}


def put_draft(connection: Connection, row: DraftRow, sealed: Mapping[str, bytes | None]) -> None:
    """Create or replace a draft and all of its secrets; None removes the channel's."""
    values = {**asdict(row), "config": dict(row.config), "limits": dict(row.limits)}
    upsert(connection, channel_draft, values)
    mine = _is(draft_secret, row.tenant, row.channel)
    connection.execute(sa.delete(draft_secret).where(mine))
    for name, value in sealed.items():
        place = {"tenant": row.tenant, "channel": row.channel, "field": name}
        connection.execute(sa.insert(draft_secret).values(**place, sealed=value))


def read_draft_secrets(
    connection: Connection, tenant: str, channel: str
) -> dict[str, bytes | None]:
    """Return the draft's sealed secrets by field."""
    query = sa.select(draft_secret.c.field, draft_secret.c.sealed)
    mine = query.where(_is(draft_secret, tenant, channel)).order_by(draft_secret.c.field)
    return {row.field: row.sealed for row in connection.execute(mine)}


def delete_draft(connection: Connection, tenant: str, channel: str) -> bool:
    """Delete a draft with its secrets; tell whether there was one."""
    connection.execute(sa.delete(draft_secret).where(_is(draft_secret, tenant, channel)))
    query = sa.delete(channel_draft).where(_is(channel_draft, tenant, channel))
    return connection.execute(query).rowcount > 0


def _is(table: sa.Table, tenant: str, channel: str) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.tenant == tenant, table.c.channel == channel)
