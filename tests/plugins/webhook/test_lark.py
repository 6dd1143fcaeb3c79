import base64
import hashlib
import hmac
from datetime import timedelta
from typing import Any

import httpx
import pytest

from gateway.plugin import (
    Card,
    ContentError,
    CredentialError,
    DeliveryError,
    RateLimitedError,
    ScopeMissingError,
    TemporaryError,
    UncertainError,
)
from gateway.testing import FakeClock, ScriptedTransport
from gateway_lark.emulator import create
from gateway_webhook.lark import signature
from gateway_webhook.robot import Robot
from gateway_webhook.robots import FEISHU_ROBOT, LARK_ROBOT

from .conftest import KEY, SECRET, TO, TOKENS, Connect, body_of, robot_channel

CARD = Card(title="Disk almost full")
SAID = {"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"}


def test_the_signature_is_that_of_the_documentation() -> None:
    assert signature("1599360473", "demo") == "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="
    again = hmac.new(b"1767600000\n" + SECRET.encode(), b"", hashlib.sha256).digest()
    assert signature("1767600000", SECRET) == base64.b64encode(again).decode()


async def test_a_card_goes_out_as_an_interactive_message(
    lark_robot: Connect, far_end: ScriptedTransport
) -> None:
    far_end.then(httpx.Response(200, json=SAID, headers={"X-Tt-Logid": "log-1"}))
    channel = lark_robot()
    receipt = await channel.send(TO, channel.render(CARD), key=KEY)
    body = body_of(far_end.requests[0])
    assert set(body) == {"msg_type", "card"}
    assert (body["msg_type"], body["card"]["schema"]) == ("interactive", "2.0")
    assert far_end.requests[0].extensions["purpose"] == "send"
    assert (receipt.message_id, receipt.log_id, receipt.http_status) == ("", "log-1", 200)


async def test_every_attempt_is_signed_anew(
    feishu_robot: Connect, far_end: ScriptedTransport, fake_clock: FakeClock
) -> None:
    far_end.then(SAID, SAID)
    channel = feishu_robot(secret=SECRET)
    payload = channel.render(CARD)
    for _ in range(2):
        await channel.send(TO, payload, key=KEY)
        await fake_clock.advance(7200)
    first, second = map(body_of, far_end.requests)
    assert first["timestamp"] == "1767600000"
    assert second["timestamp"] == "1767607200"
    assert [each["sign"] for each in (first, second)] == [
        signature(each["timestamp"], SECRET) for each in (first, second)
    ]
    assert "sign" not in payload


async def test_without_a_secret_nothing_is_signed(
    lark_robot: Connect, far_end: ScriptedTransport
) -> None:
    far_end.then(SAID)
    await lark_robot(secret=" ").send(TO, {}, key=KEY)
    assert body_of(far_end.requests[0]) == {}


REFUSALS: tuple[tuple[dict[str, Any], type[DeliveryError]], ...] = (
    ({"code": 9499, "msg": "Bad Request", "data": {}}, ContentError),
    ({"code": 19001, "msg": "param invalid: incoming webhook access token"}, CredentialError),
    ({"code": 19002, "msg": "params error, msg_type need"}, ContentError),
    ({"code": 19021, "msg": "sign match fail or timestamp is not within"}, CredentialError),
    ({"code": 19022, "msg": "Ip Not Allowed"}, ScopeMissingError),
    ({"code": 19024, "msg": "Key Words Not Found"}, ContentError),
    ({"code": 19036, "msg": "request body exceeds 30 KB"}, ContentError),
    ({"code": 11232, "msg": "frequency limited psm"}, RateLimitedError),
    ({"code": 99991400, "msg": "request trigger frequency limit"}, RateLimitedError),
    ({"code": 11246, "msg": "ErrCode: 200621; ErrMsg: parse card json err"}, ContentError),
    ({"code": 4711, "msg": "never seen before"}, ContentError),
    ({"StatusCode": 19001, "StatusMessage": "token invalid"}, CredentialError),
    ({"ok": True}, UncertainError),
)


@pytest.mark.parametrize(("answer", "error"), REFUSALS)
async def test_a_refusal_inside_http_200_is_a_refusal(
    lark_robot: Connect,
    far_end: ScriptedTransport,
    answer: dict[str, Any],
    error: type[DeliveryError],
) -> None:
    far_end.then(answer)
    with pytest.raises(error) as raised:
        await lark_robot().send(TO, {}, key=KEY)
    assert type(raised.value) is error
    code = answer.get("code", answer.get("StatusCode"))
    assert raised.value.provider_code == (None if code is None else str(code))


