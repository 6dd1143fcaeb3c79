"""`…/api-keys`: a key is shown once, when it is made."""

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from gateway.api.auth import Admin, Reader
from gateway.api.body import parsed
from gateway.api.docs import body_of, problems
from gateway.api.paging import Cursor, Limit, Listed, Time, decode, page, when
from gateway.clock import rfc3339
from gateway.models import Role
from gateway.problems import ProblemError, invalid
from gateway.store.keys import KeyRow

router = APIRouter(tags=["keys"], responses=problems())
PATH = "/v1/tenants/{tenant}/api-keys"


class KeyBody(BaseModel):
    """What a new key may do, and until when."""

    model_config = ConfigDict(extra="forbid")

    role: Literal["admin", "sender", "viewer"]
    expires_at: AwareDatetime | None = None


class Key(BaseModel):
    """A key, without the key itself."""

    id: str
    prefix: str
    role: str
    tenant: str | None
    created_at: Time
    expires_at: Time | None
    last_used_at: Time | None


class NewKey(Key):
    """A key as it is shown this once."""

    key: Annotated[str, Field(description="Keep it: nobody can show it again.")]


@router.post(
    PATH,
    status_code=201,
    responses=problems(400, 413),
    openapi_extra=body_of(KeyBody, {"role": "sender", "expires_at": None}),
)
async def create_key(call: Admin, tenant: str, request: Request) -> NewKey:
    """Make a key."""
    body = await parsed(request, KeyBody)
    by = call.by(tenant)
    if body.expires_at is not None and body.expires_at <= by.at:
        raise invalid(["body", "expires_at"], "a key expires in the future")
    await call.parts.tenants.get(tenant)
    row, key = await call.parts.access.create(by, Role(body.role), body.expires_at)
    return NewKey(key=key, **_shape(row).model_dump())


@router.get(PATH)
async def list_keys(
    call: Reader, tenant: str, limit: Limit = 50, cursor: Cursor = None
) -> Listed[Key]:
    """List the tenant's keys, the newest first."""
    await call.parts.tenants.get(tenant)
    rows = await call.parts.access.keys(tenant, decode(cursor), limit + 1)
    return page(rows, limit, lambda row: row.id, _shape)


@router.delete(PATH + "/{key}", status_code=204)
async def delete_key(call: Admin, tenant: str, key: str) -> None:
    """Delete a key; it opens nothing any more."""
    if not await call.parts.access.delete(call.by(tenant), key):
        raise ProblemError("not_found", "the tenant has no such key")


def _shape(row: KeyRow) -> Key:
    return Key(
        id=row.id,
        prefix=row.prefix,
        role=row.role,
        tenant=row.tenant,
        created_at=when(row.created),
        expires_at=rfc3339(row.expires),
        last_used_at=rfc3339(row.last_used),
    )
