"""Answers of a platform that is broken, each bounded in time and size."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from .codes import CODES

Sleep = Callable[[float], Awaitable[None]]
Fault = dict[str, Any]
Maker = Callable[[str, Sleep], Response]

MEGABYTE = 1024 * 1024
BOMB_MEGABYTES = 200
HUGE_MEGABYTES = 1024
TRICKLE_BYTES = 40
TRICKLE_SECONDS = 0.5
HANG_SECONDS = 30.0
CUT_ANSWER = '{"code":0,"msg":"ok","data":{"message_id":"om_'
DEFAULTS: Fault = {"path": "/", "method": None, "times": None, "kind": "", "processed": False}


class Reset(Response):
    """Closes the connection without an answer; in-process callers see ConnectionResetError."""

    async def __call__(self, _scope: Scope, receive: Receive, _send: Send) -> None:
        """Abort the server's transport, which it keeps beside its `receive`."""
        transport = getattr(getattr(receive, "__self__", None), "transport", None)
        if transport is None:
            raise ConnectionResetError("the emulated platform closed the connection")
        transport.abort()
        while (await receive())["type"] != "http.disconnect":  # the server must see it first
            pass


class Late(JSONResponse):
    """Says nothing at all for a long time, then that something broke."""

    def __init__(self, sleep: Sleep) -> None:
        self.sleep = sleep
        super().__init__({"code": 2200, "msg": CODES[2200][1]}, CODES[2200][0])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait first: not even the headers come early."""
        await self.sleep(HANG_SECONDS)
        await super().__call__(scope, receive, send)


def _html(_detail: str, _sleep: Sleep) -> Response:
    return HTMLResponse("<html><body><h1>Bad Gateway</h1></body></html>")


def _truncated(_detail: str, _sleep: Sleep) -> Response:
    return Response(CUT_ANSWER, media_type="application/json")


def _empty(_detail: str, _sleep: Sleep) -> Response:
    return Response(b"", media_type="application/json")


def _status(detail: str, _sleep: Sleep) -> Response:
    return HTMLResponse("<html><body>unavailable</body></html>", int(detail))


def _bad_code(detail: str, _sleep: Sleep) -> Response:
    status, text = CODES.get(int(detail), (400, "error"))
    return JSONResponse({"code": int(detail), "msg": text, "error": {}}, status)


def _rate_limit(_detail: str, _sleep: Sleep) -> Response:
    headers = {"x-ogw-ratelimit-limit": "50", "x-ogw-ratelimit-reset": "1"}
    status, text = CODES[99991400]
    return JSONResponse({"code": 99991400, "msg": text, "error": {}}, status, headers)


def _gzip_bomb(_detail: str, _sleep: Sleep) -> Response:
    headers = {"content-encoding": "gzip", "content-type": "application/json"}
    return StreamingResponse(_bomb(), headers=headers)


async def _bomb() -> AsyncIterator[bytes]:
    packer = zlib.compressobj(wbits=31)
    for _ in range(BOMB_MEGABYTES):
        yield packer.compress(b" " * MEGABYTE)
        await asyncio.sleep(0)
    yield packer.flush()


def _trickle(_detail: str, sleep: Sleep) -> Response:
    return StreamingResponse(_drops(sleep), media_type="application/json")


async def _drops(sleep: Sleep) -> AsyncIterator[bytes]:
    for _ in range(TRICKLE_BYTES):
        await sleep(TRICKLE_SECONDS)
        yield b" "


def _huge(_detail: str, _sleep: Sleep) -> Response:
    return StreamingResponse(_flood(), media_type="application/json")


async def _flood() -> AsyncIterator[bytes]:
    chunk = b" " * MEGABYTE
    for _ in range(HUGE_MEGABYTES):
        yield chunk


def _reset(_detail: str, _sleep: Sleep) -> Response:
    return Reset()


def _hang(_detail: str, sleep: Sleep) -> Response:
    return Late(sleep)


KINDS: dict[str, Maker] = {
    "html": _html,
    "truncated_json": _truncated,
    "empty": _empty,
    "status": _status,
    "gzip_bomb": _gzip_bomb,
    "trickle": _trickle,
    "huge": _huge,
    "reset": _reset,
    "hang": _hang,
    "bad_code": _bad_code,
    "rate_limit": _rate_limit,
}
WITH_NUMBER = ("status", "bad_code")


def parse(value: object) -> list[Fault]:
    """Return the rules with every field present, or raise ValueError."""
    if not isinstance(value, list):
        raise ValueError("faults must be a list of rules")  # noqa: TRY004 - one kind of refusal
    return [_rule(each) for each in value]


def _rule(given: Fault) -> Fault:
    rule = DEFAULTS | given
    name, _, detail = str(rule["kind"]).partition(":")
    right_number = detail.isdigit() if name in WITH_NUMBER else not detail
    if set(given) - set(DEFAULTS) or name not in KINDS or not right_number:
        raise ValueError(f"not a fault rule: {given}")
    return rule


def take(rules: list[Fault], method: str, path: str) -> Fault | None:
    """Return the first rule that concerns the call and count one use of it."""
    for given in rules:
        rule = DEFAULTS | given
        concerned = path.startswith(rule["path"]) and rule["method"] in (None, method)
        if concerned and rule["times"] != 0:
            if rule["times"] is not None:
                given["times"] -= 1
            return rule
    return None


def answer(rule: Fault, sleep: Sleep) -> Response:
    """Return the broken answer of a rule."""
    name, _, detail = str(rule["kind"]).partition(":")
    return KINDS[name](detail, sleep)
