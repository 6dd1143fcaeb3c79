"""`/app/…`: what people see who open the application before, while and after it is in effect."""

import re

import httpx
import pytest

from gateway.api.app_page import language_of
from gateway.api.app_words import PAGES
from tests.gateway.api.conftest import CHANNEL, LARK_BODY, PUBLIC, World

APP = "/app/acme/lark"
CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}


async def opened(world: World, path: str = APP, **headers: str) -> httpx.Response:
    async with world.client(None) as stranger:
        return await stranger.get(path, headers=headers)


async def test_before_anything_is_saved_the_page_says_so(world: World) -> None:
    answer = await opened(world)
    assert answer.status_code == 404
    assert "not connected" in answer.text
    assert "administrator" in answer.text


async def test_a_saved_channel_is_not_in_effect_before_it_is_enabled(
    world: World, admin: httpx.AsyncClient
) -> None:
    await admin.put(CHANNEL, json=LARK_BODY)
    before = await opened(world)
    assert (before.status_code, "not in effect yet" in before.text) == (200, True)
    assert "<code>channel_disabled</code>" in before.text
    assert "Ask the administrator" in before.text
    await admin.post(f"{CHANNEL}/enable")
    assert "This application is in effect" in (await opened(world)).text
    await admin.post(f"{CHANNEL}/disable")
    assert (await opened(world)).text == before.text


async def test_every_address_that_the_guide_prints_is_there(
    world: World, admin: httpx.AsyncClient
) -> None:
    await admin.put(CHANNEL, json=LARK_BODY)
    for tail in ("", "/workbench", "/login", "/oauth2/callback?code=x", "/person/inviteToGroup"):
        answer = await opened(world, APP + tail)
        assert (answer.status_code, "not in effect yet" in answer.text) == (200, True)
    for tail in ("/login?link=x", "/oauth2/callback?code=x&state=y"):
        answer = await opened(world, APP + tail)
        assert (answer.status_code, "not in effect yet" in answer.text) == (409, True)


async def test_logging_in_is_offered_where_the_type_can_and_the_channel_is_in_effect(
    world: World, admin: httpx.AsyncClient
) -> None:
    await admin.put(CHANNEL, json=LARK_BODY)
    assert "/login" not in (await opened(world)).text
    await admin.post(f"{CHANNEL}/enable")
    assert f'href="{PUBLIC}{APP}/login"' in (await opened(world)).text
    robot = {"type": "lark-robot", "config": {"webhook_url": "https://open.larksuite.com/hook/1"}}
    await admin.put("/v1/tenants/acme/channels/robot", json=robot)
    await admin.post("/v1/tenants/acme/channels/robot/enable")
    page = await opened(world, "/app/acme/robot")
    assert "This application is in effect" in page.text
    assert "/login" not in page.text


async def test_the_page_is_in_the_readers_language(world: World) -> None:
    answer = await opened(world, **CHINESE)
    assert 'lang="zh-CN"' in answer.text
    assert re.search("[\u4e00-\u9fff]", answer.text)
    assert answer.headers["vary"] == "Accept-Language"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        *(("", "en"), ("fr-FR, zh-TW;q=0.5", "zh-CN"), ("ZH", "zh-CN"), ("*", "en")),
        *((";;,", "en"), ("en-GB,zh", "en")),
    ],
)
def test_the_first_language_that_is_known_counts(accepted: str, language: str) -> None:
    assert language_of(accepted) == language


def test_every_page_is_in_both_languages_and_says_whom_to_ask() -> None:
    for words in PAGES.values():
        assert set(words) == {"en", "zh-CN"}
        assert "administrator" in words["en"].ask
        assert "管理员" in words["zh-CN"].ask


async def test_the_page_loads_nothing_from_elsewhere_and_runs_nothing(world: World) -> None:
    answer = await opened(world)
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "<script" not in answer.text
    assert "http" not in answer.text
    assert (await opened(world, "/app/style.css")).headers["content-type"].startswith("text/css")


async def test_a_code_in_the_address_goes_nowhere(world: World) -> None:
    answer = await opened(world, f"{APP}/oauth2/callback?code=canary-code&state=1")
    assert "canary" not in answer.text
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/app/other/lark", "/app/no-such/lark", "/app/acme/none"])
async def test_a_tenant_that_is_there_looks_like_one_that_is_not(world: World, path: str) -> None:
    assert (await opened(world, path)).text == (await opened(world, "/app/a/b")).text


@pytest.mark.parametrize(
    "path", ["/app/%00/lark", "/app/acme/%3Cscript%3E", f"/app/{'x' * 3000}/lark", "/app/acme/灯"]
)
async def test_an_address_of_nonsense_is_only_unknown(world: World, path: str) -> None:
    answer = await opened(world, path)
    assert answer.status_code == 404
    assert "<script" not in answer.text
