"""`…/channels/{channel}/draft`: a configuration that has no effect until it is applied."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from gateway.api.auth import Admin, Reader
from gateway.api.body import parsed
from gateway.api.channel_tools import CheckOut, check_out
from gateway.api.channel_types import Features
from gateway.api.channels import EXAMPLE, ChannelOut, shape
from gateway.api.docs import body_of, problems
from gateway.api.paging import Time, when
from gateway.channel_config import DraftBody
from gateway.drafts import DraftView
from gateway.guides import chosen_features

router = APIRouter(tags=["channels"], responses=problems())
PATH = "/v1/tenants/{tenant}/channels/{channel}/draft"


class VersionOut(BaseModel):
    """One of the two configurations, without secrets."""

    label: str
    config: dict[str, Any]
    limits: dict[str, int]
    secrets_set: list[str]


class DifferenceOut(BaseModel):
    """One field in which the two differ; null is not set."""

    field: Annotated[str, Field(description="Such as `config.app_id`.")]
    current: Any
    draft: Any
    secret: Annotated[
        Literal["set", "replaced", "removed"] | None,
        Field(description="Of a secret: what becomes of it. Its value is never shown."),
    ]


class DraftOut(BaseModel):
    """A draft, what is in force, and what differs."""

    channel: str
    tenant: str
    type: str
    draft: Annotated[VersionOut, Field(description="What the channel becomes.")]
    current: Annotated[VersionOut, Field(description="What is in force.")]
    differences: list[DifferenceOut]
    base_version: Annotated[int, Field(description="The channel's version when it was saved.")]
    outdated: Annotated[
        bool, Field(description="The channel has changed since: save the draft again to apply it.")
    ]
    created_at: Time
    updated_at: Time


@router.get(PATH)
async def get_draft(call: Reader, tenant: str, channel: str) -> DraftOut:
    """Show the draft beside what is in force."""
    return _shape(await call.parts.drafts.get(tenant, channel))


@router.put(
    PATH,
    responses=problems(400, 409, 413) | {201: {"model": DraftOut, "description": "Created"}},
    openapi_extra=body_of(DraftBody, EXAMPLE),
)
async def put_draft(
    call: Admin, tenant: str, channel: str, request: Request, response: Response
) -> DraftOut:
    """Create or replace the draft; nothing about sending changes.

    It takes what a PUT of the channel takes. A secret left out is the draft's former one, or the
    channel's; null removes it.
    """
    body = await parsed(request, DraftBody)
    view, new = await call.parts.drafts.put(call.by(tenant), channel, body)
    response.status_code = 201 if new else 200
    return _shape(view)


@router.delete(PATH, status_code=204)
async def delete_draft(call: Admin, tenant: str, channel: str) -> None:
    """Throw the draft away."""
    await call.parts.drafts.delete(call.by(tenant), channel)


@router.post(PATH + "/apply", responses=problems(409))
async def apply_draft(call: Admin, tenant: str, channel: str) -> ChannelOut:
    """Make the draft the channel's configuration, as a PUT of it would; the draft ends.

    409 `draft_outdated` where the channel has changed since the draft was saved.
    """
    view = await call.parts.drafts.apply(call.by(tenant), channel)
    return shape(call.parts.registry, view)


@router.post(PATH + "/check")
async def check_draft(
    call: Admin, tenant: str, channel: str, features: Features = None
) -> CheckOut:
    """Prove the draft's credential on the platform; the channel's health stays as it is."""
    wanted = chosen_features(features)
    return check_out(await call.parts.checks.check_draft(call.by(tenant), channel, wanted))


def _shape(view: DraftView) -> DraftOut:
    row, channel = view.row, view.channel
    return DraftOut(
        channel=channel.name,
        tenant=channel.tenant,
        type=channel.type,
        draft=VersionOut(
            label=row.label,
            config=dict(row.config),
            limits=dict(row.limits),
            secrets_set=list(view.secrets_set),
        ),
        current=VersionOut(
            label=channel.label,
            config=dict(channel.config),
            limits=dict(channel.limits),
            secrets_set=list(view.current_secrets),
        ),
        differences=[DifferenceOut.model_validate(asdict(each)) for each in view.differences],
        base_version=row.base_version,
        outdated=view.outdated,
        created_at=when(row.created),
        updated_at=when(row.updated),
    )
