"""A tenant's channels: saved, switched on and off. Nothing here calls a provider."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection

from gateway.channel_config import (
    ChannelBody,
    ChannelPatch,
    ChosenLimits,
    Networks,
    Split,
    Verdict,
    judge,
    lane_key,
    other_app,
    required_secrets,
    split,
)
from gateway.credentials import Credentials
from gateway.naming import keep_channel
from gateway.plugin import ChannelType
from gateway.problems import FieldError, ProblemError, field_error, invalid
from gateway.registry import Registry
from gateway.store import Store
from gateway.store.audit import By, record
from gateway.store.bindings import forget_lookups
from gateway.store.channels import (
    ChannelChange,
    ChannelRow,
    add_channel,
    change_channel,
    delete_channel,
    list_channels,
    put_secrets,
    read_channel,
    read_secrets,
    secrets_set,
    set_enabled,
)
from gateway.store.tenants import TenantRow
from gateway.tenants import known_tenant

TRIES = 3
Changed = Callable[[str, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class ChannelView:
    """A channel as it may be shown: the names of its secrets, never their values."""

    row: ChannelRow
    secrets_set: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Current:
    """What is stored when a change begins."""

    tenant: TenantRow
    row: ChannelRow | None
    sealed: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a channel is to become."""

    channel_type: ChannelType
    config: Split
    limits: Mapping[str, int]
    label: str


