"""Templates: versions, languages, previews."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from gateway.plugin import Card, ChannelType, ContentError, Context, Degrades, Loss, Payload
from gateway.registry import Offer, PluginInfo
from tests.gateway.api.conftest import CHANNEL, LARK_BODY, FakeChannel, World

PATH = "/v1/tenants/acme/templates"
APPROVAL: dict[str, Any] = {
    "card": {
        "title": "Approve {{ ticket }}?",
        "blocks": [{"type": "markdown", "text": "**{{ who }}** asks"}],
    },
    "locales": {"zh-CN": {"card": {"title": "请审批 {{ ticket }}"}}},
    "variables": {"properties": {"ticket": {"type": "string"}, "who": {"type": "string"}}},
}
DATA = {"ticket": "#4711", "who": "Li *Wei*"}


class Config(BaseModel):
    prefix: str


class Titled(FakeChannel, Degrades):
    """A channel that shows a card's title and nothing else."""

    def __init__(self, config: Config, _context: Context) -> None:
        super().__init__()
        self.prefix = config.prefix

    def render(self, card: Card) -> Payload:
        if card.severity == "critical":
            raise ContentError("too critical")
        return {"title": self.prefix + card.title}

    def losses(self, card: Card) -> Sequence[Loss]:
        return [Loss(("blocks", at), "nothing", "Titles only.") for at, _ in enumerate(card.blocks)]


TITLED = ChannelType("titled", "Titled", Config, Titled, example={"prefix": "> "})


@pytest.fixture
async def admin(world: World) -> AsyncIterator[httpx.AsyncClient]:
    world.parts.registry.offers["titled"] = Offer(TITLED, PluginInfo("fake", "gateway-fake", "1"))
    async with world.as_role("admin") as client:
        yield client


async def test_a_template_is_created_and_shown(admin: httpx.AsyncClient) -> None:
    made = await admin.put(f"{PATH}/approval", json=APPROVAL)
    assert made.status_code == 201
    assert made.json() == (await admin.get(f"{PATH}/approval")).json()
    shown = made.json()
    assert {name: shown[name] for name in APPROVAL} == APPROVAL
    assert (shown["name"], shown["version"], shown["languages"]) == ("approval", 1, ["zh-CN"])


async def test_each_put_is_a_version_and_the_former_can_be_read(admin: httpx.AsyncClient) -> None:
    await admin.put(f"{PATH}/approval", json=APPROVAL)
    again = await admin.put(f"{PATH}/approval", json={"card": {"title": "New"}})
    assert (again.status_code, again.json()["version"]) == (200, 2)
    assert (await admin.get(f"{PATH}/approval")).json()["card"] == {"title": "New"}
    former = await admin.get(f"{PATH}/approval", params={"version": 1})
    assert former.json()["card"] == APPROVAL["card"]
    assert (await admin.get(f"{PATH}/approval", params={"version": 3})).status_code == 404
    assert (await admin.get(f"{PATH}/approval", params={"version": 0})).status_code == 422


async def test_lists_have_pages(admin: httpx.AsyncClient) -> None:
    for name in ("b", "a", "a", "a"):
        await admin.put(f"{PATH}/{name}", json={"card": {"title": name}})
    first = (await admin.get(PATH, params={"limit": 1})).json()
    assert [(each["name"], each["version"]) for each in first["items"]] == [("a", 3)]
    rest = (await admin.get(PATH, params={"cursor": first["next_cursor"]})).json()
    assert [each["name"] for each in rest["items"]] == ["b"]
    versions = (await admin.get(f"{PATH}/a/versions", params={"limit": 2})).json()
    assert [each["version"] for each in versions["items"]] == [3, 2]
    older = await admin.get(f"{PATH}/a/versions", params={"cursor": versions["next_cursor"]})
    assert [each["version"] for each in older.json()["items"]] == [1]
    odd = await admin.get(f"{PATH}/a/versions", params={"cursor": rest["next_cursor"] or "YQ"})
    assert odd.status_code == 422


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ({"card": {"title": "{{ a"}}, ["body", "card", "title"]),
        ({"card": {"blocks": []}}, ["body", "card", "title"]),
        ({**APPROVAL, "variables": {"type": "odd"}}, ["body", "variables", "type"]),
        ({**APPROVAL, "variables": {"properties": {}}}, ["body", "card", "title"]),
        ({**APPROVAL, "locales": {"zh-CN": {"card": {"title": "{{ x() }}"}}}},
         ["body", "locales", "zh-CN", "card", "title"]),
        ({**APPROVAL, "locales": {"not a locale": {"card": {}}}}, ["body", "locales"]),
        ({**APPROVAL, "extra": 1}, ["body", "extra"]),
        ({}, ["body", "card"]),
    ],
)  # fmt: skip
async def test_what_can_never_be_sent_is_refused_with_its_place(
    admin: httpx.AsyncClient, body: dict[str, Any], loc: list[str]
) -> None:
    answer = await admin.put(f"{PATH}/approval", json=body)
    assert answer.status_code == 422
    assert answer.json()["code"] == "validation_failed"
    assert answer.json()["errors"][0]["loc"][: len(loc)] == loc
    assert (await admin.get(f"{PATH}/approval")).status_code == 404


async def test_a_name_is_a_slug(admin: httpx.AsyncClient) -> None:
    assert (await admin.put(f"{PATH}/Not%20a%20slug", json=APPROVAL)).status_code == 422


async def test_a_template_is_deleted_with_all_its_versions(admin: httpx.AsyncClient) -> None:
    for _ in range(2):
        await admin.put(f"{PATH}/approval", json=APPROVAL)
    assert (await admin.delete(f"{PATH}/approval")).status_code == 204
    assert (await admin.delete(f"{PATH}/approval")).status_code == 404
    assert (await admin.get(f"{PATH}/approval", params={"version": 1})).status_code == 404


