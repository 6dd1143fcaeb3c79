"""A platform that does next to nothing: it answers at once, and counts by group.

`POST /push/<group>/<lane>` is a send; in the group `hanging` it is not answered before `GET
/release`. `GET /groups` tells what came in since the last `GET /reset`.
"""

import asyncio
import json
import re
import time
from dataclasses import dataclass, field
from typing import Any, cast

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
DEADLINE = 120.0
LOOK_SECONDS = 0.05
_HEAD_END = b"\r\n\r\n"


@dataclass
class Group:
    """What came in for one group. Times are those of the machine's monotonic clock."""

    calls: int = 0
    first: float = 0.0
    last: float = 0.0
    bodies: set[int] = field(default_factory=set)

    def add(self, body: bytes) -> None:
        self.last = time.monotonic()
        self.first = self.first or self.last
        self.calls += 1
        self.bodies.add(hash(body))

    @property
    def told(self) -> dict[str, Any]:
        distinct = len(self.bodies)
        return {"calls": self.calls, "distinct": distinct, "first": self.first, "last": self.last}


@dataclass
class Platform:
    """What all connections share."""

    groups: dict[str, Group] = field(default_factory=dict)
    hanging: list["Stub"] | None = field(default_factory=list)

    def release(self) -> None:
        """Answer what hangs, and let nothing hang until the next reset."""
        hanging, self.hanging = self.hanging or [], None
        for connection in hanging:
            connection.write(b'{"id":"m-0"}')

    def reset(self) -> None:
        self.groups = {}
        self.hanging = []

    def told(self) -> dict[str, Any]:
        return {name: group.told for name, group in self.groups.items()}


class Stub(asyncio.Protocol):
    """One connection."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._buffer = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(_HEAD_END)) >= 0:
            head = self._buffer[:end]
            length = _LENGTH.search(head)
            whole = end + len(_HEAD_END) + (int(length[1]) if length else 0)
            if len(self._buffer) < whole:
                return
            body = self._buffer[end + len(_HEAD_END) : whole]
            self._buffer = self._buffer[whole:]
            self._answer(head.split(b" ", 2)[1].decode(), body)

    def _answer(self, path: str, body: bytes) -> None:
        if path.startswith("/push/"):
            self._take(path.split("/", 3)[2], body)
        elif path == "/groups":
            self.write(json.dumps(self._platform.told()).encode())
        else:
            {"/reset": self._platform.reset, "/release": self._platform.release}[path]()
            self.write(b"{}")

    def _take(self, name: str, body: bytes) -> None:
        group = self._platform.groups.setdefault(name, Group())
        group.add(body)
        if name == "hanging" and self._platform.hanging is not None:
            self._platform.hanging.append(self)
        else:
            self.write(b'{"id":"m-%d"}' % group.calls)

    def write(self, body: bytes) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        if not self._transport.is_closing():
            self._transport.write(head % len(body) + body)


async def listening() -> tuple[asyncio.Server, int]:
    """Listen on a free port of this machine."""
    platform = Platform()
    server = await asyncio.get_running_loop().create_server(lambda: Stub(platform), "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


async def ask(port: int, path: str) -> Any:  # noqa: ANN401 - any JSON
    """Ask a stub that listens on `port`."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: stub\r\n\r\n".encode())
    head = await reader.readuntil(_HEAD_END)
    length = _LENGTH.search(head)
    body = await reader.readexactly(int(length[1]) if length else 0)
    writer.close()
    return json.loads(body)


async def arrived(port: int, name: str, awaited: int) -> dict[str, Any]:
    """Wait for that many calls of one group; the stub knows when they came."""
    async with asyncio.timeout(DEADLINE):
        while True:
            group: dict[str, Any] = (await ask(port, "/groups")).get(name, {"calls": 0})
            if group["calls"] >= awaited:
                return group
            await asyncio.sleep(LOOK_SECONDS)
