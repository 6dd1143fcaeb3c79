"""A channel that talks to the emulated platform in-process, and a clock that both share."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from gateway.plugin import ChannelType, Context
from gateway.testing import FakeClock
from gateway_feishu import FEISHU
from gateway_lark import LARK, Platform, channel_type
from gateway_lark.channel import LarkChannel
from gateway_lark.emulator import Emulator, create

BRANDS: dict[str, Platform] = {"lark": LARK, "feishu": FEISHU}


class SilentLog:
    """A log that nobody reads."""

    def info(self, event: str, **fields: object) -> None:
        """Say nothing."""

    def warning(self, event: str, **fields: object) -> None:
        """Say nothing."""


class Rig:
    """One brand's emulated platform, and channels to it."""

    def __init__(self, brand: str) -> None:
        self.clock = FakeClock()
        self.platform = BRANDS[brand]
        self.type: ChannelType = channel_type(self.platform)
        self.app: Starlette = create(brand=brand, clock=lambda: self.clock.now().timestamp())
        self.emulator: Emulator = self.app.state.emulator
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(self.app))
        self.config: dict[str, Any] = dict(self.app.state.demo["config"])
        self.app_id: str = self.config["app_id"]

    def channel(self, **changes: object) -> LarkChannel:
        """Connect as the ready application, with changes to its configuration."""
        credential = self.type.credential.model_validate({**self.config, **changes})
        channel = self.type.open(credential, Context(self.http, self.clock, SilentLog()))
        assert isinstance(channel, LarkChannel)
        return channel

    def calls(self, word: str) -> int:
        """Count the calls whose path holds a word."""
        return sum(count for key, count in self.emulator.calls.items() if word in key)


@pytest.fixture(params=["lark", "feishu"])
async def rig(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    made = Rig(request.param)
    yield made
    await made.http.aclose()


@pytest.fixture
def lark_channel() -> Callable[..., LarkChannel]:
    """Connect to a platform whose answers a test writes itself."""

    def connect(
        answer: Callable[[httpx.Request], httpx.Response], clock: FakeClock | None = None
    ) -> LarkChannel:
        http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
        credential = channel_type(LARK).credential.model_validate(
            {"app_id": "cli_a1b2c3d4", "app_secret": "very-secret-value"}
        )
        context = Context(http, clock or FakeClock(), SilentLog())
        return LarkChannel(credential, context, platform=LARK)

    return connect
