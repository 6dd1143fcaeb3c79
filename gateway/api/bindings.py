"""`…/channels/{channel}/bindings`: who somebody is on a platform."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from gateway.api.auth import Admin, Reader
from gateway.api.body import parsed
from gateway.api.docs import body_of, problems
from gateway.api.paging import Cursor, Limit, Listed, Time, decode, page, when
from gateway.clock import rfc3339
from gateway.directory import BindingBody
from gateway.models import Method
from gateway.store.bindings import BindingRow

router = APIRouter(tags=["bindings"], responses=problems())
BINDINGS = "/v1/tenants/{tenant}/channels/{channel}/bindings"


class IdentityOut(BaseModel):
    """A person as the platform names them."""

    kind: str
    id: str


class Binding(BaseModel):
    """Who somebody is on a channel, and how that is known."""

    recipient: str
    user: Annotated[str | None, Field(description="The user's id, where it is one.")]
    identity: IdentityOut
    method: Method
    since: Time
    stale: Annotated[bool, Field(description="The platform no longer knows this identity.")]
    stale_since: Time | None
    stale_reason: str | None


@router.get(BINDINGS)
async def list_bindings(  # noqa: PLR0913 - FastAPI hands over the query part by part
    call: Reader,
    tenant: str,
    channel: str,
    *,
    stale: Annotated[
        bool | None, Query(description="Only bindings the platform no longer knows, or the others.")
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Listed[Binding]:
    """List who is bound on the channel."""
    after = decode(cursor) or ""
    rows = await call.parts.directory.bindings(tenant, channel, after, limit + 1, stale=stale)
    return page(rows, limit, lambda row: row.recipient, shape)


@router.put(
    BINDINGS + "/{user}",
    responses=problems(400, 409, 413) | {201: {"model": Binding, "description": "Bound"}},
    openapi_extra=body_of(BindingBody, {"identity": {"kind": "open_id", "id": "ou_1a2b"}}),
)
async def put_binding(  # noqa: PLR0913 - FastAPI hands over the address part by part
    call: Admin, tenant: str, channel: str, user: str, *, request: Request, response: Response
) -> Binding:
    """Bind a user by hand."""
    body = await parsed(request, BindingBody)
    row, new = await call.parts.directory.bind(call.by(tenant), channel, user, body)
    response.status_code = 201 if new else 200
    return shape(row)


@router.delete(BINDINGS + "/{user}", status_code=204)
async def delete_binding(call: Admin, tenant: str, channel: str, user: str) -> None:
    """Unbind a user; no look-up binds them again until somebody does."""
    await call.parts.directory.unbind(call.by(tenant), channel, user)


def shape(row: BindingRow) -> Binding:
    """Return a binding as the API shows it."""
    kind, _, name = row.recipient.partition(":")
    return Binding(
        recipient=row.recipient,
        user=name if kind == "user" else None,
        identity=IdentityOut(kind=row.identity_kind or "", id=row.identity or ""),
        method=Method(row.method),
        since=when(row.since),
        stale=row.stale_since is not None,
        stale_since=rfc3339(row.stale_since),
        stale_reason=row.stale_reason,
    )
