"""`/v1/tenants`: for owners."""

from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from gateway.api.auth import Owner
from gateway.api.body import parsed, parsed_object, slug
from gateway.api.docs import body_of, problems
from gateway.api.paging import Cursor, Limit, Listed, TenantQuery, Time, decode, page, when
from gateway.store.tenants import TenantRow
from gateway.tenants import TenantBody, shown

router = APIRouter(tags=["tenants"], responses=problems())
EXAMPLE = {"name": "Acme", "locale": "en", "time_zone": "Asia/Singapore", "regions": ["sg"]}


class Tenant(BaseModel):
    """A tenant."""

    id: str
    name: str
    locale: str
    time_zone: str
    regions: list[str]
    entitled: Annotated[bool, Field(description="False: no channel can be enabled.")]
    recipients: Literal["anyone", "users_only"]
    created_at: Time
    updated_at: Time


@router.get("/v1/tenants")
async def list_tenants(
    call: Owner, tenant: TenantQuery = None, limit: Limit = 50, cursor: Cursor = None
) -> Listed[Tenant]:
    """List the tenants by name."""
    if tenant:
        return Listed(items=[_shape(await call.parts.tenants.get(tenant))])
    rows = await call.parts.tenants.list(decode(cursor) or "", limit + 1)
    return page(rows, limit, lambda row: row.id, _shape)


@router.get("/v1/tenants/{tenant}")
async def get_tenant(call: Owner, tenant: str) -> Tenant:
    """Show one tenant."""
    return _shape(await call.parts.tenants.get(tenant))


@router.put(
    "/v1/tenants/{tenant}",
    responses=problems(400, 413) | {201: {"model": Tenant, "description": "Created"}},
    openapi_extra=body_of(TenantBody, EXAMPLE),
)
async def put_tenant(call: Owner, tenant: str, request: Request, response: Response) -> Tenant:
    """Create or replace a tenant."""
    body = await parsed(request, TenantBody)
    row, new = await call.parts.tenants.put(call.by(tenant), slug(tenant, "tenant"), body)
    response.status_code = 201 if new else 200
    return _shape(row)


@router.patch(
    "/v1/tenants/{tenant}",
    responses=problems(400, 413),
    openapi_extra=body_of(TenantBody, {"entitled": False}, "application/merge-patch+json"),
)
async def patch_tenant(call: Owner, tenant: str, request: Request) -> Tenant:
    """Change some fields of a tenant (JSON Merge Patch)."""
    patch = await parsed_object(request)
    return _shape(await call.parts.tenants.patch(call.by(tenant), tenant, patch))


@router.delete("/v1/tenants/{tenant}", status_code=204)
async def delete_tenant(call: Owner, tenant: str) -> None:
    """Delete a tenant, its channels, users, keys and history."""
    await call.parts.tenants.delete(call.by(tenant), tenant)
    call.parts.access.forget_all()


def _shape(row: TenantRow) -> Tenant:
    times = {"created_at": when(row.created), "updated_at": when(row.updated)}
    return Tenant.model_validate({"id": row.id, **shown(row), **times})
