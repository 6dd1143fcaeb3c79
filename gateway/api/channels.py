"""`…/channels`: a tenant's channels. Answers leave secrets out and name those that are set."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from gateway.api.auth import Admin, Reader
from gateway.api.body import parsed, slug
from gateway.api.docs import body_of, problems
from gateway.api.paging import Cursor, Limit, Listed, Time, decode, page, when
from gateway.channel_config import ChannelBody, ChannelPatch
from gateway.channels import ChannelView
from gateway.clock import rfc3339
from gateway.drafts import outdated
from gateway.registry import Registry
from gateway.usage import limits_in_force

router = APIRouter(tags=["channels"], responses=problems())
PATH = "/v1/tenants/{tenant}/channels"
EXAMPLE = {
    "type": "lark",
    "config": {"app_id": "cli_a1b2c3", "app_secret": "…"},
    "limits": {"monthly_quota": 10_000},
    "label": "Everybody at Acme",
}


class Health(BaseModel):
    """What the last check found."""

    state: Literal["unchecked", "ok", "degraded", "failing"]
    since: Time
    reason: str | None


class Hold(BaseModel):
    """Why nothing goes out although the channel is enabled."""

    reason: str
    detail: str | None
    until: Time | None


class DraftHint(BaseModel):
    """That a draft waits beside the channel; `…/draft` shows it."""

    updated_at: Time
    outdated: Annotated[bool, Field(description="The channel has changed since it was saved.")]


class ChannelOut(BaseModel):
    """A channel."""

    name: str
    tenant: str
    type: str
    label: str
    enabled: bool
    health: Health
    hold: Hold | None
    pending_review: Annotated[
        bool, Field(description="A version of its application awaits a review on the platform.")
    ]
    pending_review_since: Time | None
    draft: DraftHint | None
    config: Annotated[dict[str, Any], Field(description="Without secrets.")]
    secrets_set: list[str]
    limits: Annotated[dict[str, int], Field(description="What the tenant chose.")]
    effective_limits: Annotated[dict[str, int], Field(description="With the type's defaults.")]
    version: int
    created_at: Time
    updated_at: Time


@router.get(PATH)
async def list_channels(
    call: Reader, tenant: str, limit: Limit = 50, cursor: Cursor = None
) -> Listed[ChannelOut]:
    """List the tenant's channels by name."""
    rows = await call.parts.channels.list(tenant, decode(cursor) or "", limit + 1)
    registry = call.parts.registry
    return page(rows, limit, lambda view: view.row.name, lambda view: shape(registry, view))


@router.get(PATH + "/{channel}")
async def get_channel(call: Reader, tenant: str, channel: str) -> ChannelOut:
    """Show one channel."""
    return shape(call.parts.registry, await call.parts.channels.get(tenant, channel))


@router.put(
    PATH + "/{channel}",
    responses=problems(400, 409, 413) | {201: {"model": ChannelOut, "description": "Created"}},
    openapi_extra=body_of(ChannelBody, EXAMPLE),
)
async def put_channel(
    call: Admin, tenant: str, channel: str, request: Request, response: Response
) -> ChannelOut:
    """Create or replace a channel. New ones are disabled; a secret left out is kept."""
    body = await parsed(request, ChannelBody)
    name = slug(channel, "channel")
    view, new = await call.parts.channels.put(call.by(tenant), name, body)
    response.status_code = 201 if new else 200
    return shape(call.parts.registry, view)


@router.patch(
    PATH + "/{channel}",
    responses=problems(400, 409, 413),
    openapi_extra=body_of(ChannelPatch, {"limits": {}}, "application/merge-patch+json"),
)
async def patch_channel(call: Admin, tenant: str, channel: str, request: Request) -> ChannelOut:
    """Change some fields (JSON Merge Patch); `limits: {}` goes back to the defaults.

    `pending_review: true` says that a version of the application awaits a review on its platform,
    false that it no longer does; a check finds out by itself where the platform tells.
    """
    body = await parsed(request, ChannelPatch)
    view = await call.parts.channels.patch(call.by(tenant), channel, body)
    return shape(call.parts.registry, view)


@router.delete(PATH + "/{channel}", status_code=204, responses=problems(409))
async def delete_channel(call: Admin, tenant: str, channel: str) -> None:
    """Delete a channel, its secrets and its bindings."""
    await call.parts.channels.delete(call.by(tenant), channel)


@router.post(PATH + "/{channel}/enable", responses=problems(409))
async def enable_channel(call: Admin, tenant: str, channel: str) -> ChannelOut:
    """Let the channel send. It needs a complete configuration and an entitled tenant."""
    view = await call.parts.channels.enable(call.by(tenant), channel)
    return shape(call.parts.registry, view)


@router.post(PATH + "/{channel}/disable")
async def disable_channel(call: Admin, tenant: str, channel: str) -> ChannelOut:
    """Stop the channel. After the answer nothing goes out on it."""
    view = await call.parts.channels.disable(call.by(tenant), channel)
    return shape(call.parts.registry, view)


def shape(registry: Registry, view: ChannelView) -> ChannelOut:
    """Return a channel as the API shows it."""
    row = view.row
    offer = registry.offers.get(row.type)
    limits = asdict(limits_in_force(offer.channel_type, row)) if offer else dict(row.limits)
    state = {"state": row.health, "since": when(row.health_since), "reason": row.health_reason}
    return ChannelOut(
        name=row.name,
        tenant=row.tenant,
        type=row.type,
        label=row.label,
        enabled=row.enabled,
        health=Health.model_validate(state),
        hold=_hold(view),
        pending_review=row.review_since is not None,
        pending_review_since=rfc3339(row.review_since),
        draft=_draft(view),
        config=dict(row.config),
        secrets_set=list(view.secrets_set),
        limits=dict(row.limits),
        effective_limits=limits,
        version=row.version,
        created_at=when(row.created),
        updated_at=when(row.updated),
    )


def _draft(view: ChannelView) -> DraftHint | None:
    if view.draft is None:
        return None
    return DraftHint(updated_at=when(view.draft.updated), outdated=outdated(view.draft, view.row))


def _hold(view: ChannelView) -> Hold | None:
    row = view.row
    if row.hold_reason is None:
        return None
    return Hold(reason=row.hold_reason, detail=row.hold_detail, until=rfc3339(row.hold_until))
