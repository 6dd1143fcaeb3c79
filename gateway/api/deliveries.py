"""`/v1/deliveries`: a notification for one recipient on one channel, and every try of it."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from gateway.api.auth import Anybody, Call, Sender
from gateway.api.body import parsed
from gateway.api.docs import body_of, problems
from gateway.api.paging import (
    Cursor,
    Limit,
    Listed,
    Moment,
    TenantQuery,
    Time,
    decode,
    millis,
    page,
    when,
)
from gateway.clock import rfc3339, to_millis
from gateway.models import Priority, State
from gateway.problems import ProblemError
from gateway.reasons import Reason
from gateway.request import Slug
from gateway.store.amending import SHOWN
from gateway.store.history import (
    AttemptRow,
    DeliveryFilter,
    DeliveryRow,
    Page,
    list_attempts,
    list_deliveries,
    read_delivery,
)

router = APIRouter(tags=["deliveries"], responses=problems())
PATH = "/v1/deliveries"
Text = Annotated[str | None, Query(max_length=400)]


class DeliveryOut(BaseModel):
    """A delivery."""

    id: str
    notification: str
    tenant: str
    type: str
    recipient: str
    channel: Annotated[str | None, Field(description="Null where no channel reaches them.")]
    state: State
    reason: str | None
    detail: str | None
    priority: str
    maybe_duplicate: Annotated[
        bool, Field(description="An earlier attempt's answer was never seen.")
    ]
    attempt_count: int
    provider_message_id: str | None
    carried_by: Annotated[
        str | None,
        Field(
            description="The delivery that took its place: it carries a superseded one, or was "
            "made for one that failed, on the next channel or as a retry."
        ),
    ]
    retry_of: str | None
    pending_change: Annotated[
        str | None, Field(description="What is to happen to the sent card: update or recall.")
    ]
    next_try_at: Time | None
    expires_at: Time
    created_at: Time
    updated_at: Time


class AttemptOut(BaseModel):
    """One try."""

    id: str
    number: int
    purpose: Annotated[str, Field(description="send, update or recall")]
    call: Annotated[str, Field(description="Equal for deliveries that shared a provider call.")]
    started_at: Time
    duration_ms: int
    http_status: int | None
    provider_code: str | None
    error: Annotated[str | None, Field(description="The class that decides what happens next.")]
    sentence: str | None
    fix_url: str | None
    provider_log_id: str | None
    provider_message_id: str | None
    next_try_at: Time | None


class RetryBody(BaseModel):
    """Which ended deliveries to try again. Those of a state, by default the failed ones."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tenant: Slug | None = None
    state: Literal["failed", "expired", "canceled", "suppressed"] = "failed"
    channel: Slug | None = None
    reason: Reason | None = None
    recipient: Annotated[str, Field(max_length=400)] | None = None
    type: Annotated[str, Field(max_length=255)] | None = None
    notification: Annotated[str, Field(max_length=40)] | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 1000


class RetriedOut(BaseModel):
    """One delivery and the one that is made of it."""

    delivery: str
    retry: str


class Retries(BaseModel):
    """What is tried again. Where there is `more`, ask again."""

    retried: int
    more: bool
    items: list[RetriedOut]


class DeliveryDetail(DeliveryOut):
    """A delivery with its attempts."""

    attempts: list[AttemptOut]


@router.get(PATH)
async def get_deliveries(  # noqa: PLR0913 - each filter of the contract by its name
    call: Anybody,
    *,
    state: Annotated[State | None, Query()] = None,
    channel: Text = None,
    recipient: Text = None,
    type: Text = None,  # noqa: A002 - the contract's word
    reason: Annotated[Reason | None, Query()] = None,
    notification: Text = None,
    since: Moment = None,
    until: Moment = None,
    tenant: TenantQuery = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Listed[DeliveryOut]:
    """List deliveries, the newest first."""
    wanted = DeliveryFilter(
        state=state,
        channel=channel,
        recipient=recipient,
        type=type,
        reason=reason,
        notification=notification,
        since=millis(since),
        until=millis(until),
    )
    part = Page(call.within(tenant), limit + 1, decode(cursor))
    rows = await call.parts.store.read(lambda c: list_deliveries(c, part, wanted))
    return page(rows, limit, lambda row: row.id, shape)


@router.get(PATH + "/{delivery}")
async def get_delivery(call: Anybody, delivery: str) -> DeliveryDetail:
    """Show one delivery with every attempt."""
    return await _find(call, call.scope, delivery)


@router.post(PATH + "/{delivery}/retry", status_code=201, responses=problems(409))
async def retry_delivery(call: Sender, delivery: str) -> DeliveryDetail:
    """Queue a new delivery, linked to this ended one."""
    tenant = (await _find(call, call.scope, delivery)).tenant
    return await _find(call, tenant, await call.parts.router.retry(tenant, delivery))


@router.post(
    PATH + "/retry",
    status_code=202,
    responses=problems(400, 413),
    openapi_extra=body_of(RetryBody, {"state": "failed", "channel": "lark"}),
)
async def retry_deliveries(call: Sender, request: Request) -> Retries:
    """Try ended deliveries again, the oldest first, at most a thousand of them at once.

    Those that were tried again before, or that another channel took over, are left alone.
    """
    body = await parsed(request, RetryBody)
    tenant = call.one_tenant(body.tenant)
    done = await call.parts.amender.retry(tenant, _filter(body), body.limit)
    items = [RetriedOut(delivery=old, retry=new) for old, new in done.deliveries]
    return Retries(retried=len(items), more=done.more, items=items)


def _filter(body: RetryBody) -> DeliveryFilter:
    return DeliveryFilter(
        state=body.state,
        channel=body.channel,
        recipient=body.recipient,
        type=body.type,
        reason=body.reason,
        notification=body.notification,
        since=to_millis(body.since) if body.since else None,
        until=to_millis(body.until) if body.until else None,
    )


async def _find(call: Call, tenant: str | None, delivery: str) -> DeliveryDetail:
    def read(connection: Connection) -> tuple[DeliveryRow, list[AttemptRow]] | None:
        row = read_delivery(connection, tenant, delivery)
        return (row, list_attempts(connection, row.id)) if row else None

    found = await call.parts.store.read(read)
    if found is None:
        raise ProblemError("not_found", "there is no such delivery")
    row, attempts = found
    return DeliveryDetail(**shape(row).model_dump(), attempts=[_attempt(each) for each in attempts])


def shape(row: DeliveryRow) -> DeliveryOut:
    """Return a delivery as the API shows it."""
    same = ("id", "notification", "tenant", "type", "recipient", "state")
    more = ("reason", "detail", "maybe_duplicate", "carried_by", "retry_of")
    values: dict[str, Any] = {name: getattr(row, name) for name in (*same, *more)}
    return DeliveryOut(
        **values,
        channel=row.channel or None,
        priority=Priority(row.priority).name.lower(),
        attempt_count=row.attempts,
        pending_change=row.change if row.state in SHOWN else None,
        provider_message_id=row.message_id or None,
        next_try_at=rfc3339(row.due),
        expires_at=when(row.expires),
        created_at=when(row.created),
        updated_at=when(row.updated),
    )


def _attempt(row: AttemptRow) -> AttemptOut:
    values = asdict(row)
    times = {"started_at": when(row.started), "next_try_at": rfc3339(row.next_try)}
    names = {"duration_ms": row.duration, "provider_log_id": row.log_id}
    shown = {**values, **times, **names, "provider_message_id": row.message_id or None}
    return AttemptOut.model_validate(shown)
