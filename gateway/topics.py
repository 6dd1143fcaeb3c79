"""A tenant's topics: named lists of recipients, of any form but a topic."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Connection

from gateway import naming
from gateway.merge import merge_patch
from gateway.problems import ProblemError, field_errors, invalid
from gateway.registry import Registry
from gateway.request import MAX_RECIPIENTS, To, ToTopic
from gateway.store import Store
from gateway.store.audit import By, record
from gateway.store.topics import TopicRow, delete_topic, list_topics, put_topic, read_topic
from gateway.tenants import known_tenant


class TopicBody(BaseModel):
    """A topic, as it is created or replaced."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    members: Annotated[tuple[To, ...], Field(max_length=MAX_RECIPIENTS)] = ()


class Topics:
    """Every change of a tenant's topics."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self._store = store
        self._registry = registry

    async def get(self, tenant: str, name: str) -> TopicRow:
        """Return one topic."""
        return await self._store.read(lambda connection: _known(connection, tenant, name))

    async def list(self, tenant: str, after: str, limit: int) -> list[TopicRow]:
        """Return the tenant's topics by name, those behind `after`."""

        def read(connection: Connection) -> list[TopicRow]:
            known_tenant(connection, tenant)
            return list_topics(connection, tenant, after=after, limit=limit)

        return await self._store.read(read)

    async def put(self, by: By, name: str, body: TopicBody) -> tuple[TopicRow, bool]:
        """Create or replace a topic; tell whether it is new."""
        return await self._store.write(lambda c: self._put(c, by, name, body))

    async def patch(self, by: By, name: str, patch: Mapping[str, Any]) -> TopicRow:
        """Change a topic, as a JSON Merge Patch: a list is replaced as a whole."""

        def change(connection: Connection) -> TopicRow:
            before = _known(connection, by.owner, name)
            return self._put(connection, by, name, _patched(before, patch))[0]

        return await self._store.write(change)

    async def delete(self, by: By, name: str) -> None:
        """Delete a topic that no rule names."""
        await self._store.write(lambda connection: _delete(connection, by, name))

    def _put(
        self, connection: Connection, by: By, name: str, body: TopicBody
    ) -> tuple[TopicRow, bool]:
        tenant = known_tenant(connection, by.owner).id
        before = read_topic(connection, tenant, name)
        self._check(connection, tenant, body.members)
        members = naming.shown(body.members)
        if before is None and len(list_topics(connection, tenant)) >= MOST_TOPICS:
            raise ProblemError("conflict", f"a tenant has at most {MOST_TOPICS} topics")
        put_topic(connection, TopicRow(tenant, name, members, by.now, by.now))
        was = _told(before.members) if before else None
        record(connection, by, "topic.put", name, before=was, after=_told(members))
        return _known(connection, tenant, name), before is None

    def _check(self, connection: Connection, tenant: str, members: Sequence[To]) -> None:
        known = naming.stored(connection, self._registry, tenant)
        for index, to in enumerate(members):
            loc: list[str | int] = ["body", "members", index]
            if isinstance(to, ToTopic):
                raise invalid([*loc, "topic"], "a topic has no topics among its members")
            naming.check_named(loc, to, known)


MOST_TOPICS = 1000
MOST_TOLD = 100


def _told(members: Sequence[Any]) -> dict[str, Any]:
    """Return what the audit log keeps: how many there are, and the first hundred."""
    return {"member_count": len(members), "members": list(members[:MOST_TOLD])}


def _patched(before: TopicRow, patch: Mapping[str, Any]) -> TopicBody:
    try:
        return TopicBody.model_validate(merge_patch({"members": list(before.members)}, patch))
    except ValidationError as error:
        errors = field_errors(error.errors(include_url=False), ["body"])
        raise ProblemError("validation_failed", "some fields are not valid", errors) from None


def _known(connection: Connection, tenant: str, name: str) -> TopicRow:
    known_tenant(connection, tenant)
    row = read_topic(connection, tenant, name)
    if row is None:
        raise ProblemError("not_found", "the tenant has no such topic")
    return row


def _delete(connection: Connection, by: By, name: str) -> None:
    before = _known(connection, by.owner, name)
    naming.keep_topic(connection, before.tenant, name)
    delete_topic(connection, before.tenant, name)
    record(connection, by, "topic.delete", name, before=_told(before.members))