@dataclass(frozen=True, slots=True)
class _Plan:
    """A judged change, and what it was judged by."""

    name: str
    current: _Current
    wish: _Wish
    change: ChannelChange


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
        self._registry = registry
        self._credentials = credentials
        self._changed = changed
        self._allow = allow

    async def get(self, tenant: str, name: str) -> ChannelView:
        """Return one channel."""
        current = await self._current(tenant, name)
        return _view(_existing(current.row, name), current.sealed)

    async def list(self, tenant: str, after: str, limit: int) -> list[ChannelView]:
        """Return the tenant's channels by name, those behind `after`."""
        return await self._store.read(lambda c: _list(c, tenant, after, limit))

    async def put(self, by: By, name: str, body: ChannelBody) -> tuple[ChannelView, bool]:
        """Create or replace a channel; tell whether it is new. A secret left out is kept."""
        channel_type = self._type(body.type)
        wish = _Wish(channel_type, split(channel_type, body.config), body.limits.chosen, body.label)

        def asked(current: _Current) -> _Wish:
            if current.row is not None and current.row.type != body.type:
                raise ProblemError("conflict", f"{name} is a channel of type {current.row.type}")
            return wish

        return await self._save(by, name, asked)

    async def patch(self, by: By, name: str, patch: ChannelPatch) -> ChannelView:
        """Change some fields of a channel, as a JSON Merge Patch."""

        def asked(current: _Current) -> _Wish:
            row = _existing(current.row, name)
            if patch.type not in (None, row.type):
                raise ProblemError("conflict", f"{name} is a channel of type {row.type}")
            return _patched(self._type(row.type), row, patch)

        return (await self._save(by, name, asked))[0]

    async def delete(self, by: By, name: str) -> None:
        """Delete a channel once nothing goes out on it any more.

        Raises:
            ProblemError: There is none, or a rule or a topic names it.
        """
        await self._store.read(lambda connection: keep_channel(connection, _tenant(by), name))
        await self.disable(by, name)
        await self._store.write(lambda connection: _delete(connection, by, name))
        await self._changed(_tenant(by), name)

    async def enable(self, by: By, name: str) -> ChannelView:
        """Let a channel send; it needs a complete configuration and an entitled tenant."""
        current = await self._current(_tenant(by), name)
        row = _existing(current.row, name)
        if not current.tenant.entitled:
            raise ProblemError("tenant_not_entitled", "the tenant may not enable channels")
        missing = self.missing(current.tenant, row, current.sealed)
        if missing:
            raise ProblemError("channel_incomplete", f"still missing: {', '.join(missing)}")
        return await self._switch(by, name, enabled=True)

    async def disable(self, by: By, name: str) -> ChannelView:
        """Stop a channel; when this returns nothing goes out on it."""
        return await self._switch(by, name, enabled=False)

    def missing(
        self, tenant: TenantRow, row: ChannelRow, sealed: Mapping[str, bytes]
    ) -> tuple[str, ...]:
        """Name what a stored configuration lacks before it can be used."""
        channel_type = self._type(row.type)
        secrets = self._credentials.open(tenant, row.name, sealed)
        verdict = judge(channel_type, row.config, secrets, self._allow)
        return (*verdict.missing, *(str(error["loc"][-1]) for error in verdict.errors))

    async def incomplete(self, tenant: str, name: str) -> tuple[str, ...]:
        """Name what a channel lacks before it can be used."""
        current = await self._current(tenant, name)
        return self.missing(current.tenant, _existing(current.row, name), current.sealed)

    def _type(self, name: str) -> ChannelType:
        offer = self._registry.offers.get(name)
        if offer is None:
            message = "no installed plugin offers this channel type"
            raise invalid(["body", "type"], message, "unknown", code="unknown_channel_type")
        return offer.channel_type

    async def _current(self, tenant: str, name: str) -> _Current:
        return await self._store.read(lambda c: _read(c, tenant, name))

    async def _switch(self, by: By, name: str, *, enabled: bool) -> ChannelView:
        await self._store.write(lambda c: _switch(c, by, name, enabled=enabled))
        await self._changed(_tenant(by), name)
        return await self.get(_tenant(by), name)

    async def _save(
        self, by: By, name: str, asked: Callable[[_Current], _Wish]
    ) -> tuple[ChannelView, bool]:
        """Judge outside the transaction, write inside; begin anew where somebody was faster."""
        for _ in range(TRIES):
            current = await self._current(_tenant(by), name)
            plan = self._judged(current, name, asked(current))
            written = await self._store.write(partial(_write, by=by, plan=plan))
            if written:
                await self._changed(_tenant(by), name)
                return await self.get(_tenant(by), name), current.row is None
        raise ProblemError("conflict", "somebody else is changing this channel; try again")

    def _judged(self, current: _Current, name: str, wish: _Wish) -> _Plan:
        stored = self._credentials.open(current.tenant, name, current.sealed)
        given = dict(wish.config.secrets)
        self._credentials.learn(given)
        given |= _dropped(wish, current.row, stored)
        secrets = {k: v for k, v in {**stored, **given}.items() if v is not None}
        verdict = judge(wish.channel_type, wish.config.public, secrets, self._allow)
        self._refuse(verdict)
        # Sealing anew what is the same would look like a change and bump the version.
        really = {k: v for k, v in given.items() if stored.get(k) != v}
        sealed = self._credentials.seal(current.tenant, name, really)
        config = {**wish.config.public, **secrets}
        digest = partial(self._credentials.digest, current.tenant)
        lane = lane_key(current.tenant.id, name, wish.channel_type, config, digest)
        change = ChannelChange(wish.label, wish.config.public, wish.limits, lane, sealed)
        return _Plan(name, current, wish, change)

    def _refuse(self, verdict: Verdict) -> None:
        if verdict.errors:
            clean = self._credentials.clean
            errors = [FieldError(**{**e, "message": clean(e["message"])}) for e in verdict.errors]
            raise ProblemError("validation_failed", "the configuration is not valid", errors)


def _patched(channel_type: ChannelType, row: ChannelRow, patch: ChannelPatch) -> _Wish:
    given = patch.model_fields_set
    config = {} if patch.config is None else {**row.config, **patch.config}
    limits = row.limits
    if "limits" in given:
        limits = _limits(row.limits, patch.limits)
    label = (patch.label or "") if "label" in given else row.label
    return _Wish(channel_type, split(channel_type, config), limits, label)


def _limits(before: Mapping[str, int], patch: ChosenLimits | None) -> Mapping[str, int]:
    """Merge limits; `null` and `{}` both go back to the defaults."""
    if patch is None or not patch.model_fields_set:
        return {}
    removed = patch.model_fields_set - set(patch.chosen)
    return {k: v for k, v in {**before, **patch.chosen}.items() if k not in removed}


