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

from gateway_dingtalk.emulator import Emulator, Person, create

Json = dict[str, Any]
ONE = "/v1.0/robot/oToMessages"
CARDS = "/v1.0/card/instances"


class Clock:
    """Tells the time somebody set."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class Client:
    """Calls both hosts of the platform as the demo app."""

    def __init__(self, app: Starlette, http: httpx.AsyncClient) -> None:
        self.http = http
        self.emulator: Emulator = app.state.emulator
        self.config: dict[str, str] = app.state.demo["config"]
        self.robot_code = self.config["robot_code"]
        self.template_id = self.config["card_template_id"]
        self.token = ""

    async def log_in(self, app_key: str = "", app_secret: str = "") -> Json:
        credential = {
            "appKey": app_key or self.config["app_key"],
            "appSecret": app_secret or self.config["app_secret"],
        }
        answer: Json = (await self.http.post("/v1.0/oauth2/accessToken", json=credential)).json()
        self.token = answer.get("accessToken", "")
        return answer

    async def new(
        self, method: str, path: str, body: object = None, **query: str
    ) -> httpx.Response:
        """Call the new API and return the answer."""
        headers = {"x-acs-dingtalk-access-token": self.token}
        more: Json = {} if body is None else {"json": body}
        return await self.http.request(method, path, headers=headers, params=query or None, **more)

    async def old(self, path: str, **body: object) -> Json:
        """Call the old API and return the parsed answer, which comes with HTTP 200 always."""
        query = {"access_token": self.token}
        answer = await self.http.post(path, params=query, json=body)
        assert answer.status_code == 200
        parsed: Json = answer.json()
        return parsed

    async def send(self, *users: str, **changes: object) -> httpx.Response:
        """Let the robot say something to people."""
        said = {"title": "Disk is full", "text": "**web-1** is at 98 %"}
        body = {
            "robotCode": self.robot_code,
            "userIds": list(users),
            "msgKey": "sampleMarkdown",
            "msgParam": json.dumps(said),
            **changes,
        }
        return await self.new("POST", f"{ONE}/batchSend", kept(body))

    def card(self, track_id: str, *users: str, **changes: object) -> Json:
        """Return the body that shows a card to people."""
        spaces = ";".join(f"dtv1.card//IM_ROBOT.{user}" for user in users)
        body = {
            "cardTemplateId": self.template_id,
            "outTrackId": track_id,
            "cardData": {"cardParamMap": {"title": "Disk is full", "status": "pending"}},
            "openSpaceId": spaces,
            "imRobotOpenSpaceModel": {"supportForward": True},
            "imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT", "robotCode": self.robot_code},
            **changes,
        }
        return kept(body)

    async def show(self, track_id: str, *users: str, **changes: object) -> httpx.Response:
        """Create a card and deliver it to people."""
        body = self.card(track_id, *users, **changes)
        return await self.new("POST", f"{CARDS}/createAndDeliver", body)

    async def update(
        self, track_id: str, *, by_key: bool = True, **variables: object
    ) -> httpx.Response:
        """Change the public variables of a card."""
        body = {
            "outTrackId": track_id,
            "cardData": {"cardParamMap": variables},
            "cardUpdateOptions": {"updateCardDataByKey": by_key},
        }
        return await self.new("PUT", CARDS, body)


def kept(body: Json) -> Json:
    """Return a body without the fields set to None."""
    return {name: value for name, value in body.items() if value is not None}


@contextmanager
def served(app: Starlette) -> Iterator[str]:
    """Serve the platform on a real port of this machine and yield `host:port`."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
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
    async with httpx.AsyncClient(transport=transport, base_url="http://dingtalk.test") as client:
        yield client


@pytest.fixture
async def client(app: Starlette, http: httpx.AsyncClient) -> Client:
    client = Client(app, http)
    await client.log_in()
    return client
