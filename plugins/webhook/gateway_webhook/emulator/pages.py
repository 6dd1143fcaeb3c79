"""The page that shows what came in, and its control by other processes under `/_emulator`."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from .receiver import STATUSES, Receiver

HERE = Path(__file__).parent
POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
PAGE = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
).get_template("events.html")


def routes(receiver: Receiver) -> list[BaseRoute]:
    """Return the page and the control API."""

    async def show(_request: Request) -> Response:
        return HTMLResponse(PAGE.render(receiver=receiver), headers=HEADERS)

    async def messages(_request: Request) -> Response:
        return JSONResponse({"messages": [each.as_json() for each in receiver.events]})

    async def switch(request: Request) -> Response:
        asked = await request.json()
        status = asked.get("status") if isinstance(asked, dict) else None
        if not isinstance(status, int) or status not in STATUSES:
            return JSONResponse({"error": "status is a number from 200 to 599"}, 400)
        receiver.status = status
        return JSONResponse({})

    async def reset(_request: Request) -> Response:
        receiver.reset()
        return JSONResponse({})

    return [
        Route("/", show),
        Route("/_emulator/messages", messages),
        Route("/_emulator/switches", switch, methods=["POST"]),
        Route("/_emulator/reset", reset, methods=["POST"]),
        Mount("/_emulator/static", StaticFiles(directory=HERE / "static")),
    ]
