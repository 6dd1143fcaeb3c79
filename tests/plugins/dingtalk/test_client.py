import asyncio
from collections.abc import Callable

import httpx
import pytest

from gateway.plugin import (
    CredentialError,
    DeliveryError,
    Recipient,
    RecipientKind,
    TemporaryError,
    UncertainError,
)
from gateway.testing import FakeClock, RushedClock, context_for
from gateway_dingtalk import STANDARD
from gateway_dingtalk.channel import DingTalkChannel

from .conftest import CONFIG, TOKEN, Rig, Scripted

LI = Recipient(RecipientKind.MOBILE, "+6591230001")
FOUND = {"errcode": 0, "errmsg": "ok", "result": {"userid": "li.wei"}}
STALE = {"errcode": 88, "sub_code": "40014", "sub_msg": "不合法的access_token"}


def connect(answer: Callable[[httpx.Request], httpx.Response], clock: FakeClock) -> DingTalkChannel:
    credential = STANDARD.credential.model_validate(CONFIG)
    context = context_for(httpx.MockTransport(answer), clock)
    return DingTalkChannel(credential, context, edition=STANDARD)


async def test_a_token_serves_both_generations_each_in_its_own_place(
    scripted: type[Scripted],
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        new = request.url.host == "api.dingtalk.com"
        return httpx.Response(200, json={"processQueryKey": "k"} if new else FOUND)

    platform = scripted(answer, card_template_id=None)
    to = await platform.channel.resolve(LI)
    payload = {"single": "robot", "robot": {"msgKey": "sampleMarkdown", "msgParam": {}}}
    await platform.channel.send(to, payload, key="k")
    old, new = platform.requests
    assert str(old.url) == (
        "https://oapi.dingtalk.com/topapi/v2/user/getbymobile?access_token=a-token-of-the-platform"
    )
    assert "x-acs-dingtalk-access-token" not in old.headers
    assert str(new.url) == "https://api.dingtalk.com/v1.0/robot/oToMessages/batchSend"
    assert new.headers["x-acs-dingtalk-access-token"] == TOKEN["accessToken"]
    assert new.headers["content-type"].startswith("application/json")


async def test_sixty_four_at_once_fetch_one_token(rig: Rig) -> None:
    channel = rig.channel()
    rig.emulator.enforce_limits = False
    await asyncio.gather(*(channel.resolve(LI) for _ in range(64)))
    assert rig.calls("accessToken") == 1


async def test_a_token_is_kept_until_ten_minutes_before_its_end(rig: Rig) -> None:
    channel = rig.channel()
    await channel.resolve(LI)
    await rig.clock.advance(7200 - 601)
    await channel.resolve(LI)
    assert rig.calls("accessToken") == 1
    await rig.clock.advance(2)
    await channel.resolve(LI)
    assert rig.calls("accessToken") == 2


async def test_a_token_that_was_revoked_is_replaced_once(rig: Rig) -> None:
    channel = rig.channel()
    await channel.resolve(LI)
    rig.emulator.tokens.clear()
    await channel.resolve(LI)
    assert rig.calls("accessToken") == 2


async def test_a_platform_that_takes_no_token_is_asked_twice_only(scripted: type[Scripted]) -> None:
    platform = scripted(lambda _: httpx.Response(200, json=STALE))
    with pytest.raises(TemporaryError):
        await platform.channel.resolve(LI)
    assert len(platform.requests) == 2


async def test_a_wrong_secret_is_said_so_after_one_call(rig: Rig) -> None:
    with pytest.raises(CredentialError, match="AppSecret") as refused:
        await rig.channel(app_secret="wrong").resolve(LI)
    assert refused.value.provider_code == "invalidClientIdOrSecret"
    assert rig.calls() == 1


@pytest.mark.parametrize(
    "body", [{}, {"accessToken": ""}, {"accessToken": 1}, {"accessToken": "a\nb"}]
)
async def test_an_answer_without_a_token_is_tried_again_and_nothing_was_sent(body: object) -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(200, json=body)

    with pytest.raises(TemporaryError):
        await connect(answer, RushedClock()).resolve(LI)
    assert len(asked) == 3


async def test_a_dead_wire_at_the_token_is_known_as_not_sent() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("late", request=request)

    with pytest.raises(TemporaryError, match="ReadTimeout"):
        await connect(answer, RushedClock()).resolve(LI)


async def test_a_token_that_cannot_be_renewed_is_used_to_its_end() -> None:
    clock = RushedClock()
    tokens = iter([httpx.Response(200, json=TOKEN)])

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/accessToken"):
            return next(tokens, httpx.Response(500, json={"code": "system.error"}))
        return httpx.Response(200, json=FOUND)

    channel = connect(answer, clock)
    await channel.resolve(LI)
    clock.jump(7200 - 300)
    assert (await channel.resolve(LI)).id == "li.wei"
    clock.jump(600)
    with pytest.raises(DeliveryError):
        await channel.resolve(LI)


@pytest.mark.parametrize("body", [{"result": {"userid": "x"}}, {"success": True}])
async def test_an_old_answer_without_errcode_is_no_success(
    scripted: type[Scripted], body: dict[str, object]
) -> None:
    platform = scripted(lambda _: httpx.Response(200, json=body))
    with pytest.raises(UncertainError):
        await platform.channel.resolve(LI)
