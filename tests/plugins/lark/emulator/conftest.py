"""A platform, a clock that stands still, and a client that already has a token."""

import json
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette

from gateway_lark.emulator import Emulator, Person, create

Json = dict[str, Any]


class Clock:
    """Tells the time somebody set."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class Client:
    """Calls the platform as the demo app and returns the parsed answers."""

    def __init__(self, app: Starlette, http: httpx.AsyncClient) -> None:
        self.http = http
        self.emulator: Emulator = app.state.emulator
        self.config: dict[str, str] = app.state.demo["config"]
        self.app_id = self.config["app_id"]
        self.token = ""

    async def log_in(self, app_id: str = "", app_secret: str = "") -> Json:
        credential = {
            "app_id": app_id or self.app_id,
            "app_secret": app_secret or self.config["app_secret"],
        }
        path = "/open-apis/auth/v3/tenant_access_token/internal"
        answer: Json = (await self.http.post(path, json=credential)).json()
        self.token = answer.get("tenant_access_token", "")
        return answer

    async def ask(
        self, method: str, path: str, body: object = None, **query: str | int
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        content = None if body is None else json.dumps(body)
        return await self.http.request(
            method, f"/open-apis/{path}", headers=headers, params=query or None, content=content
        )

    async def send(self, to: Person, said: Json | str = "hi", **more: object) -> httpx.Response:
        """Send a text, or a card when what is said is an object."""
        card = isinstance(said, dict)
        body = {
            "receive_id": self.emulator.open_id(self.app_id, to),
            "msg_type": "interactive" if card else "text",
            "content": json.dumps(said if card else {"text": said}),
            **more,
        }
        return await self.ask("POST", "im/v1/messages", body, receive_id_type="open_id")


@contextmanager
def served(app: Starlette) -> Iterator[str]:
    """Serve the platform on a real port of this machine and yield its address."""
    # the vendor's client wants headers spelt as the platform spells them; only h11 keeps that
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", ws="none", http="h11")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(clock: Clock) -> Starlette:
    return create(clock=clock)


@pytest.fixture
def emulator(app: Starlette) -> Emulator:
    found: Emulator = app.state.emulator
    return found


@pytest.fixture
def li_wei(emulator: Emulator) -> Person:
    return emulator.people["li.wei"]


@pytest.fixture
async def http(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://lark.test") as client:
        yield client


@pytest.fixture
async def client(app: Starlette, http: httpx.AsyncClient) -> Client:
    client = Client(app, http)
    await client.log_in()
    return client


@pytest.fixture
def card() -> Json:
    return {
        "schema": "2.0",
        "header": {"title": {"tag": "plain_text", "content": "Disk is full"}, "template": "red"},
        "body": {"elements": [{"tag": "markdown", "content": "**web-1** is at 98 %"}]},
    }
