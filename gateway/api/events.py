"""`GET /v1/events`: deliveries as they change, as server-sent events."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse

from gateway.api.auth import Anybody
from gateway.api.deliveries import shape
from gateway.api.docs import problems
from gateway.api.paging import TenantQuery
from gateway.changes import Changes
from gateway.clock import to_millis
from gateway.store import Store, StoreUnavailableError
from gateway.store.history import DeliveryRow, changes_since

router = APIRouter(tags=["deliveries"], responses=problems())
PAGE = 200
POLL_SECONDS = 1.0
QUIET_POLLS = 15  # as many make a heartbeat
# Times are written before their commit: one that is a little older may still turn up.
OVERLAP_MILLIS = 1_000
Position = tuple[int, str]
# Where EventSource cannot send a key, pages use replacements for it; these resume by the address.
Resumed = Annotated[
    str | None,
    Query(alias="lastEventId", description="The same as `Last-Event-ID`, which comes first."),
]
_EVENT_ID = re.compile(r"(\d{1,15})-(dlv_[0-9a-z]{1,36})")


@dataclass(slots=True)
class Feed:
    """What one listener has not seen yet.

    Attributes:
        tenant: Whose deliveries; None is every tenant.
        start: Nothing at or before this position is shown.
    """

    store: Store
    tenant: str | None
    start: Position
    _latest: int = 0
    _seen: dict[str, int] = field(default_factory=dict)

    async def news(self) -> AsyncIterator[DeliveryRow]:
        """Yield what changed since the last time, the oldest change first."""
        after = max(self.start, (self._latest - OVERLAP_MILLIS, ""))
        while rows := await self._read(after):
            for row in filter(self._is_news, rows):
                yield row
            after = (rows[-1].updated, rows[-1].id)
            self._latest = max(self._latest, rows[-1].updated)
        self._forget()

    async def _read(self, after: Position) -> list[DeliveryRow]:
        return await self.store.read(lambda c: changes_since(c, self.tenant, after, limit=PAGE))

    def _is_news(self, row: DeliveryRow) -> bool:
        if self._seen.get(row.id) == row.updated:
            return False
        self._seen[row.id] = row.updated
        return True

    def _forget(self) -> None:
        oldest = self._latest - OVERLAP_MILLIS
        self._seen = {name: at for name, at in self._seen.items() if at >= oldest}


async def stream(
    feed: Feed, changes: Changes, admitted: Callable[[], Awaitable[bool]]
) -> AsyncIterator[str]:
    """Yield events until the key or the process ends; a heartbeat where nothing happens."""
    yield "retry: 2000\n\n"
    quiet = 0
    while not changes.closed:
        quiet += 1
        mark = changes.mark()
        try:
            async for row in feed.news():
                quiet = 0
                yield event(row)
        except StoreUnavailableError:
            yield ": the store is not available\n\n"
        if quiet >= QUIET_POLLS:
            quiet = 0
            yield ": \n\n"
            if not await admitted():
                return
        await changes.wait(POLL_SECONDS, mark)


def event(row: DeliveryRow) -> str:
    """Write one change as an event."""
    data = shape(row).model_dump_json()
    return f"id: {row.updated}-{row.id}\nevent: delivery\ndata: {data}\n\n"


@router.get(
    "/v1/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "One event a change."}},
)
async def get_events(
    call: Anybody,
    request: Request,
    last_event_id: Annotated[str | None, Header()] = None,
    resumed: Resumed = None,
    tenant: TenantQuery = None,
) -> StreamingResponse:
    """Stream deliveries as they change; `Last-Event-ID` goes on where a stream broke off."""
    parts = call.parts
    start = _position(last_event_id or resumed) or (to_millis(parts.clock.now()), "")
    feed = Feed(parts.store, call.within(tenant), start)
    key = request.headers["authorization"].partition(" ")[2]

    async def admitted() -> bool:
        return await parts.access.principal(key) == call.principal

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    body = stream(feed, parts.changed, admitted)
    return StreamingResponse(body, headers=headers, media_type="text/event-stream")


def _position(last: str | None) -> Position | None:
    found = _EVENT_ID.fullmatch(last or "")
    return (int(found[1]), found[2]) if found else None
