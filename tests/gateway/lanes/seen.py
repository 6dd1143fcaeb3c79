"""What tests of a lane wait for, and how they make its platform misbehave."""

from collections.abc import Callable

import sqlalchemy as sa

from gateway.models import Identity
from gateway.store.schema import channel, lane
from gateway.store.standing import shard_of
from tests.gateway.lanes.conftest import House
from tests.gateway.lanes.toy import Misdeed, Platform


def raising(make: Callable[[], BaseException], times: int = 10**9) -> Misdeed:
    """A misdeed that raises for its first `times` calls."""
    left = [times]

    async def misdeed(to: Identity) -> None:
        left[0] -= 1
        if left[0] >= 0:
            raise make()

    return misdeed


async def flying(house: House) -> bool:
    return bool(house.core.lanes.tools.flights.flying())


async def running(house: House) -> bool:
    return house.core.engine.stats().running


async def state_is(house: House, state: str, count: int) -> bool:
    return len(await house.deliveries(state=state)) == count


async def some_held(house: House, reason: str) -> bool:
    return bool(await house.deliveries(state="held", reason=reason))


async def count(platform: Platform, count: int) -> bool:
    return len(platform.sends) == count


async def count_of(items: list[object], count: int) -> bool:
    return len(items) == count


async def expire_hold(house: House) -> None:
    """Let the time until the next probe be over, in the store and in memory."""
    await house.core.store.write(lambda c: c.execute(channel.update().values(hold_until=1)))
    standings = house.core.lanes.tools.standings
    standings._holds.clear()
    house.core.connections.forget("acme", "toy")
    await house.core.store.write(lambda c: c.execute(sa.update(lane).values(next_due=1)))


def same_shard(lane: str) -> str:
    return next(f"acme/x{n}" for n in range(10_000) if shard_of(f"acme/x{n}") == shard_of(lane))
