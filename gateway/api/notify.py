"""`POST /v1/notify`: the one call an application makes."""

import asyncio
import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, TypeAdapter, ValidationError

from gateway.api.auth import Call, Sender
from gateway.api.body import parse, parsed, read_body, refused
from gateway.api.cloudevents import MEDIA_TYPE, unwrapped
from gateway.api.docs import body_of, problems
from gateway.api.parts import Accepted
from gateway.problems import Problem, ProblemError, invalid
from gateway.request import BatchRequest, Key, NotifyRequest

router = APIRouter(tags=["notify"], responses=problems(400, 413))
LONGEST_KEY = 255
REPLAY = {"Idempotent-Replay": "true"}
EXAMPLE = {
    "type": "ticket.pending_approval",
    "to": ["user:li.wei"],
    "card": {
        "title": "Approve export?",
        "severity": "warning",
        "blocks": [{"type": "markdown", "text": "**SQL result** export asks for approval"}],
        "actions": [
            {"id": "approve", "label": "Approve", "kind": "callback", "once": True},
            {"id": "open", "label": "Open", "kind": "url", "url": "https://example.com/4711"},
        ],
    },
}
IdempotencyKey = Annotated[
    str | None,
    Header(
        description="Remembered for 24 hours, per tenant.",
        json_schema_extra={"minLength": 1, "maxLength": LONGEST_KEY},
    ),
]
_KEY: TypeAdapter[str | None] = TypeAdapter(Key | None)


class Counts(BaseModel):
    """How many."""

    recipients: int
    deliveries: int
    suppressed: int


class Listing(BaseModel):
    """One delivery in a 202."""

    id: str
    recipient: str
    channel: str
    state: str
    reason: str | None


class Links(BaseModel):
    """Where to look on."""

    self: str
    explain: str


class AcceptedOut(BaseModel):
    """A notification that is on disk."""

    id: str
    status: str
    tenant: str
    counts: Counts
    deliveries: list[Listing]
    links: Links
    warnings: list[Any]


class BatchItemOut(BaseModel):
    """One item's answer: `notification`, or `error`."""

    status: int
    notification: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    replayed: bool | None = None


class BatchOut(BaseModel):
    """Every item's answer, in the order given."""

    items: list[BatchItemOut]


ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "With `dry_run`: what would become of it, and the rendered payloads."},
    202: {
        "model": AcceptedOut,
        "description": "It is on disk.",
        "headers": {"Idempotent-Replay": {"schema": {"type": "string"}}},
    },
}


@router.post(
    "/notify",
    status_code=202,
    responses=ANSWERS,
    openapi_extra=body_of(NotifyRequest, EXAMPLE, MEDIA_TYPE),
)
@router.post(
    "/v1/notify",
    status_code=202,
    responses=ANSWERS,
    openapi_extra=body_of(NotifyRequest, EXAMPLE, MEDIA_TYPE),
)
async def notify(
    call: Sender, request: Request, idempotency_key: IdempotencyKey = None
) -> Response:
    """Accept one notification; the 202 leaves after the commit."""
    body = await read_body(request)
    _check_key(idempotency_key)
    wanted = _read(call, request, body)
    tenant = call.one_tenant(wanted.tenant)
    if wanted.dry_run:
        return JSONResponse(dict(await call.parts.router.preview(tenant, wanted)))
    digest = hashlib.sha256(body).hexdigest() if idempotency_key else ""
    accepted = await call.parts.router.accept(
        tenant, wanted, idempotency_key=idempotency_key, body_digest=digest
    )
    headers = REPLAY if accepted.replayed else None
    return Response(accepted.answer, 202, headers, "application/json")


@router.post(
    "/v1/notify/batch",
    responses={200: {"model": BatchOut, "description": "Each item has its own answer."}},
    openapi_extra=body_of(BatchRequest, {"notifications": [EXAMPLE]}),
)
async def notify_batch(call: Sender, request: Request) -> Response:
    """Accept up to a hundred notifications, each judged by itself, in one commit."""
    body = await parsed(request, BatchRequest)
    return JSONResponse({"items": await _Batch(call).answers(body.notifications)})


def _read(call: Call, request: Request, body: bytes) -> NotifyRequest:
    try:
        if request.headers.get("content-type", "").startswith(MEDIA_TYPE):
            return unwrapped(body)
        return parse(NotifyRequest, body)
    except ProblemError:
        _refuse_strangers(call, body)
        raise


def _refuse_strangers(call: Call, body: bytes) -> None:
    """Say 404 rather than what is wrong with a body for another tenant."""
    try:
        tenant = json.loads(body).get("tenant")
    except (ValueError, AttributeError, RecursionError):
        return
    if isinstance(tenant, str):
        call.one_tenant(tenant)


def _check_key(key: str | None) -> None:
    if key is not None and not 1 <= len(key) <= LONGEST_KEY:
        message = f"an Idempotency-Key has 1 to {LONGEST_KEY} characters"
        raise invalid(["header", "Idempotency-Key"], message, "string_too_long")


_Wanted = tuple[int, NotifyRequest, str | None, str]


class _Batch:
    """The items of one batch on their way to the router and back, in order."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._answers: dict[int, dict[str, Any]] = {}
        self._wanted: dict[str, list[_Wanted]] = defaultdict(list)

    async def answers(self, items: tuple[Mapping[str, Any], ...]) -> list[dict[str, Any]]:
        for index, item in enumerate(items):
            try:
                await self._sort(index, item)
            except ProblemError as error:
                self._answers[index] = _error(error.problem)
        await asyncio.gather(*(self._accept(tenant) for tenant in self._wanted))
        return [self._answers[index] for index in range(len(items))]

    async def _sort(self, index: int, item: Mapping[str, Any]) -> None:
        request, key = _item(index, item)
        tenant = self._call.one_tenant(request.tenant, ("body", "notifications", index, "tenant"))
        if request.dry_run:
            preview = await self._call.parts.router.preview(tenant, request)
            self._answers[index] = {"status": 200, "notification": dict(preview)}
            return
        self._wanted[tenant].append((index, request, key, _digest(item) if key else ""))

    async def _accept(self, tenant: str) -> None:
        wanted = self._wanted[tenant]
        items = [(request, key, digest) for _, request, key, digest in wanted]
        results = await self._call.parts.router.accept_many(tenant, items)
        for (index, *_), result in zip(wanted, results, strict=True):
            self._answers[index] = _error(result) if isinstance(result, Problem) else _ok(result)


def _item(index: int, item: Mapping[str, Any]) -> tuple[NotifyRequest, str | None]:
    rest = {name: value for name, value in item.items() if name != "idempotency_key"}
    loc: tuple[str | int, ...] = ("body", "notifications", index)
    try:
        request = NotifyRequest.model_validate(rest)
    except ValidationError as error:
        raise refused(error, loc) from None
    try:
        return request, _KEY.validate_python(item.get("idempotency_key"))
    except ValidationError as error:
        raise refused(error, (*loc, "idempotency_key")) from None


def _digest(item: Mapping[str, Any]) -> str:
    text = json.dumps(item, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _error(problem: Problem) -> dict[str, Any]:
    return {"status": problem.status, "error": dict(problem.document)}


def _ok(accepted: Accepted) -> dict[str, Any]:
    answer = {"status": 202, "notification": json.loads(accepted.answer)}
    return {**answer, "replayed": True} if accepted.replayed else answer
