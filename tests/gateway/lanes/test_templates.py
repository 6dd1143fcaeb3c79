"""Templates on their way: each recipient gets the card of their language, as it was when posted."""

import json

import pytest

from gateway.problems import ProblemError
from gateway.request import NotifyRequest
from gateway.store.audit import By
from gateway.store.history import read_notification
from gateway.templates import TemplateBody, Templates
from tests.gateway.lanes.conftest import Build, House
from tests.gateway.lanes.toy import Platform, toy_type

HELLO = TemplateBody.model_validate(
    {
        "card": {"title": "Hello {{ name }}"},
        "locales": {"zh-CN": {"card": {"title": "你好 {{ name }}"}}},
    }
)
FILLED = {"card": None, "template": "hello", "data": {"name": "x"}}


async def a_house(build: Build) -> tuple[House, Platform]:
    platform = Platform()
    house = await build(toy_type(platform))
    await house.channel()
    for name, locale in (("li", "zh-CN"), ("tan", "en")):
        await house.user(name, email=f"{name}@ex.com", locale=locale)
    await put(house, HELLO)
    return house, platform


async def put(house: House, body: TemplateBody, tenant: str = "acme") -> None:
    by = By("test", tenant, house.core.clock.now())
    await Templates(house.core.store).put(by, "hello", body)


def sent(platform: Platform) -> list[tuple[str, str]]:
    return sorted((to, title) for to, title, _ in platform.sends)


async def test_each_recipient_gets_the_card_of_their_language(build: Build) -> None:
    house, platform = await a_house(build)
    await house.post("user:li", "user:tan", **FILLED)
    await house.until_over()
    assert sent(platform) == [("p-li", "你好 x"), ("p-tan", "Hello x")]


async def test_a_new_version_is_used_from_the_next_notification_on(build: Build) -> None:
    house, platform = await a_house(build)
    first = await house.post("user:tan", **FILLED)
    await put(house, titled("Hi {{ name }}"))
    second = await house.post("user:li", **FILLED)
    await house.until_over()
    assert sent(platform) == [("p-li", "Hi x"), ("p-tan", "Hello x")]
    for one, version in ((first, 1), (second, 2)):
        row = await house.core.store.read(lambda c: read_notification(c, "acme", one))  # noqa: B023 - awaited here
        assert row is not None
        assert row.body["template_version"] == version


async def test_a_retry_says_what_was_said_then(build: Build) -> None:
    house, platform = await a_house(build)
    await house.post("user:li", **FILLED)
    await house.until_over()
    [delivery] = await house.deliveries()
    await put(house, titled("New"))
    await house.core.router.retry("acme", delivery.id)
    await house.until_over()
    assert sent(platform) == [("p-li", "你好 x")] * 2


async def test_a_dry_run_shows_each_languages_payload(build: Build) -> None:
    house, platform = await a_house(build)
    body = {"type": "t", "to": ["user:li", "user:tan"], **FILLED, "dry_run": True}
    shown = await house.core.router.preview("acme", NotifyRequest.model_validate(body))
    assert [(p["channel"], p["locale"], p["payload"]) for p in shown["payloads"]] == [
        ("toy", "zh-CN", {"title": "你好 x"}),
        ("toy", None, {"title": "Hello x"}),
    ]
    assert json.loads(json.dumps(shown)) == shown
    assert platform.sends == []


async def test_another_tenants_template_is_unknown(build: Build) -> None:
    house, _ = await a_house(build)
    await house.tenant("other")
    with pytest.raises(ProblemError) as caught:
        await house.post("user:li", tenant="other", **FILLED)
    assert caught.value.problem.code == "unknown_template"


async def test_a_template_that_was_deleted_is_unknown_from_then_on(build: Build) -> None:
    house, _ = await a_house(build)
    await house.post("user:li", **FILLED)
    by = By("test", "acme", house.core.clock.now())
    await Templates(house.core.store).delete(by, "hello")
    with pytest.raises(ProblemError, match="no such template"):
        await house.post("user:li", **FILLED)
    await put(house, titled("Back"))
    await house.post("user:li", **FILLED)


def titled(title: str) -> TemplateBody:
    return TemplateBody.model_validate({"card": {"title": title}})
