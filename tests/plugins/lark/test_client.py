import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta

import httpx
import pytest

from gateway.plugin import (
    Card,
    CredentialError,
    DeliveryError,
    Identity,
    RateLimitedError,
    TemporaryError,
    UncertainError,
)
from gateway.testing import FakeClock
from gateway_lark.channel import LarkChannel

from .conftest import Rig

SOMEBODY = Identity("ou_1", "open_id")
CARD = Card(title="t")
Connect = Callable[..., LarkChannel]


def token_answer(value: str = "t-1", expire: object = 7200) -> httpx.Response:
    body = {"code": 0, "msg": "ok", "tenant_access_token": value, "expire": expire}
    return httpx.Response(200, json=body)


def sent_answer() -> httpx.Response:
    return httpx.Response(200, json={"code": 0, "data": {"message_id": "om_1"}})


async def send(channel: LarkChannel) -> str:
    receipt = await channel.send(SOMEBODY, channel.render(CARD), key="k")
    return receipt.message_id


async def test_sixty_four_cold_starts_fetch_one_token(rig: Rig) -> None:
    rig.emulator.latency = 0.01
    channel = rig.channel()
    await asyncio.gather(*(channel.client.tokens.get() for _ in range(64)))
    assert rig.calls("tenant_access_token") == 1


async def test_a_token_is_kept_until_its_last_half_hour(rig: Rig) -> None:
    tokens = rig.channel().client.tokens
    await tokens.get()
    await rig.clock.advance(5_459)
    await tokens.get()
    assert rig.calls("tenant_access_token") == 1
    await rig.clock.advance(2)
    await asyncio.gather(*(tokens.get() for _ in range(8)))
    assert rig.calls("tenant_access_token") == 2


@pytest.mark.parametrize("expire", [None, "7200", 0, -5, 1e99, True, []])
async def test_a_senseless_life_is_a_minute(
    lark_channel: Connect, clock: FakeClock, expire: object
) -> None:
    asked = 0

    def answer(_: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        return token_answer(f"t-{asked}", expire)

    tokens = lark_channel(answer, clock).client.tokens
    await tokens.get()
    await clock.advance(61)
    assert await tokens.get() == "t-2"


async def test_a_token_of_any_form_is_used_as_it_is(lark_channel: Connect) -> None:
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        if "auth/v3" in request.url.path:
            return token_answer("eyJ" + "x" * 4000)
        seen.append(request.headers["Authorization"])
        return sent_answer()

    await send(lark_channel(answer))
    assert seen == ["Bearer eyJ" + "x" * 4000]


@pytest.mark.parametrize("code", [99991663, 99991664, 99991665, 99991671])
async def test_a_refused_token_is_replaced_once(lark_channel: Connect, code: int) -> None:
    tokens = iter(["t-old", "t-new"])

    def answer(request: httpx.Request) -> httpx.Response:
        if "auth/v3" in request.url.path:
            return token_answer(next(tokens))
        if request.headers["Authorization"] == "Bearer t-old":
            return httpx.Response(400, json={"code": code, "msg": "bad token"})
        return sent_answer()

    assert await send(lark_channel(answer)) == "om_1"


async def test_a_token_refused_twice_is_a_matter_of_the_credential(lark_channel: Connect) -> None:
    calls = []

    def answer(request: httpx.Request) -> httpx.Response:
        calls.append(request.url.path)
        if "auth/v3" in request.url.path:
            return token_answer()
        return httpx.Response(400, json={"code": 99991663, "msg": "bad token"})

    with pytest.raises(CredentialError):
        await send(lark_channel(answer))
    assert len(calls) == 4


async def test_the_platform_revoking_a_token_is_not_noticed_by_the_sender(rig: Rig) -> None:
    channel = rig.channel()
    person = rig.emulator.people["li.wei"]
    identity = Identity(rig.emulator.open_id(rig.app_id, person), "open_id")
    await channel.send(identity, channel.render(CARD), key="one")
    rig.emulator.tokens.clear()
    await channel.send(identity, channel.render(CARD), key="two")
    assert len(rig.emulator.visible_messages(person)) == 2
    assert rig.calls("tenant_access_token") == 2


async def test_a_day_of_sending_refreshes_without_one_refused_call(rig: Rig) -> None:
    channel = rig.channel()
    person = rig.emulator.people["li.wei"]
    identity = Identity(rig.emulator.open_id(rig.app_id, person), "open_id")
    for number in range(144):
        await channel.send(identity, channel.render(CARD), key=f"{number}")
        await rig.clock.advance(600)
    assert not rig.emulator.rejections
    assert rig.calls("tenant_access_token") <= 16


async def answers_in_turn(
    connect: Connect, answers: Iterator[httpx.Response | Exception]
) -> tuple[str | BaseException, FakeClock]:
    """Send while the token endpoint answers like this, turning the clock for its waits."""

    def answer(request: httpx.Request) -> httpx.Response:
        if "auth/v3" not in request.url.path:
            return sent_answer()
        reply = next(answers)
        if isinstance(reply, Exception):
            raise reply
        return reply

    clock = FakeClock()
    sending = asyncio.create_task(send(connect(answer, clock)))
    for _ in range(4):
        await clock.advance(1)
    (result,) = await asyncio.gather(sending, return_exceptions=True)
    return result, clock


async def test_a_token_that_does_not_come_at_once_is_asked_for_again(lark_channel: Connect) -> None:
    replies = iter([httpx.ConnectError("no"), httpx.Response(502), token_answer()])
    result, _ = await answers_in_turn(lark_channel, replies)
    assert result == "om_1"


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ReadTimeout("slow"),
        httpx.ConnectError("no"),
        httpx.RemoteProtocolError("cut"),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json={"code": 0, "msg": "ok"}),
        httpx.Response(200, json={"code": 2200, "msg": "internal"}),
        token_answer("t-\n1"),
    ],
    ids=lambda failure: type(failure).__name__,
)
async def test_without_a_token_surely_nothing_was_sent(
    lark_channel: Connect, failure: httpx.Response | Exception
) -> None:
    result, _ = await answers_in_turn(lark_channel, iter([failure] * 3))
    assert isinstance(result, TemporaryError)


