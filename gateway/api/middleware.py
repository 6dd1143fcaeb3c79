"""What every answer gets: an X-Request-Id, and a problem instead of a traceback."""

import re
from collections.abc import MutableMapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.api.problem import respond
from gateway.ids import new_id
from gateway.plugin import Clock, Log
from gateway.problems import Problem

_SANE = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._:/+=-]{0,127}")
_HEADER = b"x-request-id"


class RequestIds:
    """The outermost layer."""

    def __init__(self, app: ASGIApp, clock: Clock, log: Log) -> None:
        self._app = app
        self._clock = clock
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(send, self._name(scope))
        try:
            await self._app(scope, receive, answer.send)
        except Exception as error:
            self._log.warning("a request failed", exc_info=error, request=answer.name.decode())
            if answer.started:
                raise
            problem = Problem("internal_error", "it was logged under this X-Request-Id")
            await respond(problem)(scope, receive, answer.send)

    def _name(self, scope: MutableMapping[str, Any]) -> bytes:
        for name, value in scope["headers"]:
            if name == _HEADER and _SANE.fullmatch(value):
                return bytes(value)
        return new_id("req", self._clock.now()).encode()


class _Answer:
    """One answer on its way out."""

    def __init__(self, send: Send, name: bytes) -> None:
        self.name = name
        self.started = False
        self._send = send

    async def send(self, message: Message) -> None:
        """Pass a message on, the first one with the id."""
        if message["type"] == "http.response.start":
            self.started = True
            message["headers"] = [*message.get("headers", ()), (_HEADER, self.name)]
        await self._send(message)
