"""`…/users`: the persons a tenant knows."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from gateway.api.auth import Admin, Reader
from gateway.api.body import parsed, parsed_object, user_id
from gateway.api.docs import body_of, problems
from gateway.api.paging import Cursor, Limit, Listed, Time, decode, page, when
from gateway.directory import UserBody, shown
from gateway.store.users import UserRow

router = APIRouter(tags=["users"], responses=problems())
PATH = "/v1/tenants/{tenant}/users"
EXAMPLE = {"display_name": "Li Wei", "email": "li.wei@example.com", "mobile": "+6581234567"}


class User(BaseModel):
    """A user."""

    id: str
    display_name: str
    email: str | None
    mobile: str | None
    locale: str | None
    time_zone: str | None
    departments: list[str]
    preferences: dict[str, Any]
    created_at: Time
    updated_at: Time


@router.get(PATH)
async def list_users(
    call: Reader,
    tenant: str,
    query: Annotated[str, Query(max_length=200, description="Part of a name, address…")] = "",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Listed[User]:
    """List the tenant's users by id."""
    rows = await call.parts.directory.users(tenant, query, decode(cursor) or "", limit + 1)
    return page(rows, limit, lambda row: row.id, _shape)


@router.get(PATH + "/{user}")
async def get_user(call: Reader, tenant: str, user: str) -> User:
    """Show one user."""
    return _shape(await call.parts.directory.user(tenant, user))


@router.put(
    PATH + "/{user}",
    responses=problems(400, 409, 413) | {201: {"model": User, "description": "Created"}},
    openapi_extra=body_of(UserBody, EXAMPLE),
)
async def put_user(
    call: Admin, tenant: str, user: str, request: Request, response: Response
) -> User:
    """Create or replace a user. The id never changes."""
    body = await parsed(request, UserBody)
    row, new = await call.parts.directory.put_user(call.by(tenant), user_id(user), body)
    response.status_code = 201 if new else 200
    return _shape(row)


@router.patch(
    PATH + "/{user}",
    responses=problems(400, 409, 413),
    openapi_extra=body_of(UserBody, {"mobile": None}, "application/merge-patch+json"),
)
async def patch_user(call: Admin, tenant: str, user: str, request: Request) -> User:
    """Change some fields of a user (JSON Merge Patch)."""
    patch = await parsed_object(request)
    return _shape(await call.parts.directory.patch_user(call.by(tenant), user, patch))


@router.delete(PATH + "/{user}", status_code=204)
async def delete_user(call: Admin, tenant: str, user: str) -> None:
    """Delete a user and their bindings."""
    await call.parts.directory.delete_user(call.by(tenant), user)


def _shape(row: UserRow) -> User:
    times = {"created_at": when(row.created), "updated_at": when(row.updated)}
    return User.model_validate({"id": row.id, **shown(row), **times})