@pytest.mark.parametrize(
    ("status", "error"),
    [
        *((302, TemporaryError), (404, TemporaryError), (429, RateLimitedError)),
        *((500, UncertainError), (502, UncertainError), (503, TemporaryError)),
    ],
)
async def test_a_page_of_something_on_the_way_is_judged_by_its_status(
    lark_robot: Connect, far_end: ScriptedTransport, status: int, error: type[DeliveryError]
) -> None:
    far_end.then(httpx.Response(status, text="<html>"))
    with pytest.raises(error):
        await lark_robot().send(TO, {}, key=KEY)


async def test_a_robot_that_was_too_fast_pauses_for_a_while(
    lark_robot: Connect, far_end: ScriptedTransport
) -> None:
    longer = httpx.Response(200, json={"code": 11232}, headers={"x-ogw-ratelimit-reset": "31.5"})
    far_end.then({"code": 11232, "msg": "frequency limited"}, longer)
    waits = []
    for _ in range(2):
        with pytest.raises(RateLimitedError) as raised:
            await lark_robot().send(TO, {}, key=KEY)
        waits.append(raised.value.retry_after)
    assert waits == [timedelta(seconds=10), timedelta(seconds=31.5)]


async def test_the_older_form_of_success_is_one(
    lark_robot: Connect, far_end: ScriptedTransport
) -> None:
    far_end.then({"Extra": None, "StatusCode": 0, "StatusMessage": "success"})
    assert (await lark_robot().send(TO, {}, key=KEY)).provider_code == "0"


async def test_an_answer_that_repeats_the_address_shows_no_token(
    lark_robot: Connect, far_end: ScriptedTransport
) -> None:
    def echo(request: httpx.Request) -> httpx.Response:
        told = f"{request.url} {request.content!r} {SECRET}"
        return httpx.Response(200, json={"code": 1, "msg": told})

    far_end.then(echo)
    with pytest.raises(ContentError) as raised:
        await lark_robot(secret=SECRET).send(TO, {}, key=KEY)
    said = f"{raised.value} {raised.value!r} {raised.value.fix_url}"
    assert TOKENS["lark-robot"] not in said
    assert SECRET not in said
    assert "***" in said


@pytest.mark.parametrize("robot", [LARK_ROBOT, FEISHU_ROBOT])
class TestAtTheEmulatedPlatform:
    async def test_the_group_sees_the_card(self, robot: Robot, fake_clock: FakeClock) -> None:
        app = create(
            brand=robot.name.removesuffix("-robot"), clock=lambda: fake_clock.now().timestamp()
        )
        emulator = app.state.emulator
        emulator.robots["demo-robot"].secret = SECRET
        emulator.robots["demo-robot"].keywords = ("ops!",)
        url = "http://127.0.0.1:8091/open-apis/bot/v2/hook/demo-robot"
        channel = robot_channel(
            robot,
            httpx.ASGITransport(app),
            fake_clock,
            webhook_url=url,
            secret=SECRET,
            keyword="ops!",
        )
        card = Card.model_validate(
            {
                "title": "Approve?",
                "blocks": [{"type": "markdown", "text": "李伟 🚑 " * 4000}],
                "actions": [{"kind": "callback", "id": "yes", "label": "Approve"}],
                "link": "https://dms.example/4711",
            }
        )
        assert [line.state for line in await channel.check()] == ["ok"]
        assert emulator.messages == []
        await channel.send(TO, channel.render(card), key=KEY)
        assert len(emulator.messages) == 1
        assert "ops!" in emulator.messages[0].content

    @pytest.mark.parametrize(
        ("setting", "state"),
        [({"secret": "other"}, "error"), ({"ips": ("10.0.0.1",)}, "missing")],
    )
    async def test_a_check_tells_what_stands_in_the_way(
        self, robot: Robot, fake_clock: FakeClock, setting: dict[str, Any], state: str
    ) -> None:
        app = create(clock=lambda: fake_clock.now().timestamp())
        for name, value in setting.items():
            setattr(app.state.emulator.robots["demo-robot"], name, value)
        url = "http://127.0.0.1:8091/open-apis/bot/v2/hook/demo-robot"
        transport = httpx.ASGITransport(app)
        channel = robot_channel(robot, transport, fake_clock, webhook_url=url)
        (line,) = await channel.check()
        assert (line.state, line.required) == (state, True)
        assert line.provider_code in {"19021", "19022"}

    async def test_a_removed_robot_is_found_out(self, robot: Robot, fake_clock: FakeClock) -> None:
        channel = robot_channel(robot, httpx.ASGITransport(create()), fake_clock)
        (line,) = await channel.check()
        assert (line.state, line.provider_code) == ("error", "19001")
        with pytest.raises(CredentialError):
            await channel.send(TO, channel.render(CARD), key=KEY)


async def test_a_check_that_gets_no_answer_says_so(
    lark_robot: Connect, far_end: ScriptedTransport
) -> None:
    far_end.then(httpx.ConnectError("refused"))
    (line,) = await lark_robot().check()
    assert (line.state, line.detail) == ("error", "No answer came: ConnectError.")
