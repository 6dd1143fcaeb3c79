"""`…/channels/{channel}/check`, `test`, `setup-guide`, `usage`: what an admin does with one."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from gateway import usage
from gateway.api.auth import Admin, Call, Reader
from gateway.api.body import parsed
from gateway.api.channel_types import Features, GuideOut, guide_out, offered
from gateway.api.docs import body_of, problems
from gateway.api.paging import Time, when
from gateway.checks import CheckReport, sample_recipient
from gateway.clock import rfc3339, to_millis
from gateway.guides import Wanted, chosen_features, guide_for
from gateway.limits import month_of
from gateway.request import To
from gateway.store.usage import read_shared_usage

router = APIRouter(tags=["channels"], responses=problems())
PATH = "/v1/tenants/{tenant}/channels/{channel}"


class CheckLine(BaseModel):
    """One line of a check."""

    id: str
    label: str
    state: Literal["ok", "missing", "error", "unknown"]
    required: bool
    detail: str
    provider_code: str | None
    fix_url: str | None
    features: Annotated[list[str], Field(description="What wants it; empty: everything.")]
    pending_review: Annotated[
        bool, Field(description="The platform tells that this awaits a review there.")
    ]


class CheckOut(BaseModel):
    """What a check found."""

    ok: Annotated[bool, Field(description="Nothing that is required is missing or failed.")]
    checks: list[CheckLine]
    pending_review: Annotated[
        bool, Field(description="A version of the application awaits a review on the platform.")
    ]
    pending_review_since: Time | None
    calls: Annotated[int, Field(description="Provider calls made for it.")]
    checked_at: Time


class ChannelGuideOut(GuideOut):
    """The same for one channel, and whether its application awaits a review."""

    pending_review: bool
    pending_review_since: Time | None


class TestBody(BaseModel):
    """For whom the sample is; a group channel may leave it out."""

    model_config = ConfigDict(extra="forbid")

    to: To | None = None


class UsageOut(BaseModel):
    """A month of a channel."""

    month: str
    calls: Annotated[int, Field(description="Every provider call.")]
    used: Annotated[int, Field(description="Those the platform counts against the quota.")]
    application: Annotated[
        int, Field(description="The same of all channels of the application, which share it.")
    ]
    by_purpose: dict[str, int]
    quota: Annotated[int | None, Field(description="None: there is no quota.")]
    reserve: Annotated[int | None, Field(description="Kept of it for urgent notifications.")]
    remaining: int | None
    forecast: Annotated[int, Field(description="`application` at the month's end, at this pace.")]
    exceeds: Annotated[
        bool, Field(description="The forecast is above the quota without its reserve.")
    ]
    resets_at: Time


@router.post(PATH + "/check")
async def check_channel(
    call: Admin, tenant: str, channel: str, features: Features = None
) -> CheckOut:
    """Prove the credential on the platform, enabled or not; `features` as for the guide.

    Where everything required is granted and published, the channel no longer awaits a review;
    where the platform tells of a version in review, it does.
    """
    wanted = chosen_features(features)
    return check_out(await call.parts.checks.check(call.by(tenant), channel, wanted))


@router.post(
    PATH + "/test",
    responses=problems(400, 409, 413),
    openapi_extra=body_of(TestBody, {"to": "user:li.wei"}),
)
async def test_channel(call: Admin, tenant: str, channel: str, request: Request) -> dict[str, Any]:
    """Send a sample card at once; the platform's own answer comes back, secrets masked."""
    body = await parsed(request, TestBody)
    view = await call.parts.channels.get(tenant, channel)
    channel_type = offered(call.parts.registry, view.row.type).channel_type
    recipient = sample_recipient(channel_type, channel, body.to)
    told = dict(await call.parts.connections.test(tenant, channel, recipient))
    # A group's robot gives its messages no id.
    return {**told, "message_id": told.get("message_id") or None}


@router.get(PATH + "/setup-guide")
async def get_setup_guide(
    call: Reader,
    tenant: str,
    channel: str,
    features: Features = None,
    locale: Annotated[str | None, Query(max_length=20)] = None,
) -> ChannelGuideOut:
    """Show how this channel is set up on its platform."""
    view = await call.parts.channels.get(tenant, channel)
    wanted = Wanted(
        public=call.parts.base_url,
        channel=f"{tenant}/{channel}",
        features=features,
        locale=locale or (await call.parts.tenants.get(tenant)).locale,
        config=view.row.config,
    )
    guide = guide_out(guide_for(offered(call.parts.registry, view.row.type).channel_type, wanted))
    since = view.row.review_since
    return ChannelGuideOut(
        **dict(guide),
        pending_review=since is not None,
        pending_review_since=rfc3339(since),
    )


@router.get(PATH + "/usage")
async def get_usage(call: Reader, tenant: str, channel: str) -> UsageOut:
    """Show this month's calls by purpose, the quota and the forecast."""
    return await _usage(call, tenant, channel)


async def _usage(call: Call, tenant: str, channel: str) -> UsageOut:
    row = (await call.parts.channels.get(tenant, channel)).row
    channel_type = offered(call.parts.registry, row.type).channel_type
    now = to_millis(call.parts.clock.now())
    month = month_of(now, channel_type.quota_zone)
    shared = await call.parts.store.read(lambda c: read_shared_usage(c, tenant, row.lane, month))
    values = asdict(usage.report(channel_type, row, shared, now))
    resets = values.pop("resets")
    return UsageOut(**values, resets_at=when(resets))


def check_out(report: CheckReport) -> CheckOut:
    """Return what a check found as the API shows it."""
    return CheckOut(
        ok=report.ok,
        checks=[CheckLine.model_validate(asdict(line)) for line in report.lines],
        pending_review=report.review_since is not None,
        pending_review_since=rfc3339(report.review_since),
        calls=report.calls,
        checked_at=when(report.at),
    )
