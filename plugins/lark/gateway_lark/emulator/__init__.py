"""A strict Lark and Feishu platform in one ASGI app, for tests, demos and fault drills.

It is built from the platform's documentation and imports nothing of the gateway or its plugins,
so that a client and its emulator cannot share a mistake. Facts carry the name of the page they
come from; where a page names no code, the choice is ours.
"""

import time
from collections.abc import Callable
from typing import Unpack

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute

from . import (
    batches,
    cardkit,
    chats,
    contacts,
    control,
    delayed,
    demo,
    logins,
    media,
    messages,
    pages,
    robot,
    tenants,
    tokens,
)
from .brands import BRANDS
from .gate import Endpoint, no_such_api
from .model import App, Chat, Message, Person, Press
from .state import Emulator
from .switches import SwitchValues

__all__ = ["App", "Chat", "Emulator", "Message", "Person", "Press", "create"]

ENDPOINTS: tuple[Endpoint, ...] = (
    *tokens.ENDPOINTS,
    *tenants.ENDPOINTS,
    *contacts.ENDPOINTS,
    *messages.ENDPOINTS,
    *batches.ENDPOINTS,
    *cardkit.ENDPOINTS,
    *chats.ENDPOINTS,
    *media.ENDPOINTS,
    *delayed.ENDPOINTS,
    *robot.ENDPOINTS,
    *logins.ENDPOINTS,
)


def create(
    *,
    brand: str = "lark",
    clock: Callable[[], float] = time.time,
    **switches: Unpack[SwitchValues],
) -> Starlette:
    """Return the emulated platform with a ready organisation.

    `app.state.emulator` is its state and the operations of tests; `app.state.demo` tells the
    credential of the ready app, the people it may write to and a robot of their group (under
    `channels`). An unknown brand raises KeyError, a bad switch ValueError.
    """
    emulator = Emulator(BRANDS[brand], clock, **switches)
    app = Starlette(routes=_routes(emulator))
    app.router.redirect_slashes = False
    app.state.emulator = emulator
    app.state.demo = demo.fill(emulator)
    for status in (404, 405):
        app.add_exception_handler(status, _lost)
    return app


def _routes(emulator: Emulator) -> list[BaseRoute]:
    apis: list[BaseRoute] = [route for each in ENDPOINTS for route in each.routes(emulator)]
    return [
        *apis,
        *logins.routes(emulator),
        *control.routes(emulator),
        *pages.routes(emulator),
    ]


async def _lost(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    if request.url.path.startswith("/open-apis/"):
        return no_such_api(request.app.state.emulator, request, wrong_method=status == 405)
    return PlainTextResponse("Nothing here.", status)