async def test_the_audit_log_tells_who_changed_it(admin: httpx.AsyncClient) -> None:
    for _ in range(2):
        await admin.put(f"{PATH}/approval", json=APPROVAL)
    await admin.delete(f"{PATH}/approval")
    log = (await admin.get("/v1/tenants/acme/audit-log")).json()["items"]
    told = [(each["action"], each["target"]) for each in log][:3]
    assert told == [("template.delete", "approval"), *[("template.put", "approval")] * 2]
    assert log[0]["before"]["version"] == 2
    assert (log[1]["before"], log[1]["after"]["version"]) == ({"version": 1}, 2)


async def test_another_tenants_templates_are_not_there(world: World) -> None:
    async with world.as_role("admin") as admin, world.as_role("admin", "other") as other:
        await admin.put(f"{PATH}/approval", json=APPROVAL)
        theirs = "/v1/tenants/other/templates"
        assert (await other.get(theirs)).json()["items"] == []
        assert (await other.get(f"{theirs}/approval")).status_code == 404
        assert (await other.get(f"{PATH}/approval")).status_code == 404
        assert (await other.post(f"{theirs}/approval/preview", json={})).status_code == 404
        assert (await other.put(f"{theirs}/approval", json=APPROVAL)).json()["version"] == 1


async def test_a_preview_shows_every_channel_type(admin: httpx.AsyncClient) -> None:
    await admin.put(f"{PATH}/approval", json=APPROVAL)
    answer = await admin.post(f"{PATH}/approval/preview", json={"data": DATA})
    assert answer.status_code == 200
    shown = answer.json()
    assert (shown["template"], shown["version"], shown["locale"]) == ("approval", 1, None)
    assert shown["card"]["blocks"][0]["text"] == r"**Li \*Wei\*** asks"
    payloads = {each["type"]: each for each in shown["payloads"]}
    assert sorted(payloads) == ["lark", "lark-robot", "titled"]
    titled = payloads["titled"]
    assert (titled["channel"], titled["error"]) == (None, None)
    assert titled["payload"] == {"title": "> Approve #4711?"}
    assert titled["bytes"] == len('{"title": "> Approve #4711?"}')
    loss = {"loc": ["blocks", 0], "becomes": "nothing", "why": "Titles only."}
    assert titled["losses"] == [loss]
    place = {"channel": None, "loc": ["card", "blocks", 0]}
    assert shown["warnings"] == [{"code": "card_loss", **place, "message": "Titles only."}]
    assert "no example" in payloads["lark-robot"]["error"]


async def test_a_preview_is_made_by_the_tenants_own_channels_where_there_are_some(
    admin: httpx.AsyncClient,
) -> None:
    await admin.put(f"{PATH}/approval", json=APPROVAL)
    await admin.put(CHANNEL, json=LARK_BODY)
    shown = (await admin.post(f"{PATH}/approval/preview", json={"data": DATA})).json()
    places = [(each["type"], each["channel"], each["error"]) for each in shown["payloads"]]
    assert ("lark", "lark", None) in places


async def test_a_platform_that_would_refuse_the_card_is_told(admin: httpx.AsyncClient) -> None:
    await admin.put(f"{PATH}/alarm", json={"card": {"title": "!", "severity": "{{ how }}"}})
    body = {"data": {"how": "critical"}}
    shown = (await admin.post(f"{PATH}/alarm/preview", json=body)).json()
    titled = next(each for each in shown["payloads"] if each["type"] == "titled")
    assert (titled["payload"], titled["error"]) == (None, "too critical")


async def test_a_preview_is_in_the_recipients_language_or_the_tenants(world: World) -> None:
    async with world.as_role("admin") as admin, world.client() as owner:
        await admin.put(f"{PATH}/approval", json=APPROVAL)

        async def title(locale: str | None) -> tuple[str | None, str]:
            body = {"data": DATA, "locale": locale}
            shown = (await admin.post(f"{PATH}/approval/preview", json=body)).json()
            return shown["locale"], shown["card"]["title"]

        assert await title("zh-TW") == ("zh-CN", "请审批 #4711")
        assert await title("fr") == (None, "Approve #4711?")
        await owner.patch("/v1/tenants/acme", json={"locale": "zh-CN"})
        assert await title("fr") == ("zh-CN", "请审批 #4711")


@pytest.mark.parametrize(
    ("data", "loc", "sentence"),
    [
        ({"ticket": 1, "who": "Li"}, ["body", "data", "ticket"], "not of type"),
        ({"ticket": "1"}, ["body", "template", "card", "blocks", 0, "text"], "no `who`"),
        ({"ticket": "x" * 400, "who": ""}, ["body", "template", "card", "title"], "at most 300"),
    ],
)
async def test_data_that_makes_no_card_is_refused_with_its_place(
    admin: httpx.AsyncClient, data: dict[str, Any], loc: list[str | int], sentence: str
) -> None:
    await admin.put(f"{PATH}/approval", json=APPROVAL)
    answer = await admin.post(f"{PATH}/approval/preview", json={"data": data})
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["loc"]) == (422, loc)
    assert sentence in error["message"]


async def test_an_older_version_can_be_previewed(admin: httpx.AsyncClient) -> None:
    await admin.put(f"{PATH}/approval", json=APPROVAL)
    await admin.put(f"{PATH}/approval", json={"card": {"title": "New"}})
    body = {"data": DATA, "version": 1}
    shown = (await admin.post(f"{PATH}/approval/preview", json=body)).json()
    assert (shown["version"], shown["card"]["title"]) == (1, "Approve #4711?")
