"""Answers of a platform that is broken, each bounded in time and size."""

import asyncio
import re
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from .codes import RejectedError, at_gate, generation, refusal
from .ids import request_id

Sleep = Callable[[float], Awaitable[None]]
Fault = dict[str, Any]
Maker = Callable[[str, str, Sleep], Response]
"""Makes the answer from the rule's detail, the path of the call and a way to wait."""

MEGABYTE = 1024 * 1024
BOMB_MEGABYTES = 200
HUGE_MEGABYTES = 1024
TRICKLE_BYTES = 40
TRICKLE_SECONDS = 0.5
HANG_SECONDS = 30.0
CUT_ANSWER = '{"processQueryKey":"'
BROKEN: dict[str, str | int] = {"new": "system.error", "old": -1, "robot": -1}
BUSY: dict[str, int] = {"robot": 130101}
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


class Late(Response):
    """Says nothing at all for a long time, then that something broke."""

    def __init__(self, path: str, sleep: Sleep) -> None:
        self.sleep = sleep
        self.late = _refused(path, RejectedError(BROKEN[generation(path)]))
        super().__init__()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait first: not even the headers come early."""
        await self.sleep(HANG_SECONDS)
        await self.late(scope, receive, send)


def _refused(path: str, rejected: RejectedError) -> Response:
    status, answer = refusal(generation(path), rejected, request_id())
    return JSONResponse(answer, status)


def _html(_detail: str, _path: str, _sleep: Sleep) -> Response:
    return HTMLResponse("<html><body><h1>Bad Gateway</h1></body></html>")


def _truncated(_detail: str, _path: str, _sleep: Sleep) -> Response:
    return Response(CUT_ANSWER, media_type="application/json")


def _empty(_detail: str, _path: str, _sleep: Sleep) -> Response:
    return Response(b"", media_type="application/json")


def _status(detail: str, _path: str, _sleep: Sleep) -> Response:
    return HTMLResponse("<html><body>unavailable</body></html>", int(detail))


def _bad_code(detail: str, path: str, _sleep: Sleep) -> Response:
    """Refuse with any code in the words of the path's generation."""
    number = re.fullmatch(r"-?[0-9]{1,9}", detail) is not None
    if number != (generation(path) != "new"):
        return _refused(path, RejectedError(BROKEN[generation(path)]))
    wrapped = number and int(detail) in (40000, 40014, 42001, 60011, 60020, 90018, 90020)
    return _refused(path, RejectedError(int(detail) if number else detail, gate=wrapped))


def _rate_limit(_detail: str, path: str, _sleep: Sleep) -> Response:
    kind = generation(path)
    return _refused(path, RejectedError(BUSY[kind]) if kind in BUSY else at_gate("rate", kind))


def _banned(_detail: str, _path: str, _sleep: Sleep) -> Response:
    """Answer a caller whose address made 10,000 calls in 20 s ("call-frequency-limit")."""
    banned = {"status": 1111, "wait": 5, "source": "x5", "punish": "deny", "uuid": request_id()}
    return JSONResponse(banned)


def _gzip_bomb(_detail: str, _path: str, _sleep: Sleep) -> Response:
    headers = {"content-encoding": "gzip", "content-type": "application/json"}
    return StreamingResponse(_bomb(), headers=headers)


async def _bomb() -> AsyncIterator[bytes]:
    packer = zlib.compressobj(wbits=31)
    for _ in range(BOMB_MEGABYTES):
        yield packer.compress(b" " * MEGABYTE)
        await asyncio.sleep(0)
    yield packer.flush()


def _trickle(_detail: str, _path: str, sleep: Sleep) -> Response:
    return StreamingResponse(_drops(sleep), media_type="application/json")


async def _drops(sleep: Sleep) -> AsyncIterator[bytes]:
    for _ in range(TRICKLE_BYTES):
        await sleep(TRICKLE_SECONDS)
        yield b" "


def _huge(_detail: str, _path: str, _sleep: Sleep) -> Response:
    return StreamingResponse(_flood(), media_type="application/json")


async def _flood() -> AsyncIterator[bytes]:
    chunk = b" " * MEGABYTE
    for _ in range(HUGE_MEGABYTES):
        yield chunk


def _reset(_detail: str, _path: str, _sleep: Sleep) -> Response:
    return Reset()


def _hang(_detail: str, path: str, sleep: Sleep) -> Response:
    return Late(path, sleep)


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
    "banned": _banned,
}


def parse(value: object) -> list[Fault]:
    """Return the rules with every field present, or raise ValueError."""
    if not isinstance(value, list):
        raise ValueError("faults must be a list of rules")  # noqa: TRY004 - one kind of refusal
    return [_rule(each) for each in value]


def _rule(given: Fault) -> Fault:
    rule = DEFAULTS | given
    name, _, detail = str(rule["kind"]).partition(":")
    right = {"status": re.fullmatch(r"[1-5][0-9]{2}", detail), "bad_code": bool(detail)}.get(
        name, not detail
    )
    if set(given) - set(DEFAULTS) or name not in KINDS or not right:
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


def answer(rule: Fault, path: str, sleep: Sleep) -> Response:
    """Return the broken answer of a rule to a call of one path."""
    name, _, detail = str(rule["kind"]).partition(":")
    return KINDS[name](detail, path, sleep)
