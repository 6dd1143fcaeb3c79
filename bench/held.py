"""What it takes to put together the digests of a lane on which very much was held."""

import asyncio
import time
from typing import Any

import psutil
import sqlalchemy as sa

from bench.house import LanePlan, furnish
from gateway.clock import to_millis
from gateway.core import Core
from gateway.engine import Lease
from gateway.lanes.assembling import Assembly
from gateway.store.schema import delivery
from gateway.store.standing import shard_of
from gateway.store.window import take_shards
from gateway.windows import Windows

MEGA = 1_000_000
LOOK_SECONDS = 0.02


async def assembled(core: Core, deliveries: int, people: int) -> dict[str, Any]:
    """Hold `deliveries` for `people`, make digests of them, and tell time, memory and cards."""
    plan = LanePlan("t0", "push", "http://127.0.0.1:1", deliveries)
    await furnish(core, [plan])
    await core.store.write(lambda c: c.execute(_held(to_millis(core.clock.now()), people)))
    assembly = await _assembly(core, plan)
    seen = [psutil.Process().memory_info().rss]
    watch = asyncio.create_task(_watch(seen))
    started = time.perf_counter()
    while await assembly.run():
        pass
    seconds = time.perf_counter() - started
    watch.cancel()
    states = await core.store.read(_states)
    assert set(states) <= {"queued", "superseded"}, states
    assert sum(states.values()) == deliveries
    grown = (max(seen) - seen[0]) / MEGA
    return {"seconds": seconds, "megabytes": max(grown, 0.1), "cards": states["queued"]}


async def _watch(seen: list[int]) -> None:
    own = psutil.Process()
    while True:
        seen.append(own.memory_info().rss)
        await asyncio.sleep(LOOK_SECONDS)


def _held(now: int, people: int) -> sa.Update:
    person: sa.ColumnClause[str] = sa.literal_column(
        f"'email:p' || (rowid % {people}) || '@example.com'"
    )
    return delivery.update().values(
        state="held", reason="user_window", due=now - 1, recipient=person
    )


async def _assembly(core: Core, plan: LanePlan) -> Assembly:
    shard = shard_of(plan.key)
    taken = await core.store.write(lambda c: take_shards(c, [shard]))
    lease = Lease(shard, taken[shard][0], clean=True)
    live = await core.connections.live(plan.tenant, plan.name)
    tools = core.lanes.tools
    return Assembly(plan.key, lease, tools, Windows(), {plan.name: live}, frozenset())


def _states(connection: sa.Connection) -> dict[str, int]:
    query = sa.select(delivery.c.state, sa.func.count()).group_by(delivery.c.state)
    return {row[0]: row[1] for row in connection.execute(query)}
