from dataclasses import replace

import httpx

from gateway.plugin import GuideRequest, SetupGuide
from tests.gateway.api.conftest import LARK, PUBLIC, World, guide

PATH = "/v1/channel-types/lark/card-template"
LINK = "/card-templates/lark"


def offers(world: World, written: str) -> None:
    """Let the plugin have a card template."""
    offered = world.parts.registry.offers["lark"]
    channel_type = replace(LARK, card_template=lambda: written)
    world.parts.registry.offers["lark"] = replace(offered, channel_type=channel_type)


async def test_anybody_downloads_the_card_template_as_a_file(world: World) -> None:
    offers(world, '{"mode": "card"}')
    async with world.client(None) as stranger, world.as_role("sender") as sender:
        for answer in (await stranger.get(LINK), await sender.get(PATH)):
            assert (answer.status_code, answer.json()) == (200, {"mode": "card"})
            assert answer.headers["content-type"] == "application/json"
            name = "lark-card-template.json"
            assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'


async def test_only_the_link_of_the_guide_needs_no_key(world: World) -> None:
    offers(world, "{}")
    async with world.client(None) as stranger:
        assert (await stranger.get(PATH)).status_code == 401


async def test_a_type_without_one_and_one_that_nobody_offers_are_not_found(world: World) -> None:
    async with world.client(None) as stranger:
        for path in (LINK, "/card-templates/nothing"):
            answer = await stranger.get(path)
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_plugin_that_fails_is_told_as_that(world: World) -> None:
    def broken() -> str:
        raise OSError("canary-path")

    offered = world.parts.registry.offers["lark"]
    failing = replace(offered, channel_type=replace(LARK, card_template=broken))
    world.parts.registry.offers["lark"] = failing
    async with world.client(None) as stranger:
        answer = await stranger.get(LINK)
    assert (answer.status_code, answer.json()["code"]) == (503, "plugin_failed")
    assert "canary" not in answer.text


async def test_a_guide_is_told_where_its_template_is(
    world: World, admin: httpx.AsyncClient
) -> None:
    offers(world, "{}")
    offered = world.parts.registry.offers["lark"]
    urls: list[str | None] = []

    def listening(request: GuideRequest) -> SetupGuide:
        urls.append(request.card_template_url)
        return guide(request)

    heard = replace(offered.channel_type, guide=listening)
    world.parts.registry.offers["lark"] = replace(offered, channel_type=heard)
    await admin.get("/v1/channel-types/lark/setup-guide")
    world.parts.registry.offers["lark"] = replace(
        offered, channel_type=replace(heard, card_template=None)
    )
    await admin.get("/v1/channel-types/lark/setup-guide")
    assert urls == [f"{PUBLIC}{LINK}", None]