async def test_a_wrong_secret_is_asked_about_once(lark_channel: Connect) -> None:
    replies = iter([httpx.Response(200, json={"code": 10014, "msg": "app secret invalid"})])
    result, _ = await answers_in_turn(lark_channel, replies)
    assert isinstance(result, CredentialError)


async def test_a_token_call_that_is_too_fast_waits_as_asked(lark_channel: Connect) -> None:
    headers = {"x-ogw-ratelimit-reset": "2.5"}
    replies = iter([httpx.Response(429, json={"code": 99991400}, headers=headers)])
    result, _ = await answers_in_turn(lark_channel, replies)
    assert isinstance(result, RateLimitedError)
    assert result.retry_after == timedelta(seconds=2.5)


@pytest.mark.parametrize(
    "reply",
    [
        httpx.Response(200, text="<html>maintenance</html>"),
        httpx.Response(200, text='{"code": 0, "data": {"message_id"'),
        httpx.Response(200, content=b""),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"msg": "ok"}),
        httpx.Response(200, json={"code": "0"}),
        httpx.Response(200, json={"code": True}),
        httpx.Response(200, text="[" * 100_000),
        httpx.Response(200, text='{"code": ' + "9" * 5_000 + "}"),
        httpx.Response(200, text='{"code": 99999999999999999999}'),
        httpx.Response(200, content=b'{"code": 0, "msg": "\xff\xfe"}'),
        httpx.Response(500, json={"code": 0}),
        httpx.Response(502, text="bad gateway"),
        httpx.Response(504, content=b""),
    ],
    ids=range(14),
)
async def test_an_answer_without_sense_may_have_been_processed(
    lark_channel: Connect, reply: httpx.Response
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return token_answer() if "auth/v3" in request.url.path else reply

    with pytest.raises(UncertainError) as failed:
        await send(lark_channel(answer))
    assert failed.value.http_status == reply.status_code


@pytest.mark.parametrize("status", [302, 404, 413, 503])
async def test_a_page_that_stopped_the_call_sent_nothing(
    lark_channel: Connect, status: int
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return token_answer() if "auth/v3" in request.url.path else httpx.Response(status, text="x")

    with pytest.raises(TemporaryError):
        await send(lark_channel(answer))


async def test_data_of_a_wrong_shape_breaks_nothing(lark_channel: Connect) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if "auth/v3" in request.url.path:
            return token_answer()
        return httpx.Response(200, json={"code": 0, "data": ["what"]})

    channel = lark_channel(answer)
    assert await send(channel) == ""
    assert await channel.read_by("om_1") == []


async def test_no_secret_appears_in_what_goes_wrong(lark_channel: Connect) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if "auth/v3" in request.url.path:
            return token_answer("t-very-secret-token")
        said = "very-secret-value and t-very-secret-token"
        helps = [{"url": "https://x.y/t-very-secret-token"}]
        return httpx.Response(400, json={"code": 1, "msg": said, "error": {"helps": helps}})

    channel = lark_channel(answer)
    with pytest.raises(DeliveryError) as failed:
        await send(channel)
    shown = f"{failed.value} {vars(failed.value)} {channel.client.application} {channel.credential}"
    assert "very-secret" not in shown
    assert "***" in failed.value.message


async def test_a_message_id_cannot_lead_elsewhere(lark_channel: Connect) -> None:
    paths = []

    def answer(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.raw_path)
        return token_answer() if "auth/v3" in request.url.path else sent_answer()

    await lark_channel(answer).update("../../x?y", {}, key="k")
    assert paths[-1] == b"/open-apis/im/v1/messages/..%2F..%2Fx%3Fy"
