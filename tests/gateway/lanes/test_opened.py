"""A configuration that is not in force is opened beside the one that is."""

from dataclasses import replace

import pytest

from gateway.connections import NotConfiguredError
from tests.gateway.lanes.conftest import Build
from tests.gateway.lanes.toy import Platform, toy_type


async def test_it_is_opened_for_once_and_the_open_channel_stays(build: Build) -> None:
    house = await build(toy_type(Platform()))
    await house.channel()
    connections = house.core.connections
    live = await connections.live("acme", "toy")
    opened = await connections.opened(replace(live.row, lane="acme/other"), {})
    assert opened.channel is not live.channel
    assert opened.calls is not live.calls
    assert await connections.live("acme", "toy") is live


async def test_a_type_that_nobody_offers_is_not_opened(build: Build) -> None:
    house = await build(toy_type(Platform()))
    await house.channel()
    live = await house.core.connections.live("acme", "toy")
    with pytest.raises(NotConfiguredError, match="no plugin offers"):
        await house.core.connections.opened(replace(live.row, type="nothing"), {})