def _dropped(wish: _Wish, row: ChannelRow | None, stored: Mapping[str, Any]) -> dict[str, None]:
    """Return the secrets that end because another application was named.

    The one that proves who the application is has to come with it; any other belonged to the
    former application and is of no use to this one.
    """
    if row is None or not other_app(wish.channel_type, row.config, wish.config.public):
        return {}
    left_out = set(stored) - set(wish.config.secrets)
    needed = sorted(left_out & required_secrets(wish.channel_type))
    if needed:
        message = f"another {wish.channel_type.app_field} needs its secret again"
        errors = [field_error(["body", "config", each], message, "missing") for each in needed]
        raise ProblemError("secret_required", message, errors)
    return dict.fromkeys(left_out)


def _tenant(by: By) -> str:
    if by.tenant is None:
        raise ValueError("a channel belongs to a tenant")
    return by.tenant


def _existing(row: ChannelRow | None, name: str) -> ChannelRow:
    if row is None:
        raise ProblemError("not_found", f"there is no channel {name}")
    return row


def _view(row: ChannelRow, sealed: Mapping[str, Any]) -> ChannelView:
    return ChannelView(row, tuple(sorted(sealed)))


def _read(connection: Connection, tenant: str, name: str) -> _Current:
    found = known_tenant(connection, tenant)
    row = read_channel(connection, tenant, name)
    return _Current(found, row, read_secrets(connection, tenant, name) if row else {})


def _list(connection: Connection, tenant: str, after: str, limit: int) -> list[ChannelView]:
    known_tenant(connection, tenant)
    names = secrets_set(connection, tenant)
    rows = list_channels(connection, tenant, after=after, limit=limit)
    return [ChannelView(row, tuple(names.get(row.name, ()))) for row in rows]


def _switch(connection: Connection, by: By, name: str, *, enabled: bool) -> None:
    if not set_enabled(connection, _tenant(by), name, enabled=enabled, now=by.now):
        known_tenant(connection, _tenant(by))
        _existing(None, name)
    record(connection, by, "channel.enable" if enabled else "channel.disable", name)


def _delete(connection: Connection, by: By, name: str) -> None:
    row = read_channel(connection, _tenant(by), name, lock=True)
    keep_channel(connection, _tenant(by), name)
    if row is not None:
        record(connection, by, "channel.delete", name, before=_shown(row))
    delete_channel(connection, _tenant(by), name)


def _write(connection: Connection, by: By, plan: _Plan) -> bool:
    """Write the change, unless the channel is no longer what it was judged by."""
    tenant = known_tenant(connection, _tenant(by))
    row = read_channel(connection, tenant.id, plan.name, lock=True)
    current = plan.current
    if not _same(row, current.row) or tenant.data_key != current.tenant.data_key:
        return False
    after = _new(tenant.id, plan, by.now)
    if row is None:
        add_channel(connection, after)
        put_secrets(connection, tenant.id, plan.name, plan.change.sealed)
    else:
        change_channel(connection, row, plan.change, by.now)
        if other_app(plan.wish.channel_type, row.config, after.config):
            forget_lookups(connection, tenant.id, plan.name)
    _record(connection, by, row, after, plan.change)
    return True


def _record(
    connection: Connection, by: By, row: ChannelRow | None, after: ChannelRow, change: ChannelChange
) -> None:
    before = _shown(row) if row else None
    secrets = {"secrets_changed": sorted(change.sealed)} if change.sealed else {}
    record(connection, by, "channel.put", after.name, before=before, after=_shown(after) | secrets)


def _same(one: ChannelRow | None, other: ChannelRow | None) -> bool:
    if one is None or other is None:
        return one is other
    return (one.version, one.label, one.created) == (other.version, other.label, other.created)


def _new(tenant: str, plan: _Plan, now: int) -> ChannelRow:
    change = plan.change
    return ChannelRow(
        tenant=tenant,
        name=plan.name,
        type=plan.wish.channel_type.name,
        label=change.label,
        config=change.config,
        limits=change.limits,
        enabled=False,
        version=1,
        lane=change.lane,
        health="unchecked",
        health_since=now,
        created=now,
        updated=now,
    )


def _shown(row: ChannelRow) -> dict[str, Any]:
    return {
        "type": row.type,
        "label": row.label,
        "config": dict(row.config),
        "limits": dict(row.limits),
    }
