"""What fault tests play on: emulated Lark on a real port, and gateways that can be killed."""

import asyncio
import base64
import contextlib
import functools
import json
import os
import secrets
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Unpack

import httpx
import structlog
from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.api import Parts
from gateway.app import build_app
from gateway.plugin import Clock
from gateway.registry import Registry, load
from gateway.serving import listen, port_of, serving
from gateway.settings import Settings
from gateway_lark.emulator import Emulator, create
from gateway_lark.emulator.switches import SwitchValues

OWNER_KEY = "an-owner-key-for-fault-tests"
HOST = "127.0.0.1"
TENANT = "acme"
MESSAGES = "/open-apis/im/v1/messages"
TOKEN = "/open-apis/auth/v3/tenant_access_token/internal"
LOOK_UP = "/open-apis/contact/v3/users/batch_get_id"
BATCH = "/open-apis/message/v4/batch_send/"
UNLIMITED = {"user_window_seconds": 0, "calls_per_second": 0, "calls_per_minute": 0}
START_SECONDS = 30.0


@dataclass
class Watch:
    """Sees every send before the platform does: which `uuid` came how often, and when."""

    app: ASGIApp
    uuids: Counter[str]
    times: list[float]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"] == MESSAGES:
            body = await _whole(receive)
            self.uuids[json.loads(body)["uuid"]] += 1
            self.times.append(time.monotonic())
            receive = _Again(receive, body).receive
        await self.app(scope, receive, send)


class _Again:
    """Gives a body that was read already; has the `transport` that the `reset` fault needs."""

    def __init__(self, receive: Receive, body: bytes) -> None:
        self.transport = getattr(getattr(receive, "__self__", None), "transport", None)
        self._receive = receive
        self._first: Message | None = {"type": "http.request", "body": body, "more_body": False}

    async def receive(self) -> Message:
        first, self._first = self._first, None
        return first if first is not None else await self._receive()


async def _whole(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body", False):
            return body


@dataclass
class Platform:
    """Emulated Lark on a port of this process."""

    url: str
    emulator: Emulator
    config: dict[str, Any]
    uuids: Counter[str] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)

    @property
    def repeated(self) -> dict[str, int]:
        return {uuid: times for uuid, times in self.uuids.items() if times > 1}

    def calls(self, path: str) -> int:
        return self.emulator.calls[f"POST {path}"]

    def break_down(self, path: str, kind: str, **more: object) -> None:
        self.emulator.faults = [{"path": path, "kind": kind, **more}]

    def mend(self) -> None:
        self.emulator.faults = []


@contextlib.asynccontextmanager
async def platform(**switches: Unpack[SwitchValues]) -> AsyncIterator[Platform]:
    """Serve an emulated Lark while the body runs."""
    app = create(**switches)
    sock = listen(HOST, 0)
    url = f"http://{HOST}:{port_of(sock)}"
    # An application of its own: channels of one application would share a lane.
    own = {"app_id": f"cli_{secrets.token_hex(8)}", "app_secret": secrets.token_hex(16)}
    app.state.emulator.add_app(**own)
    found = Platform(url, app.state.emulator, {**own, "api_base": url})
    app.add_middleware(Watch, uuids=found.uuids, times=found.times)
    async with serving(app, sock, drain=1):
        yield found
        found.mend()


