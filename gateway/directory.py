"""Whom a tenant knows: its users, and who they are on each channel by an admin's word."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Connection

from gateway.merge import merge_patch
from gateway.models import Audience, Method, RecipientKind
from gateway.plugin import ChannelType
from gateway.preferences import Preferences
from gateway.problems import ProblemError, field_errors, invalid
from gateway.registry import Registry
from gateway.request import Email, Mobile
from gateway.store import Store
from gateway.store.audit import By, record
from gateway.store.bindings import (
    BindingRow,
    forget_lookups_of,
    list_bindings,
    put_binding,
    read_bindings,
    read_holders,
    unbind,
)
from gateway.store.channels import ChannelRow, read_channel
from gateway.store.users import UserRow, delete_user, list_users, put_user, read_user
from gateway.tenants import Locale, TimeZone, known_tenant

Department = Annotated[str, Field(min_length=1, max_length=128)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class UserBody(_Body):
    """A user, as it is created or replaced. `id`, if given, is the one in the address."""

    id: str | None = None
    display_name: Annotated[str, Field(max_length=200)] = ""
    email: Email | None = None
    mobile: Mobile | None = None
    locale: Locale | None = None
    time_zone: TimeZone | None = None
    departments: Annotated[tuple[Department, ...], Field(max_length=100)] = ()
    preferences: Preferences = Preferences()


class IdentityBody(_Body):
    """Who somebody is on the platform: `open_id` and `ou_…`, for example."""

    kind: Annotated[str, Field(min_length=1, max_length=64)]
    id: Annotated[str, Field(pattern=r"^[!-~]{1,256}$")]


class BindingBody(_Body):
    """A binding by hand."""

    identity: IdentityBody


class Directory:
    """Every change of users and manual bindings. Nothing here calls a platform."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self._store = store
        self._registry = registry

    async def user(self, tenant: str, user: str) -> UserRow:
        """Return one user."""
        return await self._store.read(lambda connection: known_user(connection, tenant, user))

    async def users(self, tenant: str, query: str, after: str, limit: int) -> list[UserRow]:
        """Return the tenant's users by id, those behind `after`."""

        def read(connection: Connection) -> list[UserRow]:
            known_tenant(connection, tenant)
            return list_users(connection, tenant, query=query, after=after, limit=limit)

        return await self._store.read(read)

    async def put_user(self, by: By, user: str, body: UserBody) -> tuple[UserRow, bool]:
        """Create or replace a user; tell whether it is new."""
        _same_id(user, body.id)
        row = row_of(tenant_of(by), user, body, by.now)
        return await self._store.write(lambda connection: _put_user(connection, by, row))

    async def patch_user(self, by: By, user: str, patch: Mapping[str, Any]) -> UserRow:
        """Change some fields of a user, as a JSON Merge Patch."""
        _same_id(user, patch.get("id"))
        return await self._store.write(lambda c: _patch_user(c, by, user, patch))

    async def delete_user(self, by: By, user: str) -> None:
        """Delete a user and every binding of theirs."""
        await self._store.write(lambda connection: _delete_user(connection, by, user))

    async def bindings(
        self, tenant: str, channel: str, after: str, limit: int, *, stale: bool | None = None
    ) -> list[BindingRow]:
        """Return who is bound on a channel, those behind `after`; only the stale, or the others."""

        def read(connection: Connection) -> list[BindingRow]:
            known_channel(connection, tenant, channel)
            return list_bindings(connection, tenant, channel, after=after, limit=limit, stale=stale)

        return await self._store.read(read)

    async def bind(
        self, by: By, channel: str, user: str, body: BindingBody
    ) -> tuple[BindingRow, bool]:
        """Say who a user is on a channel; tell whether they were not bound before."""
        name = await self._store.read(lambda c: known_channel(c, tenant_of(by), channel))
        check_kind(self._type(name), body.identity.kind)
        return await self._store.write(lambda c: _bind(c, by, channel, user, body.identity))

    async def unbind(self, by: By, channel: str, user: str) -> None:
        """Unbind a user; no look-up binds them again until an admin does."""
        await self._store.write(lambda connection: _unbind(connection, by, channel, user))

    def _type(self, name: str) -> ChannelType:
        offer = self._registry.offers.get(name)
        if offer is None:
            raise ProblemError("not_supported", "the channel's plugin is not installed")
        return offer.channel_type


def tenant_of(by: By) -> str:
    """Return the tenant a change is made in."""
    if by.tenant is None:
        raise ValueError("a user belongs to a tenant")
    return by.tenant


def _same_id(user: str, given: object) -> None:
    if given is not None and given != user:
        raise ProblemError("id_immutable", "an id never changes: delete the user and add again")


def row_of(tenant: str, user: str, body: UserBody, now: int) -> UserRow:
    """Return a user as the store keeps it."""
    values = body.model_dump(exclude={"id", "preferences"})
    preferences = body.preferences.model_dump(mode="json", exclude_defaults=True)
    return UserRow(
        tenant=tenant, id=user, created=now, updated=now, preferences=preferences, **values
    )


