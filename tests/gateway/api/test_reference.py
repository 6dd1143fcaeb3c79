"""`/docs` shows the whole API and asks nobody else for anything."""

import re

import httpx
import pytest

from gateway.api.reference import groups
from tests.gateway.api.conftest import World


@pytest.fixture
async def page(world: World) -> httpx.Response:
    async with world.client() as client:
        return await client.get("/docs")


async def test_every_operation_of_the_document_is_on_the_page(
    page: httpx.Response, world: World
) -> None:
    for operations in groups(world.app.openapi()).values():
        for one in operations:
            assert f'id="{one.id}"' in page.text


async def test_the_page_loads_nothing_from_elsewhere(page: httpx.Response) -> None:
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert all(address.startswith(("/", "#")) for address in addresses)
    assert "<script" not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")


async def test_the_page_has_a_body_that_notify_takes(page: httpx.Response) -> None:
    assert "ticket.pending_approval" in page.text


async def test_the_page_brings_its_own_looks(world: World) -> None:
    async with world.client() as client:
        answer = await client.get("/docs/style.css")
    assert answer.headers["content-type"].startswith("text/css")
