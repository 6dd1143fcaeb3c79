"""Checks and guides by the features a tenant uses, and plugins that fail at them."""

from collections.abc import Callable
from dataclasses import replace
from typing import NoReturn

import httpx
import pytest

from gateway.plugin import Check, GuideRequest, SetupGuide
from gateway.registry import Offer, PluginInfo
from tests.gateway.api.conftest import CHANNEL, LARK, LARK_BODY, World

LINES = [
    Check("token", "Token", "ok"),
    Check("scope:send", "send", "missing", features=("send",)),
    Check("scope:cards", "cards", "missing", required=False, features=("cards", "callbacks")),
    Check("scope:people", "people", "missing", required=False, features=("directory",)),
]


def exits(*_: object) -> NoReturn:
    raise SystemExit("canary")


@pytest.fixture
async def checked(world: World, admin: httpx.AsyncClient) -> httpx.AsyncClient:
    await admin.put(CHANNEL, json=LARK_BODY)
    world.connections.channel.found = lambda: LINES
    return admin


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", ["token", "scope:send", "scope:cards", "scope:people"]),
        ("?features=send,cards", ["token", "scope:send", "scope:cards"]),
        ("?features=callbacks", ["token", "scope:send", "scope:cards"]),
        ("?features=directory", ["token", "scope:send", "scope:people"]),
        ("?features=", ["token", "scope:send"]),
    ],
)
async def test_features_decide_which_permissions_a_check_tells_of(
    checked: httpx.AsyncClient, query: str, ids: list[str]
) -> None:
    body = (await checked.post(f"{CHANNEL}/check{query}")).json()
    assert [line["id"] for line in body["checks"]] == ids
    assert body["ok"] is False  # what the channel cannot do without is never left out


async def test_a_line_says_which_features_want_it(checked: httpx.AsyncClient) -> None:
    lines = (await checked.post(f"{CHANNEL}/check")).json()["checks"]
    assert [line["features"] for line in lines][1:3] == [["send"], ["cards", "callbacks"]]


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_an_unknown_feature_is_refused_with_those_there_are(
    checked: httpx.AsyncClient, method: str
) -> None:
    tool = "check" if method == "POST" else "setup-guide"
    answer = await checked.request(method, f"{CHANNEL}/{tool}?features=send,telepathy")
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["loc"] == ["query", "features"]
    assert "callbacks" in error["message"]


async def test_a_check_that_ends_the_process_is_a_line(
    world: World, checked: httpx.AsyncClient
) -> None:
    world.connections.channel.found = exits
    answer = await checked.post(f"{CHANNEL}/check")
    assert (answer.status_code, answer.json()["ok"]) == (200, False)
    assert "SystemExit" in answer.json()["checks"][0]["detail"]
    assert "canary" not in answer.text


async def test_a_check_that_returns_nonsense_is_a_line(
    world: World, checked: httpx.AsyncClient
) -> None:
    world.connections.channel.found = lambda: ["fine"]  # type: ignore[list-item]  # the point
    answer = await checked.post(f"{CHANNEL}/check")
    assert (answer.status_code, answer.json()["checks"][0]["state"]) == (200, "error")


@pytest.mark.parametrize("guide", [exits, lambda _: None], ids=["exits", "nonsense"])
async def test_a_guide_that_fails_is_the_plugins_fault(
    world: World, checked: httpx.AsyncClient, guide: Callable[[GuideRequest], SetupGuide]
) -> None:
    info = PluginInfo("fake", "fake", "1")
    world.parts.registry.offers["lark"] = Offer(replace(LARK, guide=guide), info)
    for path in (f"{CHANNEL}/setup-guide", "/v1/channel-types/lark/setup-guide"):
        answer = await checked.get(path)
        assert (answer.status_code, answer.json()["code"]) == (503, "plugin_failed")
        assert "canary" not in answer.text


async def test_a_plugin_that_fails_to_read_a_pasted_text_leaves_it_to_the_others(
    world: World, checked: httpx.AsyncClient
) -> None:
    info = PluginInfo("fake", "fake", "1")
    world.parts.registry.offers["aaa"] = Offer(replace(LARK, name="aaa", detect=exits), info)
    answer = await checked.post("/v1/channel-types/detect", json={"text": "https://x/hook/1"})
    assert (answer.status_code, answer.json()["type"]) == (200, "lark-robot")
