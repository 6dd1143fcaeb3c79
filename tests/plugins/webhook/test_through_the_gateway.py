"""Robots and webhooks through a whole gateway, against emulated platforms on real ports."""

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette

from gateway.demo.process import Demo, Options, running

pytestmark = pytest.mark.asyncio(loop_scope="module")

TENANT = "/v1/tenants/demo"
LARK = "/open-apis/bot/v2/hook/"
DINGTALK = "/robot/send?access_token="
CARD = {"title": "Disk is full"}


@pytest.fixture(scope="module", autouse=True)
def no_settings() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("GATEWAY_")]:
            patch.delenv(name)
        yield


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Demo]:
    async with running(Options(tmp_path_factory.mktemp("robots") / "demo", 0, 0)) as started:
        yield started


def app_of(demo: Demo, name: str) -> Starlette:
    return next(e.platform.app for e in demo.emulators if e.channel_type.name == name)


def url_of(demo: Demo, name: str) -> str:
    return next(e.url for e in demo.emulators if e.channel_type.name == name)


def lark_robot(demo: Demo, token: str, **details: object) -> dict[str, Any]:
    """Add a robot to the group of the emulated Lark and return a channel's configuration."""
    emulator = app_of(demo, "lark").state.emulator
    emulator.robot_strict_20k = True
    emulator.add_robot(token, next(iter(emulator.chats.values())), **details)
    return {"webhook_url": f"{url_of(demo, 'lark')}{LARK}{token}"}


def dingtalk_robot(demo: Demo, token: str, **details: object) -> dict[str, Any]:
    emulator = app_of(demo, "dingtalk").state.emulator
    emulator.add_robot(token, next(iter(emulator.groups.values())), **details)
    return {"webhook_url": f"{url_of(demo, 'dingtalk')}{DINGTALK}{token}"}


MAKERS = {"lark-robot": lark_robot, "dingtalk-robot": dingtalk_robot}
BRANDS = pytest.mark.parametrize("kind", MAKERS)


async def open_channel(demo: Demo, name: str, kind: str, config: dict[str, Any]) -> None:
    path = f"{TENANT}/channels/{name}"
    await demo.api.call("PUT", path, {"type": kind, "config": config})
    await demo.api.call("POST", f"{path}/enable")


async def post(demo: Demo, name: str, card: dict[str, Any] | None = None) -> str:
    body = {"tenant": "demo", "type": "test", "to": [{"channel": name}], "card": card or CARD}
    accepted: str = (await demo.api.call("POST", "/notify", body))["id"]
    return accepted


