"""`/v1/notifications`: what became of what was asked for."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from gateway.amending import Amended
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
from gateway.card import Card
from gateway.models import Priority, State
from gateway.naming import check_mentions
from gateway.problems import ProblemError
from gateway.store.history import (
    NotificationFilter,
    NotificationRow,
    Page,
    count_states,
    list_notifications,
    read_notification,
    roll_up,
    settled_states,
)

router = APIRouter(tags=["notifications"], responses=problems())
PATH = "/v1/notifications"
MOST_LISTED = 1000


class NotificationOut(BaseModel):
    """A notification. `counts` has its recipients, its deliveries, and those by state."""

    id: str
    tenant: str
    type: str
    status: Annotated[
        str,
        Field(description="accepted, processing, completed, partial, failed, suppressed, canceled"),
    ]
    reason: str | None
    title: str
    priority: str
    cancellation_key: str | None
    counts: dict[str, int]
    warnings: list[Any]
    created_at: Time
    due_at: Time
    expires_at: Time
    links: dict[str, str]


class NotificationDetail(NotificationOut):
    """A notification with what was asked for."""

    request: dict[str, Any]
    card: dict[str, Any] | None


class UpdateBody(BaseModel):
    """The card that takes the place of the one that was posted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    card: Card


class AmendedOut(BaseModel):
    """What becomes of one delivery."""

    delivery: str
    channel: str | None
    result: Annotated[
        str,
        Field(
            description="updating or recalling: the platform is asked next, and the delivery's "
            "attempts tell how it went; sent_later: it has not gone yet and goes with the new "
            "card; canceled: it never goes; unsupported: it cannot be changed; failed: it was "
            "never sent"
        ),
    ]
    reason: str | None
    sentence: Annotated[
        dict[str, str] | None, Field(description="The reason in words: en and zh-CN.")
    ]


class Amendments(BaseModel):
    """What becomes of the deliveries: the number of each result, and the first thousand."""

    id: str
    counts: dict[str, int]
    items: list[AmendedOut]


class Canceled(BaseModel):
    """How many deliveries were withdrawn."""

    canceled: int


@dataclass(frozen=True, slots=True)
class _Counted:
    row: NotificationRow
    states: Mapping[State, int]
    status: str