def shown(row: UserRow) -> dict[str, Any]:
    """Return a user as a body would write it."""
    return {
        "display_name": row.display_name,
        "email": row.email,
        "mobile": row.mobile,
        "locale": row.locale,
        "time_zone": row.time_zone,
        "departments": list(row.departments),
        "preferences": dict(row.preferences),
    }


def known_user(connection: Connection, tenant: str, user: str) -> UserRow:
    """Return one user.

    Raises:
        ProblemError: The tenant has no such user.
    """
    known_tenant(connection, tenant)
    row = read_user(connection, tenant, user)
    if row is None:
        raise ProblemError("not_found", "the tenant has no such user")
    return row


def known_channel(connection: Connection, tenant: str, channel: str) -> str:
    """Return a channel's type; raises as `channel_row` does."""
    return channel_row(connection, tenant, channel).type


def channel_row(connection: Connection, tenant: str, channel: str) -> ChannelRow:
    """Return a channel.

    Raises:
        ProblemError: The tenant has no such channel.
    """
    known_tenant(connection, tenant)
    row = read_channel(connection, tenant, channel)
    if row is None:
        raise ProblemError("not_found", f"there is no channel {channel}")
    return row


def _put_user(connection: Connection, by: By, row: UserRow) -> tuple[UserRow, bool]:
    known_tenant(connection, row.tenant)
    before = read_user(connection, row.tenant, row.id)
    put_user(connection, row)
    if before and (before.email, before.mobile) != (row.email, row.mobile):
        forget_lookups_of(connection, row.tenant, [f"user:{row.id}"])
    was = shown(before) if before else None
    record(connection, by, "user.put", row.id, before=was, after=shown(row))
    return known_user(connection, row.tenant, row.id), before is None


def _patch_user(connection: Connection, by: By, user: str, patch: Mapping[str, Any]) -> UserRow:
    before = known_user(connection, tenant_of(by), user)
    try:
        body = UserBody.model_validate(merge_patch(shown(before), patch))
    except ValidationError as error:
        errors = field_errors(error.errors(include_url=False), ["body"])
        raise ProblemError("validation_failed", "some fields are not valid", errors) from None
    return _put_user(connection, by, row_of(before.tenant, user, body, by.now))[0]


def _delete_user(connection: Connection, by: By, user: str) -> None:
    before = known_user(connection, tenant_of(by), user)
    delete_user(connection, before.tenant, user)
    record(connection, by, "user.delete", user, before=shown(before))


def check_kind(
    channel_type: ChannelType, kind: str, loc: Sequence[str | int] = ("body", "identity", "kind")
) -> None:
    """Refuse an identity that the channel type does not know.

    Raises:
        ProblemError: It knows others, or addresses a group.
    """
    if channel_type.audience is not Audience.PERSON and not channel_type.identity_kinds:
        raise ProblemError("not_supported", "this channel addresses a group and mentions nobody")
    if kind not in channel_type.identity_kinds:
        known = ", ".join(channel_type.identity_kinds) or "none"
        raise invalid(loc, f"{channel_type.name} knows {known}", "enum")


def _bind(
    connection: Connection, by: By, channel: str, user: str, identity: IdentityBody
) -> tuple[BindingRow, bool]:
    tenant = known_user(connection, tenant_of(by), user).tenant
    known_channel(connection, tenant, channel)
    recipient = f"{RecipientKind.USER}:{user}"
    before = read_bindings(connection, tenant, channel, [recipient]).get(recipient)
    row = BindingRow(tenant, channel, recipient, Method.MANUAL, by.now, identity.kind, identity.id)
    if before is None or not before.says(row):
        keep_holder(connection, row)
    put_binding(connection, row)
    was = who_of(before) if before else None
    record(connection, by, "binding.put", f"{channel}/{user}", before=was, after=who_of(row))
    return row, before is None or before.who is None


def keep_holder(connection: Connection, row: BindingRow) -> None:
    """Refuse a person whom another user has, by somebody's word and not by a mere look-up.

    Raises:
        ProblemError: It names that user.
    """
    for held in read_holders(connection, row.tenant, row.channel, [row.identity or ""]):
        if held.taken_from(row):
            raise ProblemError("conflict", f"{TAKEN.format(held.recipient)}: unbind them first")


TAKEN = "the person is bound to {} already"


def _unbind(connection: Connection, by: By, channel: str, user: str) -> None:
    tenant = known_user(connection, tenant_of(by), user).tenant
    known_channel(connection, tenant, channel)
    recipient = f"{RecipientKind.USER}:{user}"
    before = read_bindings(connection, tenant, channel, [recipient]).get(recipient)
    unbind(connection, tenant, channel, recipient, by.now)
    was = who_of(before) if before else None
    record(connection, by, "binding.delete", f"{channel}/{user}", before=was)


def who_of(row: BindingRow) -> dict[str, Any] | None:
    """Return a binding's identity as the audit log shows it."""
    who = row.who
    return {"kind": who.kind, "id": who.id, "method": row.method} if who else None