class Api:
    """The gateway's API as an owner uses it."""

    def __init__(self, url: str, seconds: float = 20.0) -> None:
        self.http = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {OWNER_KEY}"},
            timeout=seconds,
            trust_env=False,
            limits=httpx.Limits(max_connections=200),
        )

    async def call(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - any JSON
        reply = await self.http.request(method, path, json=body)
        assert reply.is_success, (method, path, reply.status_code, reply.text)
        return reply.json() if reply.content else None

    async def prepare(self, lark: Platform, **limits: int) -> None:
        """Make the tenant and one enabled channel."""
        await self.call("PUT", f"/v1/tenants/{TENANT}", {"name": "Acme"})
        await self.channel("lark", lark, **limits)

    async def channel(self, name: str, lark: Platform, **limits: int) -> None:
        path = f"/v1/tenants/{TENANT}/channels/{name}"
        chosen = {**UNLIMITED, **limits}
        await self.call("PUT", path, {"type": "lark", "config": lark.config, "limits": chosen})
        await self.call("POST", f"{path}/enable")

    async def notify(self, *to: object, title: str = "Hi", **more: object) -> dict[str, Any]:
        answer: dict[str, Any] = await self.call("POST", "/notify", note(*to, title=title, **more))
        return answer

    async def delivery(self, delivery_id: str) -> dict[str, Any]:
        found: dict[str, Any] = await self.call("GET", f"/v1/deliveries/{delivery_id}")
        return found

    async def deliveries(self, **filters: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor = None
        while True:
            wanted = {"limit": "200", "tenant": TENANT, **filters}
            reply = await self.http.get(
                "/v1/deliveries", params=wanted | ({"cursor": cursor} if cursor else {})
            )
            page = reply.raise_for_status().json()
            found += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return found

    async def until(self, delivery_id: str, state: str, seconds: float = 20.0) -> dict[str, Any]:
        """Return the delivery once it is in `state`."""
        found: dict[str, Any] = {}

        async def there() -> bool:
            nonlocal found
            found = await self.delivery(delivery_id)
            return bool(found["state"] == state)

        try:
            await until(there, seconds)
        except TimeoutError:
            raise AssertionError(f"never {state}: {found}") from None
        return found

    async def aclose(self) -> None:
        await self.http.aclose()


def note(*to: object, title: str, **more: object) -> dict[str, Any]:
    """Return the body of a notification."""
    return {"tenant": TENANT, "type": "fault.test", "to": to, "card": {"title": title}, **more}


def email(number: int) -> dict[str, str]:
    """Return the recipient that `Emulator.add_people` calls by this number."""
    return {"email": f"p{number}@example.com"}


async def until(check: Callable[[], Awaitable[bool]], seconds: float, every: float = 0.05) -> None:
    """Ask again and again, for so long."""
    async with asyncio.timeout(seconds):
        while not await check():  # noqa: ASYNC110 - nobody over there can set an event
            await asyncio.sleep(every)


@dataclass
class Gateway:
    """One `gateway serve` as a process of its own, always on the same port and database."""

    folder: Path
    port: int
    environment: Mapping[str, str]
    probe: str = "/readyz"
    process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "gateway.log"

    @property
    def database(self) -> Path:
        return self.folder / "data" / "gateway.db"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    async def start(self) -> float:
        """Start it and return the seconds until its first answer."""
        began = time.monotonic()
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *serve_command(), env=self.environment, stdout=log, stderr=log
            )
        await until(self._answers, START_SECONDS, every=0.02)
        return time.monotonic() - began

    async def kill(self) -> None:
        await self._end(signal.SIGKILL)

    async def stop(self, seconds: float = 25.0) -> int:
        """Ask it to end and return its exit code."""
        async with asyncio.timeout(seconds):
            return await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> int:
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(number)
        return await self.process.wait()

    async def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.returncode is None, self.log.read_text()[-3000:]
        try:
            async with httpx.AsyncClient(trust_env=False) as http:
                return (await http.get(f"{self.url}{self.probe}", timeout=1)).status_code == 200
        except httpx.TransportError:
            return False


def serve_command() -> list[str]:
    """Return the command line of `gateway serve` of this very installation."""
    return [sys.executable, "-c", "from gateway.cli import main; main()", "serve"]


@contextlib.asynccontextmanager
async def gateway(
    folder: Path, *, probe: str = "/readyz", **settings: str
) -> AsyncIterator[Gateway]:
    """Start a gateway and wait until `probe` is fine; it is killed at the end at the latest."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GATEWAY_")}
    port = _free_port()
    environment |= {
        "GATEWAY_DATABASE_URL": f"sqlite:///{folder / 'data' / 'gateway.db'}",
        "GATEWAY_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "GATEWAY_OWNER_KEY": OWNER_KEY,
        "GATEWAY_EGRESS_ALLOW": "127.0.0.0/8",
        **{f"GATEWAY_{name.upper()}": value for name, value in settings.items()},
    }
    found = Gateway(folder, port, environment, probe)
    try:
        await found.start()
        yield found
    finally:
        if found.process is not None:
            await found.kill()


@contextlib.asynccontextmanager
async def api_of(url: str) -> AsyncIterator[Api]:
    """Talk to a gateway while the body runs."""
    api = Api(url)
    try:
        yield api
    finally:
        await api.aclose()


def _free_port() -> int:
    with contextlib.closing(socket.socket()) as sock:
        sock.bind((HOST, 0))
        return int(sock.getsockname()[1])


@dataclass
class House:
    """A gateway in this very process, its API, and the parts it is made of."""

    api: Api
    app: FastAPI

    @property
    def parts(self) -> Parts:
        parts: Parts = self.app.state.parts
        return parts


@contextlib.asynccontextmanager
async def house(
    database_url: str,
    *,
    clock: Clock | None = None,
    registry: Registry | None = None,
    **settings: object,
) -> AsyncIterator[House]:
    """Serve a gateway from this process while the body runs."""
    values: dict[str, Any] = {
        "database_url": database_url,
        "owner_key": OWNER_KEY,
        "egress_allow": "127.0.0.0/8",
        "encryption_keys": base64.b64encode(bytes(range(32))).decode(),
        **settings,
    }
    chosen = Settings(**values)
    app = build_app(chosen, clock=clock, registry=registry or _installed(chosen.plugins))
    sock = listen(HOST, 0)
    url = f"http://{HOST}:{port_of(sock)}"
    async with serving(app, sock, drain=1), api_of(url) as api:
        yield House(api, app)


@functools.cache
def _installed(allowed: frozenset[str] | None) -> Registry:
    """Return the plugins, read once: what a registry holds does not change."""
    return load(structlog.get_logger("gateway"), allowed=allowed)
