"""How a far end can fail: connections, statuses and bodies, as they are seen in the wild."""

from collections.abc import Callable
from dataclasses import dataclass

import httpx

DEEP = 100_000


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to fail.

    Attributes:
        name: What reports call it.
        answer: Answers the request, or raises as a transport does.
        looks_fine: True where the status is a 2xx and only the body is broken.
        passes: True where it goes away by itself, so that trying again is right.
    """

    name: str
    answer: Callable[[httpx.Request], httpx.Response]
    looks_fine: bool = False
    passes: bool = False


def _refused(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("connection refused", request=request)


def _silent(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("no answer in time", request=request)


def _cut(request: httpx.Request) -> httpx.Response:
    raise httpx.RemoteProtocolError("the peer closed the connection", request=request)


def _body(content: bytes, kind: str = "application/json") -> Callable[..., httpx.Response]:
    headers = {"content-type": kind}
    return lambda request: httpx.Response(200, content=content, headers=headers, request=request)


def _status(status: int, **headers: str) -> Callable[[httpx.Request], httpx.Response]:
    return lambda request: httpx.Response(status, headers=headers, text="no", request=request)


def _echo(status: int) -> Callable[[httpx.Request], httpx.Response]:
    """Tell everything back, as a debugging proxy in front of a platform does."""

    def answer(request: httpx.Request) -> httpx.Response:
        told = f"{request.method} {request.url}\n{request.headers.raw!r}\n{request.content!r}"
        return httpx.Response(status, json={"code": 1, "msg": told, "error": told}, request=request)

    return answer


FAULTS: tuple[Fault, ...] = (
    Fault("connection refused", _refused, passes=True),
    Fault("read timeout", _silent, passes=True),
    Fault("connection cut", _cut, passes=True),
    Fault("HTTP 500", _status(500), passes=True),
    Fault("HTTP 503", _status(503), passes=True),
    Fault("HTTP 429", _status(429, **{"retry-after": "7"}), passes=True),
    Fault("HTML", _body(b"<html><body>Sign in</body></html>", "text/html"), looks_fine=True),
    Fault("truncated JSON", _body(b'{"code": 0, "data": {"mess'), looks_fine=True),
    Fault("an empty body", _body(b""), looks_fine=True),
    Fault("deep JSON", _body(b"[" * DEEP + b"]" * DEEP), looks_fine=True),
    Fault("an empty object", _body(b"{}"), looks_fine=True),
    Fault("a list for an object", _body(b"[1, 2]"), looks_fine=True),
    Fault("bytes that are no text", _body(b"\xff\xfe\x00\x80"), looks_fine=True),
)
ECHOES: tuple[Fault, ...] = (
    Fault("a 400 that repeats the request", _echo(400)),
    Fault("a 500 that repeats the request", _echo(500)),
    Fault("a 200 that repeats the request", _echo(200), looks_fine=True),
)