async def delivery_of(
    demo: Demo, notification: str, until: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    """Ask for the one delivery until it is as wanted."""
    listed = f"/v1/deliveries?tenant=demo&notification={notification}"
    async with asyncio.timeout(20):
        while True:
            [row] = (await demo.api.call("GET", listed))["items"]
            told = await demo.api.call("GET", f"/v1/deliveries/{row['id']}")
            if until(told):
                return told
            await asyncio.sleep(0.05)


async def settled(demo: Demo, notification: str) -> tuple[str, str | None]:
    """Wait until the one delivery is over or waits for an admin."""
    told = await delivery_of(demo, notification, lambda row: row["state"] != "queued")
    return told["state"], told["reason"]


async def outcome(
    demo: Demo, name: str, card: dict[str, Any] | None = None
) -> tuple[str, str | None]:
    return await settled(demo, await post(demo, name, card))


def said(demo: Demo, platform: str) -> list[str]:
    """Return what the group of a platform heard, oldest first."""
    messages = app_of(demo, platform).state.emulator.messages
    return [json.dumps(each.as_json(), ensure_ascii=False) for each in messages]


@BRANDS
async def test_the_keyword_that_a_card_lacks_is_added(demo: Demo, kind: str) -> None:
    config = MAKERS[kind](demo, "keyword-robot", keywords=("ops-alert",))
    await open_channel(demo, f"{kind}-k", kind, {**config, "keyword": "ops-alert"})
    assert await outcome(demo, f"{kind}-k") == ("sent", None)
    assert any("ops-alert" in each for each in said(demo, kind.removesuffix("-robot")))


@BRANDS
async def test_a_keyword_unknown_to_us_is_a_matter_of_content(demo: Demo, kind: str) -> None:
    config = MAKERS[kind](demo, "secretive-robot", keywords=("mellon",))
    await open_channel(demo, f"{kind}-c", kind, config)
    assert await outcome(demo, f"{kind}-c") == ("failed", "content_rejected")


@BRANDS
@pytest.mark.parametrize("trouble", ["unsigned", "wrongly-signed", "unknown"])
async def test_a_refused_signature_or_an_unknown_robot_is_for_the_admin(
    demo: Demo, kind: str, trouble: str
) -> None:
    config = MAKERS[kind](demo, f"{trouble}-robot", secret="SECright")
    if trouble == "unknown":
        config = {"webhook_url": config["webhook_url"].replace("unknown-robot", "nobody-robot")}
    if trouble == "wrongly-signed":
        config["secret"] = "SECwrong"
    name = f"{kind}-{trouble}"
    await open_channel(demo, name, kind, config)
    assert await outcome(demo, name) == ("held", "credential_invalid")
    report = await demo.api.call("POST", f"{TENANT}/channels/{name}/check")
    assert report["ok"] is False


@BRANDS
async def test_an_address_that_is_not_allowed_is_a_missing_permission(
    demo: Demo, kind: str
) -> None:
    config = MAKERS[kind](demo, "fenced-robot", ips=("10.0.0.0/8",))
    await open_channel(demo, f"{kind}-ip", kind, config)
    assert await outcome(demo, f"{kind}-ip") == ("held", "permission_missing")


@BRANDS
async def test_a_card_too_long_for_a_message_is_heard_in_parts(demo: Demo, kind: str) -> None:
    platform = kind.removesuffix("-robot")
    before = len(said(demo, platform))
    await open_channel(demo, f"{kind}-long", kind, MAKERS[kind](demo, "long-robot"))
    lines = "\n".join(f"line {number:03} {'李' * 60}" for number in range(200))
    blocks = [{"type": "markdown", "text": lines}]
    sent = await post(demo, f"{kind}-long", {"title": "Report", "blocks": blocks})
    assert await settled(demo, sent) == ("sent", None)
    heard = said(demo, platform)[before:]
    assert [f"({number}/{len(heard)})" in each for number, each in enumerate(heard, 1)] == [
        True
    ] * len(heard)
    numbers = [set(re.findall(r"line (\d{3})", each)) for each in heard]
    assert sum(map(len, numbers)) == len(set.union(*numbers)) == 200
    told = await delivery_of(demo, sent, lambda _: True)
    assert len(told["attempts"]) == len(heard) == 2


async def test_two_channels_of_one_robot_never_speak_too_fast_together(demo: Demo) -> None:
    emulator = app_of(demo, "lark").state.emulator
    config = lark_robot(demo, "shared-robot")
    for name in ("shared-1", "shared-2"):
        await open_channel(demo, name, "lark-robot", config)
    refused, heard = sum(emulator.rejections.values()), len(emulator.messages)
    sent = [await post(demo, f"shared-{number % 2 + 1}") for number in range(12)]
    assert {await settled(demo, each) for each in sent} == {("sent", None)}
    assert sum(emulator.rejections.values()) == refused
    assert len(emulator.messages) == heard + 12


async def test_a_lark_robot_calls_whom_the_tenant_has_bound_on_lark(demo: Demo) -> None:
    lark = app_of(demo, "lark")
    emulator, app_id = lark.state.emulator, lark.state.demo["config"]["app_id"]
    open_id = emulator.open_id(app_id, emulator.people["li.wei"])
    body = {"identity": {"kind": "open_id", "id": open_id}}
    await demo.api.call("PUT", f"{TENANT}/channels/lark/bindings/li.wei", body)
    mention = {"type": "mention", "users": ["user:li.wei", "user:nobody"]}
    card = {"title": "Look <at id=all></at>", "blocks": [mention]}
    assert await outcome(demo, "lark-robot", card) == ("sent", None)
    content = json.loads(emulator.messages[-1].content)
    assert f"<at id={open_id}></at>" in content["body"]["elements"][0]["content"]
    assert "@nobody" in content["body"]["elements"][0]["content"].replace("&#64;", "@")


async def test_a_dingtalk_robot_calls_by_number_and_by_a_binding_of_its_own(demo: Demo) -> None:
    emulator = app_of(demo, "dingtalk").state.emulator
    body = {"identity": {"kind": "user_id", "id": "wang.fang"}}
    await demo.api.call("PUT", f"{TENANT}/channels/dingtalk-robot/bindings/wang.fang", body)
    mention = {"type": "mention", "users": ["user:sofia.costa", "user:wang.fang"]}
    card = {"title": "Look", "blocks": [mention]}
    assert await outcome(demo, "dingtalk-robot", card) == ("sent", None)
    content = emulator.messages[-1].content
    assert content["at"] == {"atMobiles": ["+6591230005"], "atUserIds": ["wang.fang"]}
    async with httpx.AsyncClient(trust_env=False) as http:
        group = f"{url_of(demo, 'dingtalk')}/groups/{emulator.messages[-1].receiver}"
        assert '<span class="at">@Sofia Costa</span>' in (await http.get(group)).text


async def test_a_receiver_that_is_gone_ends_its_channel(demo: Demo) -> None:
    config = next(e.config for e in demo.emulators if e.channel_type.name == "webhook")
    await open_channel(demo, "leaving", "webhook", config)
    receiver = app_of(demo, "webhook").state.receiver
    receiver.status = 410
    try:
        assert await outcome(demo, "leaving") == ("held", "channel_disabled")
    finally:
        receiver.status = 204
    channel = await demo.api.call("GET", f"{TENANT}/channels/leaving")
    assert (channel["enabled"], channel["health"]["state"]) == (False, "failing")


@pytest.mark.parametrize("status", [301, 400, 404, 500])
async def test_a_receiver_that_answers_anything_but_2xx_is_asked_again(
    demo: Demo, status: int
) -> None:
    config = next(e.config for e in demo.emulators if e.channel_type.name == "webhook")
    name = f"shaky-{status}"
    await open_channel(demo, name, "webhook", {**config, "headers": {"X-Team": "ops"}})
    receiver = app_of(demo, "webhook").state.receiver
    receiver.status = status
    try:
        told = await delivery_of(demo, await post(demo, name), lambda row: bool(row["attempts"]))
    finally:
        receiver.status = 204
    assert (told["state"], len(told["attempts"])) == ("queued", 1)
    assert told["attempts"][0]["http_status"] == status
    assert told["attempts"][0]["next_try_at"]


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        (f"https://open.larksuite.com{LARK}0a1b2c3d", "lark-robot"),
        (f"https://open.feishu.cn{LARK}0a1b2c3d", "feishu-robot"),
        (f"https://oapi.dingtalk.com{DINGTALK}0a1b2c3d", "dingtalk-robot"),
        (f"https://lark.corp.example{LARK}0a1b2c3d", "lark-robot"),
        (f"https://im.corp.example{LARK}0a1b2c3d", "feishu-robot"),
        (f"https://im.corp.example{DINGTALK}0a1b2c3d", "dingtalk-robot"),
    ],
)
async def test_a_pasted_address_tells_its_channel_type(demo: Demo, url: str, kind: str) -> None:
    found = await demo.api.call("POST", "/v1/channel-types/detect", {"text": f"hook: {url}"})
    assert found == {"type": kind, "config": {"webhook_url": url}}
