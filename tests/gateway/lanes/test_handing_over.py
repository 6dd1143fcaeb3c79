"""What a dead owner may have sent is flagged; what a stopped one sent is on disk."""

import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from gateway.engine import Lease
from gateway.lanes.owner import Owner
from gateway.models import SHARDS, Identity, Receipt
from gateway.store.schema import shard
from gateway.store.window import take_shards
from tests.gateway.lanes.conftest import Build, House
from tests.gateway.lanes.toy import Platform, toy_type


async def killed(house: House) -> None:
    """Leave every shard as a killed owner does."""
    await house.core.store.write(lambda c: take_shards(c, range(SHARDS)))


async def clean_shards(house: House) -> int:
    query = sa.select(sa.func.count()).where(shard.c.clean)
    return int(await house.core.store.read(lambda c: c.execute(query).scalar_one()))


async def test_what_a_killed_owner_may_have_sent_is_flagged_once_and_the_shard_is_clean_again(
    build: Build,
) -> None:
    house = await build(toy_type(Platform()), start=False)
    await house.channel()
    await house.post("email:a@ex.com")
    await killed(house)
    house.start()
    await house.until_over()
    await house.post("email:b@ex.com")
    await house.until_over()
    flags = {row.recipient: row.maybe_duplicate for row in await house.deliveries()}
    assert flags == {"email:a@ex.com": True, "email:b@ex.com": False}
    await house.stop()
    assert await clean_shards(house) == SHARDS


async def test_what_was_due_only_after_the_kill_is_not_flagged(build: Build) -> None:
    house = await build(toy_type(Platform()), start=False)
    await house.channel()
    later = datetime.now(UTC) + timedelta(seconds=1.5)
    await house.post("email:a@ex.com", send_at=later.isoformat())
    await killed(house)
    house.start()
    await house.until_over()
    [row] = await house.deliveries()
    assert (row.state, row.maybe_duplicate) == ("sent", False)


async def test_a_flag_survives_a_hold_and_a_clean_stop(build: Build) -> None:
    house = await build(toy_type(Platform()), start=False)
    await house.channel()
    await house.post("email:a@ex.com")
    await house.set_channel(enabled=False)
    await killed(house)
    house.start()

    async def held() -> bool:
        return bool(await house.deliveries(state="held"))

    await house.until(held)
    await house.stop()
    await house.set_channel(enabled=True)
    house.start()
    await house.until_over()
    [row] = await house.deliveries()
    assert (row.state, row.maybe_duplicate) == ("sent", True)


async def test_an_owner_that_stops_before_it_looked_leaves_its_shard_unclean(build: Build) -> None:
    house = await build(toy_type(Platform()), start=False)
    tools = house.core.lanes.tools
    lease = Lease(0, 2, clean=False)
    await Owner(lease, tools, tools.now())._stop()
    assert not lease.clean
    lease = Lease(0, 2, clean=True)
    await Owner(lease, tools, tools.now())._stop()
    assert lease.clean


async def test_a_stop_waits_for_calls_and_their_acks_and_starts_no_other(build: Build) -> None:
    platform = Platform()

    async def slow(to: Identity) -> Receipt | None:
        await asyncio.sleep(0.3)
        return None

    platform.misdeed = slow
    house = await build(toy_type(platform))
    await house.channel()
    for number in range(100):
        await house.post(f"email:p{number}@ex.com", title=f"Card {number}")

    async def some() -> bool:
        return len(platform.sends) > 0

    await house.until(some)
    await house.stop()
    sent = await house.deliveries(state="sent")
    assert 0 < len(platform.sends) < 100
    assert len(sent) == len(platform.sends)
    assert await clean_shards(house) == SHARDS


async def test_the_engine_waits_for_a_store_that_is_away_at_its_start(
    build: Build, tmp_path: Path
) -> None:
    house = await build(toy_type(Platform()), start=False)
    await house.channel()
    await house.post("email:a@ex.com")
    other = sqlite3.connect(tmp_path / "gateway.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    house.start()
    await asyncio.sleep(2)
    other.execute("ROLLBACK")
    other.close()
    await house.until_over()
    [row] = await house.deliveries()
    assert row.state == "sent"
