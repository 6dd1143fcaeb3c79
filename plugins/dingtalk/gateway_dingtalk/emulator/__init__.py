"""A strict DingTalk platform in one ASGI app, for tests, demos and fault drills.

One app answers for both hosts of the platform and for the robots of groups. It is built from
the platform's documentation and imports nothing of the gateway or its plugins, so that a client
and its emulator cannot share a mistake. Facts carry the name of the page they come from; where
the pages are silent or contradict each other, a switch has both behaviours.
"""

import time
from collections.abc import Callable
from typing import Unpack

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute

from . import (
    apps,
    cards,
    contacts,
    control,
    demo,
    dings,
    groups,
    logins,
    notices,
    pages,
    robots,
    tokens,
    webhook,
)
from .brands import BRANDS
from .gate import Endpoint, no_such_api
from .model import App, Card, Group, Message, Person, Press
from .state import Emulator
from .switches import SwitchValues

__all__ = ["App", "Card", "Emulator", "Group", "Message", "Person", "Press", "create"]

ENDPOINTS: tuple[Endpoint, ...] = (
    *tokens.ENDPOINTS,
    *contacts.ENDPOINTS,
    *robots.ENDPOINTS,
    *cards.ENDPOINTS,
    *notices.ENDPOINTS,
    *dings.ENDPOINTS,
    *groups.ENDPOINTS,
    *apps.ENDPOINTS,
    *webhook.ENDPOINTS,
    *logins.ENDPOINTS,
)
OURS = ("/_emulator", "/people", "/groups", "/messages")


def create(
    *,
    brand: str = "dingtalk",
    clock: Callable[[], float] = time.time,
    **switches: Unpack[SwitchValues],
) -> Starlette:
    """Return the emulated platform with a ready organisation.

    `app.state.emulator` is its state and the operations of tests; `app.state.demo` tells the
    credential of the ready app, the people it may write to and the robot of their group. An
    unknown brand raises KeyError, a bad switch ValueError.
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
    apis: list[BaseRoute] = [each.route(emulator) for each in ENDPOINTS]
    return [
        *apis,
        *logins.routes(emulator),
        *control.routes(emulator),
        *pages.routes(emulator),
    ]


async def _lost(request: Request, _error: Exception) -> Response:
    if request.url.path == "/" or request.url.path.startswith(OURS):
        return PlainTextResponse("Nothing here.", 404)
    return no_such_api(request.app.state.emulator, request)
