"""A light HTTP/1.1 client: many keep-alive connections, each with one call at a time."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import cast

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length: "


@dataclass
class Load:
    """One request, sent again and again until the time is over."""

    request: bytes
    until: float
    accepted: int = 0
    refused: int = 0
    seconds: list[float] = field(default_factory=list)

    def count(self, answer: bytes, seconds: float) -> None:
        self.seconds.append(seconds)
        if answer.startswith(b"HTTP/1.1 2"):
            self.accepted += 1
        else:
            self.refused += 1


class Caller(asyncio.Protocol):
    """One connection; `done` is set when it has sent its last request."""

    def __init__(self, load: Load) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._load = load
        self._buffer = b""
        self._sent = 0.0
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not _is_whole(self._buffer):
            return
        now = time.monotonic()
        self._load.count(self._buffer, now - self._sent)
        self._buffer = b""
        if now < self._load.until:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if not self.done.done():
            self.done.set_result(None)

    def _send(self) -> None:
        self._sent = time.monotonic()
        self._transport.write(self._load.request)


def _is_whole(answer: bytes) -> bool:
    end = answer.find(_HEAD_END)
    start = answer.find(_LENGTH, 0, end)
    if end < 0 or start < 0:
        return False
    length = int(answer[start + len(_LENGTH) : answer.find(b"\r", start)])
    return len(answer) >= end + len(_HEAD_END) + length


def post(path: str, key: str, body: bytes) -> bytes:
    """Return the bytes of one POST."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def press(port: int, request: bytes, connections: int, seconds: float) -> Load:
    """Send `request` on all connections until the time is over."""
    loop = asyncio.get_running_loop()
    load = Load(request, time.monotonic() + seconds)
    callers = await asyncio.gather(
        *(
            loop.create_connection(lambda: Caller(load), "127.0.0.1", port)
            for _ in range(connections)
        )
    )
    async with asyncio.timeout(seconds + 30):
        await asyncio.gather(*(caller.done for _, caller in callers))
    return load


async def post_once(port: int, request: bytes) -> float:
    """Send one request on a connection of its own and return the seconds it took."""
    load = await press(port, request, connections=1, seconds=0)
    assert load.accepted == 1
    return load.seconds[0]