@router.get(PATH)
async def get_notifications(  # noqa: PLR0913 - each filter of the contract by its name
    call: Anybody,
    *,
    type: Annotated[str | None, Query(max_length=255)] = None,  # noqa: A002 - the contract's word
    cancellation_key: Annotated[str | None, Query(max_length=255)] = None,
    since: Moment = None,
    until: Moment = None,
    tenant: TenantQuery = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Listed[NotificationOut]:
    """List notifications, the newest first."""
    wanted = NotificationFilter(type, cancellation_key, millis(since), millis(until))
    part = Page(call.within(tenant), limit + 1, decode(cursor))
    rows = await call.parts.store.read(lambda c: _list(c, part, wanted))
    return page(rows, limit, lambda each: each.row.id, _shape)


@router.get(PATH + "/{notification}")
async def get_notification(call: Anybody, notification: str) -> NotificationDetail:
    """Show one notification."""
    return _detail(await _find(call, notification))


@router.get(PATH + "/{notification}/explain")
async def explain_notification(call: Anybody, notification: str) -> dict[str, Any]:
    """Tell for each recipient and channel which decision led where."""
    found = await _find(call, notification)
    return dict(await call.parts.router.explain(found.row.tenant, notification))


@router.delete(PATH + "/{notification}", responses=problems(409))
async def cancel_notification(call: Sender, notification: str) -> NotificationDetail:
    """Cancel what is queued or held; 409 where nothing is left to cancel."""
    found = await _find(call, notification)
    await call.parts.router.cancel(found.row.tenant, notification)
    return _detail(await _find(call, notification))


@router.delete(PATH, responses=problems(409))
async def cancel_notifications(
    call: Sender,
    cancellation_key: Annotated[str, Query(min_length=1, max_length=255)],
    tenant: TenantQuery = None,
) -> Canceled:
    """Cancel whatever carries this key and has not gone yet."""
    owner = call.one_tenant(tenant, ("query", "tenant"))
    return Canceled(canceled=await call.parts.router.cancel_by_key(owner, cancellation_key))


@router.post(
    PATH + "/{notification}/update",
    status_code=202,
    responses=problems(400, 413),
    openapi_extra=body_of(UpdateBody, {"card": {"title": "Approved by Li Wei"}}),
)
async def update_notification(call: Sender, notification: str, request: Request) -> Amendments:
    """Change the card everywhere it was sent; what has not gone yet goes with the new one."""
    found = await _find(call, notification)
    body = await parsed(request, UpdateBody)
    check_mentions(["body", "card"], body.card)
    return _amendments(
        notification, await call.parts.amender.update(found.row.tenant, notification, body.card)
    )


@router.post(PATH + "/{notification}/recall", status_code=202)
async def recall_notification(call: Sender, notification: str) -> Amendments:
    """Take back what was sent, or mark it as withdrawn; cancel what has not gone yet."""
    found = await _find(call, notification)
    return _amendments(
        notification, await call.parts.amender.recall(found.row.tenant, notification)
    )


def _amendments(notification: str, amended: Sequence[Amended]) -> Amendments:
    counts = Counter(one.result for one in amended)
    items = [_amended(one) for one in amended[:MOST_LISTED]]
    return Amendments(id=notification, counts=dict(counts), items=items)


def _amended(one: Amended) -> AmendedOut:
    told = one.explanation
    return AmendedOut(
        delivery=one.delivery,
        channel=one.channel or None,
        result=one.result,
        reason=one.reason,
        sentence={"en": told.en, "zh-CN": told.zh_cn} if told else None,
    )


async def _find(call: Call, notification: str) -> _Counted:
    def read(connection: Connection) -> _Counted | None:
        row = read_notification(connection, call.scope, notification)
        return _counted(connection, [row])[0] if row else None

    found = await call.parts.store.read(read)
    if found is None:
        raise ProblemError("not_found", "there is no such notification")
    return found


def _list(connection: Connection, part: Page, wanted: NotificationFilter) -> list[_Counted]:
    rows = list_notifications(connection, part, wanted)
    return _counted(connection, rows)


def _counted(connection: Connection, rows: Sequence[NotificationRow]) -> list[_Counted]:
    ids = [row.id for row in rows]
    states, deciding = count_states(connection, ids), settled_states(connection, ids)
    return [_Counted(row, states[row.id], roll_up(deciding[row.id])) for row in rows]


def _shape(found: _Counted) -> NotificationOut:
    return NotificationOut(**_values(found))


def _detail(found: _Counted) -> NotificationDetail:
    card = json.loads(found.row.card) if found.row.card else None
    return NotificationDetail(**_values(found), request=dict(found.row.body), card=card)


def _values(found: _Counted) -> dict[str, Any]:
    row = found.row
    card = json.loads(row.card) if row.card else None
    path = f"{PATH}/{row.id}"
    return {
        "id": row.id,
        "tenant": row.tenant,
        "type": row.type,
        "status": found.status,
        "reason": row.reason,
        "title": (card or {}).get("title", ""),
        "priority": Priority(row.priority).name.lower(),
        "cancellation_key": row.cancellation_key,
        "counts": _counts(found),
        "warnings": list(row.warnings),
        "created_at": when(row.created),
        "due_at": when(row.due),
        "expires_at": when(row.expires),
        "links": {"self": path, "explain": f"{path}/explain"},
    }


def _counts(found: _Counted) -> dict[str, int]:
    states = {state.value: found.states.get(state, 0) for state in State}
    every = sum(states.values())
    return {"recipients": found.row.recipients, "deliveries": every, **states}
