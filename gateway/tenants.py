"""Tenants: made with a data key of their own, deleted with everything they own."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Connection

from gateway.credentials import Credentials
from gateway.merge import merge_patch
from gateway.problems import ProblemError, field_errors, invalid
from gateway.store import Store
from gateway.store.audit import By, record
from gateway.store.channels import list_channels, set_enabled
from gateway.store.tenants import (
    TenantRow,
    delete_tenant,
    list_tenants,
    put_tenant,
    read_tenant,
)


def _time_zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("this is no time zone of the IANA database, such as Asia/Shanghai")
    return value


Locale = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")]
TimeZone = Annotated[str, Field(max_length=64), AfterValidator(_time_zone)]
Region = Annotated[str, Field(min_length=1, max_length=64)]


class TenantBody(BaseModel):
    """A tenant, as it is created or replaced."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(max_length=200)] = ""
    locale: Locale = "en"
    time_zone: TimeZone = "UTC"
    regions: Annotated[tuple[Region, ...], Field(max_length=50)] = ()
    entitled: bool = True
    recipients: Literal["anyone", "users_only"] = "anyone"


@dataclass(frozen=True, slots=True)
class _Written:
    """A tenant that was written, whether it is new, and which of its channels that stopped."""

    row: TenantRow
    new: bool
    stopped: Sequence[str] = ()


class Tenants:
    """Every change of a tenant.

    Args:
        changed: Called for each channel that is switched off with its tenant; returns when
            nothing goes out on it any more.
        regions: Those that a tenant may be in; None is any.
    """

    def __init__(
        self,
        store: Store,
        credentials: Credentials,
        changed: Callable[[str, str], Awaitable[None]],
        regions: frozenset[str] | None = None,
    ) -> None:
        self._regions = regions
        self._store = store
        self._credentials = credentials
        self._changed = changed

    async def get(self, tenant: str) -> TenantRow:
        """Return one tenant."""
        return await self._store.read(lambda connection: known_tenant(connection, tenant))

    async def list(self, after: str, limit: int) -> list[TenantRow]:
        """Return tenants by name, those behind `after`."""
        return await self._store.read(lambda c: list_tenants(c, after=after, limit=limit))

    async def put(self, by: By, tenant: str, body: TenantBody) -> tuple[TenantRow, bool]:
        """Create or replace a tenant; tell whether it is new.

        Where it is no longer entitled, its channels are switched off.
        """
        check_regions(body.regions, self._regions)
        key = self._credentials.new_data_key()
        return await self._written(lambda c: _put(c, by, _row(tenant, body, key, by.now)))

    async def patch(self, by: By, tenant: str, patch: Mapping[str, Any]) -> TenantRow:
        """Change some fields of a tenant, as a JSON Merge Patch; otherwise as `put`."""

        def change(connection: Connection) -> _Written:
            before = known_tenant(connection, tenant)
            body = _patched(before, patch)
            check_regions(body.regions, self._regions)
            return _put(connection, by, _row(tenant, body, before.data_key, by.now))

        return (await self._written(change))[0]

    async def delete(self, by: By, tenant: str) -> None:
        """Delete a tenant once nothing of it goes out any more."""
        for channel in await self._store.write(lambda c: _disable_all(c, by, tenant)):
            await self._changed(tenant, channel)
        await self._store.write(lambda connection: _delete(connection, by, tenant))

    async def _written(self, change: Callable[[Connection], _Written]) -> tuple[TenantRow, bool]:
        written = await self._store.write(change)
        for channel in written.stopped:
            await self._changed(written.row.id, channel)
        return written.row, written.new


def check_regions(named: Sequence[str], known: frozenset[str] | None) -> None:
    """Refuse a region that this installation does not have.

    Raises:
        ProblemError: With the list of those that it has.
    """
    for index, region in enumerate(named):
        if known is not None and region not in known:
            message = f"the regions here are {', '.join(sorted(known)) or 'none'}"
            raise invalid(["body", "regions", index], message, "enum")


def known_tenant(connection: Connection, tenant: str) -> TenantRow:
    """Return the tenant.

    Raises:
        ProblemError: There is none of that name.
    """
    row = read_tenant(connection, tenant)
    if row is None:
        raise ProblemError("unknown_tenant", "there is no such tenant")
    return row


def shown(row: TenantRow) -> dict[str, Any]:
    """Return a tenant as a body would write it."""
    return {
        "name": row.name,
        "locale": row.locale,
        "time_zone": row.time_zone,
        "regions": list(row.regions),
        "entitled": row.entitled,
        "recipients": row.recipients,
    }


def _row(tenant: str, body: TenantBody, key: bytes, now: int) -> TenantRow:
    return TenantRow(id=tenant, data_key=key, created=now, updated=now, **body.model_dump())


def _put(connection: Connection, by: By, row: TenantRow) -> _Written:
    before = read_tenant(connection, row.id)
    put_tenant(connection, row)
    was = shown(before) if before else None
    record(connection, by, "tenant.put", row.id, before=was, after=shown(row))
    stopped = _stop(connection, by, row.id) if before and not row.entitled else []
    return _Written(known_tenant(connection, row.id), before is None, stopped)


def _stop(connection: Connection, by: By, tenant: str) -> list[str]:
    """Switch off every channel that is on, and name them."""
    names = [row.name for row in list_channels(connection, tenant) if row.enabled]
    for name in names:
        set_enabled(connection, tenant, name, enabled=False, now=by.now)
        record(connection, by, "channel.disable", name)
    return names


def _patched(before: TenantRow, patch: Mapping[str, Any]) -> TenantBody:
    try:
        return TenantBody.model_validate(merge_patch(shown(before), patch))
    except ValidationError as error:
        errors = field_errors(error.errors(include_url=False), ["body"])
        raise ProblemError("validation_failed", "some fields are not valid", errors) from None


def _disable_all(connection: Connection, by: By, tenant: str) -> list[str]:
    known_tenant(connection, tenant)
    names = [row.name for row in list_channels(connection, tenant)]
    for name in names:
        set_enabled(connection, tenant, name, enabled=False, now=by.now)
    return names


def _delete(connection: Connection, by: By, tenant: str) -> None:
    before = read_tenant(connection, tenant)
    delete_tenant(connection, tenant)
    record(connection, by, "tenant.delete", tenant, before=shown(before) if before else None)
