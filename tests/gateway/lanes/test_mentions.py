"""Who is mentioned in a group: known from where the tenant has bound them, or by their number."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from gateway.models import Audience
from gateway.plugin import ChannelType
from gateway.store.bindings import BindingRow, put_binding, unbind
from tests.gateway.lanes.conftest import Build, House
from tests.gateway.lanes.toy import Platform, toy_type

CARD = {"title": "Hi", "blocks": [{"type": "mention", "users": ["user:li.wei"]}]}


def robot_type(platform: Platform, *kinds: str) -> ChannelType:
    return replace(
        toy_type(platform, "robot"),
        audience=Audience.GROUP,
        identity_kinds=kinds,
        same_people=frozenset({"toy"}),
        recipients=frozenset({"channel"}),
    )


async def house_of(build: Build, platform: Platform, *kinds: str) -> House:
    house = await build(toy_type(Platform()), robot_type(platform, *kinds))
    await house.channel("toy")
    await house.channel("robot", "robot")
    await house.user("li.wei", mobile="+8613800000000")
    return house


async def bind(house: House, channel: str, identity: str, kind: str = "toy_id") -> None:
    row = BindingRow("acme", channel, "user:li.wei", "manual", 1, kind, identity)
    await house.core.store.write(lambda c: put_binding(c, row))


async def mentioned(house: House, platform: Platform) -> Mapping[str, str]:
    await house.post("channel:robot", card=CARD)
    await house.until_over()
    [known] = platform.mentions
    assert platform.lookups == [1]  # of the group itself: nobody is looked up on a robot
    return known


async def test_a_binding_on_the_robot_itself_comes_first(build: Build) -> None:
    platform = Platform()
    house = await house_of(build, platform, "toy_id", "mobile")
    await bind(house, "toy", "p-elsewhere")
    await bind(house, "robot", "p-here")
    assert await mentioned(house, platform) == {"user:li.wei": "p-here"}


async def test_a_binding_on_the_same_platform_counts_where_the_kind_does(build: Build) -> None:
    platform = Platform()
    house = await house_of(build, platform, "toy_id")
    await bind(house, "toy", "p-elsewhere")
    assert await mentioned(house, platform) == {"user:li.wei": "p-elsewhere"}


@pytest.mark.parametrize(
    ("kinds", "known"),
    [(("toy_id", "mobile"), {"user:li.wei": "+8613800000000"}), (("toy_id",), {})],
)
async def test_another_kind_of_id_is_of_no_use_but_a_number_may_be(
    build: Build, kinds: tuple[str, ...], known: Mapping[str, str]
) -> None:
    platform = Platform()
    house = await house_of(build, platform, *kinds)
    await bind(house, "toy", "u-elsewhere", "other_id")
    assert await mentioned(house, platform) == known


async def test_who_was_unbound_from_the_robot_is_not_called(build: Build) -> None:
    platform = Platform()
    house = await house_of(build, platform, "toy_id", "mobile")
    await bind(house, "toy", "p-elsewhere")
    await house.core.store.write(lambda c: unbind(c, "acme", "robot", "user:li.wei", 1))
    assert await mentioned(house, platform) == {}


async def test_a_number_may_be_named_itself(build: Build) -> None:
    platform = Platform()
    house = await house_of(build, platform, "mobile")
    users = ["mobile:+6591230001", "user:nobody", "email:a@ex.com"]
    card = {"title": "Hi", "blocks": [{"type": "mention", "users": users}]}
    await house.post("channel:robot", card=card)
    await house.until_over()
    assert platform.mentions == [{"mobile:+6591230001": "+6591230001"}]
