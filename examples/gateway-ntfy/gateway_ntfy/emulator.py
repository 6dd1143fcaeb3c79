"""A small ntfy server for tests and trials: it takes messages and shows them."""

import itertools
import json
import re
import time
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

TOKEN = "tk_emulated"  # noqa: S105 - the emulator's, and public
TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}")
PUBLISH = frozenset({"topic", "title", "message", "priority", "tags", "click", "icon", "actions"})


def create(*, brand: str = "ntfy") -> Starlette:
    """Return the server; `gateway emulate ntfy` and `gateway demo` run it."""
    app = Starlette(
        routes=[
            Route("/v1/account", _account),
            Route("/", _publish, methods=["POST"]),
            Route("/", _page),
            Route("/{topic}/json", _poll),
        ]
    )
    app.state.messages = []
    app.state.ids = itertools.count(1)
    people = [{"id": "alerts", "display_name": "The topic alerts"}]
    app.state.demo = {"brand": brand, "config": {"token": TOKEN}, "people": people}
    return app


async def _account(request: Request) -> Response:
    if not _allowed(request):
        return _refused(401, 40101, "unauthorized")
    return JSONResponse({"username": "phil", "role": "user"})


async def _publish(request: Request) -> Response:
    if not _allowed(request):
        return _refused(403, 40301, "forbidden")
    try:
        body: dict[str, Any] = json.loads(await request.body())
    except ValueError:
        return _refused(400, 40024, "invalid request: request body must be valid JSON")
    if set(body) - PUBLISH or not TOPIC.fullmatch(str(body.get("topic", ""))):
        return _refused(400, 40009, "invalid request: topic invalid")
    number = next(request.app.state.ids)
    message = {"id": f"emu{number:09}", "time": int(time.time()), "event": "message", **body}
    request.app.state.messages.append(message)
    return JSONResponse(message)


async def _poll(request: Request) -> Response:
    topic = request.path_params["topic"]
    found = [each for each in request.app.state.messages if each["topic"] == topic]
    return PlainTextResponse("".join(f"{json.dumps(each)}\n" for each in found))


async def _page(request: Request) -> Response:
    lines = (f"{m['topic']}: {m['title']} - {m['message']}" for m in request.app.state.messages)
    return PlainTextResponse("\n".join(lines) or "No message yet.")


def _allowed(request: Request) -> bool:
    return request.headers.get("authorization") == f"Bearer {TOKEN}"


def _refused(status: int, code: int, error: str) -> Response:
    return JSONResponse({"code": code, "http": status, "error": error}, status_code=status)
