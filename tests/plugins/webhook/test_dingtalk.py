import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import httpx
import pytest
from starlette.applications import Starlette

from gateway.plugin import (
    Card,
    ChannelGoneError,
    ContentError,
    CredentialError,
    DeliveryError,
    RateLimitedError,
    ScopeMissingError,
    TemporaryError,
    UncertainError,
)
from gateway.testing import FakeClock, ScriptedTransport
from gateway_webhook.dingtalk import signature
from gateway_webhook.dingtalk_codes import CODES
from gateway_webhook.robots import DINGTALK_ROBOT

from .conftest import ADDRESSES, KEY, SECRET, TO, TOKENS, Connect, body_of, robot_channel

CARD = Card(title="Disk almost full")
OK = {"errcode": 0, "errmsg": "ok"}
PLUS = "SEC-whose-signature-has-all-three-marks"


def test_the_signature_is_that_of_the_documentation() -> None:
    said = b"1767600000000\n" + SECRET.encode()
    again = base64.b64encode(hmac.new(SECRET.encode(), said, hashlib.sha256).digest()).decode()
    assert signature("1767600000000", SECRET) == again
    assert signature("1577808000000", "SECdemo") == "SFqI8mtuQw6r87NiZIWLBWL38++gElAGVS/zEomx+fw="


async def test_the_signature_is_encoded_exactly_once(
    dingtalk_robot: Connect, far_end: ScriptedTransport, fake_clock: FakeClock
) -> None:
    for seconds in range(20):
        far_end.then(OK)
        await dingtalk_robot(secret=PLUS).send(TO, {}, key=KEY)
        query = urlsplit(str(far_end.requests[-1].url)).query
        sign = query.rpartition("sign=")[2]
        expected = signature(str(1767600000000 + seconds * 1000), PLUS)
        assert unquote(sign) == expected
        assert not set("+/=") & set(sign)
        assert parse_qs(query)["sign"] == [expected]
        assert parse_qs(query)["access_token"] == [TOKENS["dingtalk-robot"]]
        await fake_clock.advance(1)


async def test_without_a_secret_the_address_is_used_as_it_is(
    dingtalk_robot: Connect, far_end: ScriptedTransport
) -> None:
    far_end.then(OK)
    await dingtalk_robot().send(TO, {}, key=KEY)
    assert str(far_end.requests[0].url) == ADDRESSES["dingtalk-robot"]


async def test_every_attempt_carries_the_same_key(
    dingtalk_robot: Connect, far_end: ScriptedTransport
) -> None:
    far_end.then(OK, OK)
    channel = dingtalk_robot(secret=SECRET)
    receipts = [await channel.send(TO, channel.render(CARD), key=KEY) for _ in range(2)]
    assert [body_of(request)["msgUuid"] for request in far_end.requests] == [KEY, KEY]
    assert {receipt.message_id for receipt in receipts} == {KEY}


REFUSALS: tuple[tuple[object, str, type[DeliveryError]], ...] = (
    (310000, "keywords not in content", ContentError),
    (310000, "description:关键词不匹配;solution:请联系群管理员;link:x", ContentError),
    (310000, "sign not match", CredentialError),
    (310000, "invalid timestamp", CredentialError),
    (310000, "description:机器人发送签名不匹配;solution:请查看签名;link:x", CredentialError),
    (310000, "ip 203.0.113.7 not in whitelist", ScopeMissingError),
    (310000, "something new", CredentialError),
    (300001, "token is not exist", CredentialError),
    (300001, "param error", ContentError),
    (300005, "token is not exist", CredentialError),
    (400101, "access_token不存在", CredentialError),
    (400102, "机器人已停用", CredentialError),
    (400106, "机器人不存在", CredentialError),
    (400013, "群已被解散", ChannelGoneError),
    (400105, "unsupported msgtype", ContentError),
    (40035, "缺少参数 json", ContentError),
    (43004, "bad content type", ContentError),
    (130101, "send too fast, exceed 20 times per minute", RateLimitedError),
    (410100, "发送速度太快而限流", RateLimitedError),
    ("660026", "sending too many messages per minute", RateLimitedError),
    (460101, "message too long, exceed 20000 bytes", ContentError),
    (101002, "message too long", ContentError),
    (430101, "unsafe link", ContentError),
    (-1, "系统繁忙", TemporaryError),
    (4711, "never seen before", ContentError),
    (None, "no code at all", UncertainError),
    (True, "no code either", UncertainError),
)


