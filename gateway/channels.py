"""A tenant's channels: saved, switched on and off. Nothing here calls a provider."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection

from gateway import channel_plans
from gateway.channel_config import ChannelBody, ChannelPatch, Networks
from gateway.channel_plans import Current, Planner, Wish, existing, shown
from gateway.credentials import Credentials
from gateway.naming import keep_channel
from gateway.problems import ProblemError
from gateway.registry import Registry
from gateway.store import Store
from gateway.store.audit import By, record
from gateway.store.channels import (
    ChannelRow,
    delete_channel,
    list_channels,
    read_channel,
    secrets_set,
    set_enabled,
)
from gateway.store.drafts import DraftRow, drafts_of
from gateway.tenants import known_tenant

TRIES = 3
Changed = Callable[[str, str], Awaitable[None]]
Asked = Callable[[Current], Wish]


@dataclass(frozen=True, slots=True)
class ChannelView:
    """A channel as it may be shown: the names of its secrets, never their values."""

    row: ChannelRow
    secrets_set: tuple[str, ...] = ()
    draft: DraftRow | None = None


class Channels:
    """Every change of a channel.

    Args:
        changed: Called after each committed change; returns when nothing of the old
            configuration is in flight any more.
    """

    def __init__(
        self,
        *,
        store: Store,
        registry: Registry,
        credentials: Credentials,
        changed: Changed,
        allow: Networks = (),
    ) -> None:
        self._store = store
        self._planner = Planner(registry, credentials, allow)
        self._changed = changed

    @property
    def planner(self) -> Planner:
        """What judges each change."""
        return self._planner

    async def get(self, tenant: str, name: str) -> ChannelView:
        """Return one channel."""
        current = await self.current(tenant, name)
        return _view(existing(current.row, name), current)

    async def list(self, tenant: str, after: str, limit: int) -> list[ChannelView]:
        """Return the tenant's channels by name, those behind `after`."""
        return await self._store.read(lambda c: _list(c, tenant, after, limit))

    async def put(self, by: By, name: str, body: ChannelBody) -> tuple[ChannelView, bool]:
        """Create or replace a channel; tell whether it is new. A secret left out is kept."""
        wish = channel_plans.put(self._planner.type(body.type), body)

        def asked(current: Current) -> Wish:
            if current.row is not None:
                keep_type(current.row, body.type)
            return wish

        return await self.save(by, name, asked)

    async def patch(self, by: By, name: str, patch: ChannelPatch) -> ChannelView:
        """Change some fields of a channel, as a JSON Merge Patch."""

        def asked(current: Current) -> Wish:
            row = existing(current.row, name)
            keep_type(row, patch.type)
            return channel_plans.patched(self._planner.type(row.type), row, patch)

        return (await self.save(by, name, asked))[0]

    async def delete(self, by: By, name: str) -> None:
        """Delete a channel once nothing goes out on it any more.

        Raises:
            ProblemError: There is none, or a rule or a topic names it.
        """
        await self._store.read(lambda connection: keep_channel(connection, by.owner, name))
        await self.disable(by, name)
        await self._store.write(lambda connection: _delete(connection, by, name))
        await self._changed(by.owner, name)

    async def enable(self, by: By, name: str) -> ChannelView:
        """Let a channel send; it needs a complete configuration and an entitled tenant."""
        current = await self.current(by.owner, name)
        row = existing(current.row, name)
        if not current.tenant.entitled:
            raise ProblemError("tenant_not_entitled", "the tenant may not enable channels")
        missing = self._planner.missing(current, row)
        if missing:
            raise ProblemError("channel_incomplete", f"still missing: {', '.join(missing)}")
        return await self._switch(by, name, enabled=True)

    async def disable(self, by: By, name: str) -> ChannelView:
        """Stop a channel; when this returns nothing goes out on it."""
        return await self._switch(by, name, enabled=False)

    async def incomplete(self, tenant: str, name: str) -> tuple[str, ...]:
        """Name what a channel lacks before it can be used."""
        current = await self.current(tenant, name)
        return self._planner.missing(current, existing(current.row, name))

    async def current(self, tenant: str, name: str) -> Current:
        """Return what is stored of a channel, and of its draft."""
        return await self._store.read(lambda c: channel_plans.read(c, tenant, name))

    async def save(self, by: By, name: str, asked: Asked) -> tuple[ChannelView, bool]:
        """Judge outside the transaction, write inside; begin anew where somebody was faster."""
        for _ in range(TRIES):
            current = await self.current(by.owner, name)
            plan = self._planner.judged(current, name, asked(current), by.now)
            written = await self._store.write(partial(channel_plans.write, by=by, plan=plan))
            if written:
                await self._changed(by.owner, name)
                return await self.get(by.owner, name), current.row is None
        raise ProblemError("conflict", "somebody else is changing this channel; try again")

    async def _switch(self, by: By, name: str, *, enabled: bool) -> ChannelView:
        await self._store.write(lambda c: _switch(c, by, name, enabled=enabled))
        await self._changed(by.owner, name)
        return await self.get(by.owner, name)


def keep_type(row: ChannelRow, wanted: str | None) -> None:
    """Refuse to make a channel one of another type.

    Raises:
        ProblemError: As said.
    """
    if wanted not in (None, row.type):
        raise ProblemError("conflict", f"{row.name} is a channel of type {row.type}")


def _view(row: ChannelRow, current: Current) -> ChannelView:
    return ChannelView(row, tuple(sorted(current.sealed)), current.draft)


def _list(connection: Connection, tenant: str, after: str, limit: int) -> list[ChannelView]:
    known_tenant(connection, tenant)
    names, drafts = secrets_set(connection, tenant), drafts_of(connection, tenant)
    rows = list_channels(connection, tenant, after=after, limit=limit)
    return [ChannelView(r, tuple(names.get(r.name, ())), drafts.get(r.name)) for r in rows]


def _switch(connection: Connection, by: By, name: str, *, enabled: bool) -> None:
    if not set_enabled(connection, by.owner, name, enabled=enabled, now=by.now):
        known_tenant(connection, by.owner)
        existing(None, name)
    record(connection, by, "channel.enable" if enabled else "channel.disable", name)


def _delete(connection: Connection, by: By, name: str) -> None:
    row = read_channel(connection, by.owner, name, lock=True)
    keep_channel(connection, by.owner, name)
    if row is not None:
        record(connection, by, "channel.delete", name, before=shown(row))
    delete_channel(connection, by.owner, name)
