"""Through the gateway's own way out, to a socket: what really leaves, byte by byte."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from standardwebhooks import Webhook

from gateway.channel_config import judge
from gateway.connections import policy_for
from gateway.egress import Egress
from gateway.plugin import Card, Channel, ChannelType, Context
from gateway.testing import CapturingLog, FakeClock
from gateway_webhook import webhook
from gateway_webhook.dingtalk import signature
from gateway_webhook.robot import Robot, channel_type
from gateway_webhook.robots import DINGTALK_ROBOT, ROBOTS

from .conftest import ADDRESSES, HOOK, HOOK_SECRET, KEY, SECRET, TO

LOOPBACK = (ip_network("127.0.0.0/8"),)
ANSWER = b'HTTP/1.1 200 OK\r\nContent-Length: 24\r\n\r\n{"errcode": 0,"code": 0}'


@dataclass
class Recorder:
    """A server that keeps what it is sent, and takes it all."""

    heads: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(line for line in head.split("\r\n") if line.lower().startswith("content-l"))
        self.heads.append(head)
        self.bodies.append(await reader.readexactly(int(length.partition(":")[2])))
        writer.write(ANSWER)
        await writer.drain()
        writer.close()

    def header(self, name: str) -> str:
        lines = (line.partition(":") for line in self.heads[-1].split("\r\n"))
        return next(value.strip() for key, _, value in lines if key.lower() == name)


@pytest.fixture
async def recorder() -> AsyncIterator[Recorder]:
    made = Recorder()
    async with await asyncio.start_server(made.serve, "127.0.0.1", 0) as server:
        made.port = server.sockets[0].getsockname()[1]
        yield made


@pytest.fixture
async def egress() -> AsyncIterator[Egress]:
    made = Egress()
    yield made
    await made.aclose()


def opened(
    offered: ChannelType, egress: Egress, clock: FakeClock, config: dict[str, str]
) -> Channel[Any]:
    http = egress.client(policy_for(offered, {}, LOOPBACK))
    credential = offered.credential.model_validate(config)
    return offered.open(credential, Context(http, clock, CapturingLog()))


async def test_dingtalks_signature_arrives_encoded_once(
    recorder: Recorder, egress: Egress, fake_clock: FakeClock
) -> None:
    offered = channel_type(DINGTALK_ROBOT)
    url = f"http://127.0.0.1:{recorder.port}/robot/send?access_token=0a1b2c3d"
    channel = opened(offered, egress, fake_clock, {"webhook_url": url, "secret": SECRET})
    for second in range(8):
        await channel.send(TO, channel.render(Card(title="李伟 🚑")), key=KEY)
        target = recorder.heads[-1].split(" ")[1]
        expected = signature(str(1767600000000 + second * 1000), SECRET)
        assert parse_qs(urlsplit(target).query)["sign"] == [expected]
        assert "%25" not in target
        await fake_clock.advance(1)
    assert "李伟 🚑".encode() in recorder.bodies[-1]


async def test_a_webhooks_signature_covers_the_bytes_that_arrive(
    recorder: Recorder, egress: Egress, fake_clock: FakeClock
) -> None:
    config = {"url": f"http://127.0.0.1:{recorder.port}/in?a=%2F%20b", "secret": HOOK_SECRET}
    channel = opened(webhook.channel_type(), egress, fake_clock, config)
    await channel.send(TO, channel.render(Card(title="李伟 🚑")), key=KEY)
    body = recorder.bodies[-1].decode()
    expected = Webhook(HOOK_SECRET).sign(KEY, fake_clock.now(), body)
    assert recorder.header("webhook-signature") == expected
    assert recorder.header("webhook-id") == KEY
    assert recorder.heads[-1].startswith("POST /in?a=%2F%20b HTTP/1.1")


@pytest.mark.parametrize("robot", ROBOTS, ids=lambda robot: robot.name)
def test_the_form_refuses_a_robot_elsewhere_unless_the_operator_opened_it(robot: Robot) -> None:
    offered = channel_type(robot)
    own = ADDRESSES[offered.name]
    near = f"http://127.0.0.1:8091{urlsplit(own).path}?{urlsplit(own).query}".rstrip("?")
    far = own.replace(urlsplit(own).netloc, "robots.example")
    assert judge(offered, {}, {"webhook_url": own}, ()).errors == ()
    assert judge(offered, {}, {"webhook_url": near}, LOOPBACK).errors == ()
    for url in (near, far):
        (error,) = judge(offered, {}, {"webhook_url": url}, ()).errors
        assert "0a1b2c3d" not in error["message"]
        assert list(error["loc"]) == ["body", "config", "webhook_url"]
    assert judge(offered, {}, {}, ()).missing == ("webhook_url",)


def test_the_form_refuses_a_private_receiver() -> None:
    offered = webhook.channel_type()
    secrets = {"secret": HOOK_SECRET, "headers": {"X-A": "1"}}
    assert judge(offered, {"url": HOOK}, secrets, ()).errors == ()
    for url in ("http://receiver.example/in", "https://10.0.0.1/in", "https://[::1]/in"):
        assert judge(offered, {"url": url}, secrets, ()).errors
