"""Topics: a tenant's named lists of recipients."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.store.schema import topic
from gateway.store.upsert import chunks, upsert


@dataclass(frozen=True, slots=True)
class TopicRow:
    """A topic; its members are as its body has them."""

    tenant: str
    name: str
    members: Sequence[Any]
    created: int
    updated: int


def read_topic(connection: Connection, tenant: str, name: str) -> TopicRow | None:
    """Return the topic, or None."""
    return read_topics(connection, tenant, [name]).get(name)


def read_topics(connection: Connection, tenant: str, names: Sequence[str]) -> dict[str, TopicRow]:
    """Return those of `names` that the tenant has."""
    found: dict[str, TopicRow] = {}
    for part in chunks(names):
        query = sa.select(topic).where(topic.c.tenant == tenant, topic.c.name.in_(part))
        found |= {row.name: TopicRow(**row._asdict()) for row in connection.execute(query)}
    return found


def list_topics(
    connection: Connection, tenant: str, *, after: str = "", limit: int = 1000
) -> list[TopicRow]:
    """Return the tenant's topics by name, those behind `after`."""
    query = sa.select(topic).where(topic.c.tenant == tenant, topic.c.name > after)
    found = connection.execute(query.order_by(topic.c.name).limit(limit))
    return [TopicRow(**row._asdict()) for row in found]


def put_topic(connection: Connection, row: TopicRow) -> None:
    """Create or replace a topic; the time it was created stays."""
    upsert(connection, topic, asdict(row))


def delete_topic(connection: Connection, tenant: str, name: str) -> bool:
    """Delete a topic; tell whether it was there."""
    query = sa.delete(topic).where(topic.c.tenant == tenant, topic.c.name == name)
    return connection.execute(query).rowcount > 0