@pytest.mark.parametrize(("code", "said", "error"), REFUSALS)
async def test_a_refusal_inside_http_200_is_a_refusal(
    dingtalk_robot: Connect,
    far_end: ScriptedTransport,
    code: object,
    said: str,
    error: type[DeliveryError],
) -> None:
    far_end.then({"errcode": code, "errmsg": said})
    with pytest.raises(error) as raised:
        await dingtalk_robot().send(TO, {}, key=KEY)
    assert type(raised.value) is error
    known = isinstance(code, int | str) and not isinstance(code, bool)
    assert raised.value.provider_code == (str(code) if known else None)


async def test_a_robot_that_was_too_fast_is_silent_for_ten_minutes(
    dingtalk_robot: Connect, far_end: ScriptedTransport
) -> None:
    far_end.then({"errcode": 130101, "errmsg": "send too fast"})
    with pytest.raises(RateLimitedError) as raised:
        await dingtalk_robot().send(TO, {}, key=KEY)
    assert raised.value.retry_after == timedelta(minutes=10)


async def test_a_shut_out_address_waits(
    dingtalk_robot: Connect, far_end: ScriptedTransport
) -> None:
    far_end.then({"status": 1111, "wait": 5, "source": "x5", "punish": "deny"})
    with pytest.raises(RateLimitedError):
        await dingtalk_robot().send(TO, {}, key=KEY)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        *((302, TemporaryError), (404, TemporaryError), (429, RateLimitedError)),
        *((500, UncertainError), (503, TemporaryError), (200, UncertainError)),
    ],
)
async def test_a_page_of_something_on_the_way_is_judged_by_its_status(
    dingtalk_robot: Connect, far_end: ScriptedTransport, status: int, error: type[DeliveryError]
) -> None:
    far_end.then(httpx.Response(status, text="<html>"))
    with pytest.raises(error):
        await dingtalk_robot().send(TO, {}, key=KEY)


async def test_an_answer_that_repeats_the_address_shows_no_token(
    dingtalk_robot: Connect, far_end: ScriptedTransport
) -> None:
    far_end.then(lambda asked: httpx.Response(200, json={"errcode": 1, "errmsg": str(asked.url)}))
    with pytest.raises(ContentError) as raised:
        await dingtalk_robot(secret=SECRET).send(TO, {}, key=KEY)
    assert "***" in str(raised.value)
    assert TOKENS["dingtalk-robot"] not in f"{raised.value!r}"


def test_every_code_is_explained_in_both_languages() -> None:
    for row in CODES:
        assert row.sentence.endswith("."), row
        assert row.zh.endswith("。"), row


@pytest.fixture
def platform(fake_clock: FakeClock) -> Starlette:
    emulator = pytest.importorskip("gateway_dingtalk.emulator")
    create: Callable[..., Starlette] = emulator.create
    return create(clock=lambda: fake_clock.now().timestamp())


class TestAtTheEmulatedPlatform:
    async def test_the_group_sees_the_card_once(
        self, platform: Starlette, fake_clock: FakeClock
    ) -> None:
        robot = platform.state.demo["robot"]
        channel = robot_channel(
            DINGTALK_ROBOT,
            httpx.ASGITransport(platform),
            fake_clock,
            webhook_url=f"http://127.0.0.1:8092{robot['webhook_url']}",
            secret=robot["secret"],
        )
        payload = channel.render(CARD)
        assert [line.state for line in await channel.check()] == ["ok"]
        for _ in range(2):
            await channel.send(TO, payload, key=KEY)
        assert len(platform.state.emulator.messages) == 1

    async def test_a_check_tells_what_stands_in_the_way(
        self, platform: Starlette, fake_clock: FakeClock
    ) -> None:
        robot = platform.state.demo["robot"]
        transport = httpx.ASGITransport(platform)
        url = f"http://127.0.0.1:8092{robot['webhook_url']}"
        unsigned = robot_channel(DINGTALK_ROBOT, transport, fake_clock, webhook_url=url)
        unknown = robot_channel(DINGTALK_ROBOT, transport, fake_clock)
        codes = [(await each.check())[0].provider_code for each in (unsigned, unknown)]
        assert codes == ["310000", "300005"]
