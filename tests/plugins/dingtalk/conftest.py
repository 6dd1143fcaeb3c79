"""A channel that talks to the emulated platform in-process, and a clock that both share."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from gateway.plugin import ChannelType
from gateway.testing import RushedClock, context_for
from gateway_dingtalk import EDITIONS, STANDARD, Edition, channel_type
from gateway_dingtalk.channel import DingTalkChannel
from gateway_dingtalk.emulator import Emulator, create

BY_NAME = {edition.name: edition for edition in EDITIONS}
Answer = Callable[[httpx.Request], httpx.Response]
TOKEN = {"accessToken": "a-token-of-the-platform", "expireIn": 7200}
CONFIG = {
    "app_key": "dingkey",
    "app_secret": "very-secret-value",
    "robot_code": "dingkey",
    "card_template_id": "golden.schema",
}


class Rig:
    """One edition's emulated platform, and channels to it."""

    def __init__(self, brand: str, callback_url: str | None = None) -> None:
        self.clock = RushedClock()
        self.edition: Edition = BY_NAME[brand]
        self.type: ChannelType = channel_type(self.edition)
        self.app: Starlette = create(brand=brand, clock=lambda: self.clock.now().timestamp())
        self.emulator: Emulator = self.app.state.emulator
        self.context = context_for(
            httpx.ASGITransport(self.app), self.clock, callback_url=callback_url
        )
        self.config: dict[str, Any] = dict(self.app.state.demo["config"])
        self.group: str = self.app.state.demo["groups"][0]["id"]

    def channel(self, **changes: object) -> DingTalkChannel:
        """Connect as the ready application, with changes to its configuration."""
        credential = self.type.credential.model_validate({**self.config, **changes})
        channel = self.type.open(credential, self.context)
        assert isinstance(channel, DingTalkChannel)
        return channel

    def notice_channel(self, **changes: object) -> DingTalkChannel:
        """Connect as one whose plain messages are work notices."""
        agent_id = str(self.emulator.apps[self.config["app_key"]].agent_id)
        return self.channel(person_messages="work_notice", agent_id=agent_id, **changes)

    def calls(self, word: str = "") -> int:
        """Count the calls whose path holds a word."""
        return sum(count for key, count in self.emulator.calls.items() if word in key)

    def permissions(self) -> set[str]:
        """Return what the ready application is granted, to be changed."""
        return self.emulator.apps[self.config["app_key"]].permissions


@pytest.fixture(params=[edition.name for edition in EDITIONS])
async def rig(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    made = Rig(request.param)
    yield made
    await made.context.http.aclose()


@pytest.fixture
async def exclusive() -> AsyncIterator[Rig]:
    made = Rig("dingtalk-exclusive")
    yield made
    await made.context.http.aclose()


class Scripted:
    """A platform whose answers a test writes itself, but for the token's."""

    def __init__(
        self,
        answer: Answer,
        edition: Edition = STANDARD,
        callback_url: str | None = None,
        **config: object,
    ) -> None:
        self.requests: list[httpx.Request] = []
        self.clock = RushedClock()
        self._answer = answer
        kind = channel_type(edition)
        transport = httpx.MockTransport(self._respond)
        context = context_for(transport, self.clock, callback_url=callback_url)
        credential = kind.credential.model_validate({**CONFIG, **config})
        channel = kind.open(credential, context)
        assert isinstance(channel, DingTalkChannel)
        self.channel = channel

    def _respond(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/accessToken"):
            return httpx.Response(200, json=TOKEN)
        self.requests.append(request)
        return self._answer(request)


@pytest.fixture
def scripted() -> type[Scripted]:
    return Scripted
