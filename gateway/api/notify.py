"""`POST /v1/notify`: the one call an application makes."""

import hashlib
import json
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel

from gateway.api.auth import SENDERS, Call, Sender, admit
from gateway.api.body import parse, read_body
from gateway.api.cloudevents import MEDIA_TYPE, unwrapped
from gateway.api.docs import body_of, problems
from gateway.problems import ProblemError, invalid
from gateway.request import NotifyRequest


class QuickRoute(APIRoute):
    """A route whose signature is for the document; the request goes straight to the handler.

    FastAPI's way from a request to the arguments of a handler takes longer than all the rest
    of `/notify`.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers one request."""
        handler = self.endpoint

        async def answer(request: Request) -> Response:
            call = await admit(request, SENDERS)
            key = request.headers.get("idempotency-key")
            response: Response = await handler(call, request, key)
            return response

        return answer


router = APIRouter(tags=["notify"], responses=problems(400, 413), route_class=QuickRoute)
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


class Counts(BaseModel):
    """How many."""

    recipients: int
    deliveries: int
    suppressed: int


class Listing(BaseModel):
    """One delivery in a 202."""

    id: str
    recipient: str
    channel: str | None
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
    reason: str | None
    tenant: str
    counts: Counts
    deliveries: list[Listing]
    links: Links
    warnings: list[Any]


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
    check_key(idempotency_key)
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


def check_key(key: str | None) -> None:
    """Refuse a key that is too long, or empty."""
    if key is not None and not 1 <= len(key) <= LONGEST_KEY:
        message = f"an Idempotency-Key has 1 to {LONGEST_KEY} characters"
        raise invalid(["header", "Idempotency-Key"], message, "string_too_long")
