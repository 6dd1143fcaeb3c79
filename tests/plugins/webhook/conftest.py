"""Robots and webhooks whose far end is a test's own, or an emulated platform."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from gateway.plugin import Channel, ChannelType, Identity
from gateway.testing import FakeClock, ScriptedTransport, context_for
from gateway_webhook import webhook
from gateway_webhook.robot import Robot, channel_type
from gateway_webhook.robots import DINGTALK_ROBOT, FEISHU_ROBOT, LARK_ROBOT

ADDRESSES = {
    "lark-robot": "https://open.larksuite.com/open-apis/bot/v2/hook/0a1b2c3d-canary",
    "feishu-robot": "https://open.feishu.cn/open-apis/bot/v2/hook/0a1b2c3d-canary",
    "dingtalk-robot": f"https://oapi.dingtalk.com/robot/send?access_token={'ab12cd34' * 8}",
}
TOKENS = {name: url.rpartition("/")[2].rpartition("=")[2] for name, url in ADDRESSES.items()}
SECRET = "SEC0123456789-canary"
HOOK = "https://receiver.example/in?tenant=acme"
HOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TO = Identity("on-call", "channel")
KEY = "k0123456789abcdef0123456789abcde"

Connect = Callable[..., Channel[Any]]


def connect(
    offered: ChannelType,
    transport: httpx.AsyncBaseTransport,
    clock: FakeClock,
    **config: object,
) -> Channel[Any]:
    """Open a channel of a type whose every call ends at a transport."""
    credential = offered.credential.model_validate(config)
    return offered.open(credential, context_for(transport, clock))


def robot_channel(
    robot: Robot, transport: httpx.AsyncBaseTransport, clock: FakeClock, **config: object
) -> Channel[Any]:
    """Open a robot of a brand."""
    own = {"webhook_url": ADDRESSES[robot.name], **config}
    return connect(channel_type(robot), transport, clock, **own)


def body_of(request: httpx.Request) -> dict[str, Any]:
    """Read a request's JSON."""
    found: dict[str, Any] = json.loads(request.content)
    return found


@pytest.fixture
def lark_robot(far_end: ScriptedTransport, fake_clock: FakeClock) -> Connect:
    return lambda **config: robot_channel(LARK_ROBOT, far_end, fake_clock, **config)


@pytest.fixture
def feishu_robot(far_end: ScriptedTransport, fake_clock: FakeClock) -> Connect:
    return lambda **config: robot_channel(FEISHU_ROBOT, far_end, fake_clock, **config)


@pytest.fixture
def dingtalk_robot(far_end: ScriptedTransport, fake_clock: FakeClock) -> Connect:
    return lambda **config: robot_channel(DINGTALK_ROBOT, far_end, fake_clock, **config)


@pytest.fixture
def receiver(far_end: ScriptedTransport, fake_clock: FakeClock) -> Connect:
    own = {"url": HOOK, "secret": HOOK_SECRET}
    offered = webhook.channel_type()
    return lambda **config: connect(offered, far_end, fake_clock, **{**own, **config})
