"""Ten thousand people in one notification: a kill -9 misses nobody and doubles none."""

import asyncio
import os
import random
from pathlib import Path

import pytest

from tests.faults.stage import (
    UNLIMITED,
    Api,
    Platform,
    api_of,
    email,
    gateway,
    platform,
    until,
)

KILLS = int(os.environ.get("KILLS", "3"))
SEED = int(os.environ.get("SEED", "4711"))
APPROVE = {"kind": "callback", "id": "approve", "label": "Approve", "once": True}
CARD = {"title": "Approve?", "actions": [APPROVE]}


async def some_are_sent(lark: Platform, count: int) -> None:
    """Wait until so many more messages are there, or no more come."""
    wanted = len(lark.emulator.messages) + count

    async def there() -> bool:
        return len(lark.emulator.messages) >= wanted

    await until(there, 60, every=0.01)


async def nothing_waits(api: Api) -> bool:
    waiting = await api.call("GET", "/v1/deliveries?tenant=acme&state=queued&limit=1")
    await asyncio.sleep(0.2)
    return not waiting["items"]


@pytest.mark.faults
@pytest.mark.parametrize(
    ("kills", "people"),
    [pytest.param(1, 300, id="short"), pytest.param(KILLS, 10_000, id="full")],
)
@pytest.mark.timeout(600)
async def test_a_large_notification_survives_kills_and_reaches_everybody_once(
    tmp_path: Path, kills: int, people: int
) -> None:
    chance = random.Random(SEED)
    async with platform(enforce_limits=False, latency=0.02) as lark, gateway(tmp_path) as served:
        lark.emulator.add_people(people)
        async with api_of(served.url) as api:
            await api.prepare(lark, **UNLIMITED, monthly_quota=0)
            members = {"members": [email(number) for number in range(1, people + 1)]}
            await api.call("PUT", "/v1/tenants/acme/topics/everybody", members)
            accepted = await api.notify({"topic": "everybody"}, card=CARD)
            assert accepted["counts"]["deliveries"] == people
            for _ in range(kills):
                await some_are_sent(lark, chance.randint(people // 20, people // (kills + 2)))
                await served.kill()
                await served.start()
            await until(lambda: nothing_waits(api), 400)
            deliveries = await api.deliveries(notification=accepted["id"])
    assert [each["state"] for each in deliveries] == ["sent"] * people
    assert len({each["recipient"] for each in deliveries}) == people
    assert lark.emulator.duplicates() == []
    reached = [message.receiver for message in lark.emulator.messages]
    assert (len(reached), len(set(reached))) == (people, people)
    flagged = sum(bool(each["maybe_duplicate"]) for each in deliveries)
    print(  # noqa: T201 - the figures of the run
        f"\n{kills} kills: {people} reached once each, {len(lark.repeated)} calls repeated, "
        f"{flagged} flagged"
    )
    assert len(lark.repeated) <= flagged
