"""Look-ups that nobody queued share the pace of the lane they belong to."""

from tests.gateway.lanes.conftest import Build, House
from tests.gateway.lanes.toy import Platform, toy_type


async def gate_of(house: House) -> object:
    live = await house.core.connections.live("acme", "toy")
    return await house.core.lanes.gate(live)


async def test_the_lane_that_delivers_and_the_api_share_one_gate(build: Build) -> None:
    house = await build(toy_type(Platform()))
    lane = await house.channel()
    asked = await gate_of(house)
    await house.user("li", email="li@ex.com")
    await house.post("user:li")
    await house.until_over()
    worked = [
        owner.lanes[lane] for owner in house.core.lanes.owners.values() if lane in owner.lanes
    ]
    assert [each.gate for each in worked] == [asked]
    assert await gate_of(house) is asked


async def test_a_process_that_does_not_deliver_paces_itself(build: Build) -> None:
    house = await build(toy_type(Platform()), start=False)
    await house.channel()
    assert await gate_of(house) is await gate_of(house)
