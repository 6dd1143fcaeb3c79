"""A 202 survives kill -9: nothing is lost, and nobody sees anything twice."""

import asyncio
import os
import random
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from gateway.lanes.calls import key_of
from tests.faults.stage import (
    UNLIMITED,
    Api,
    Gateway,
    Platform,
    api_of,
    email,
    gateway,
    note,
    platform,
    until,
)

KILLS = int(os.environ.get("KILLS", "3"))
SEED = int(os.environ.get("SEED", "4711"))
PEOPLE = 200
CLIENTS = 16


@dataclass
class Load:
    """A client that posts until all is accepted, through whatever happens to the gateway."""

    url: str
    count: int
    acked: dict[int, str] = field(default_factory=dict)
    conflicts: int = 0

    async def run(self) -> None:
        numbers = iter(range(1, self.count + 1))
        async with api_of(self.url) as api:
            await asyncio.gather(*(self._client(api, numbers) for _ in range(CLIENTS)))

    async def _client(self, api: Api, numbers: Iterable[int]) -> None:
        for number in numbers:
            while not await self._post(api, number):  # noqa: ASYNC110 - as a client would
                await asyncio.sleep(0.02)

    async def _post(self, api: Api, number: int) -> bool:
        body = note(email(1 + number % PEOPLE), title=f"Card {number}")
        try:
            reply = await api.http.post(
                "/notify", json=body, headers={"Idempotency-Key": f"key-{number}"}
            )
        except httpx.TransportError:
            return False
        if reply.status_code == 202:
            self.acked[number] = reply.json()["deliveries"][0]["id"]
        return reply.status_code == 202


def sent_on_disk(database: Path) -> set[str]:
    """Return the keys of what the dead gateway had written down as sent."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        rows = connection.execute("SELECT id FROM delivery WHERE state = 'sent'").fetchall()
    connection.close()
    return {key_of([row[0]]) for row in rows}


async def killed_again_and_again(
    lark: Platform, served: Gateway, kills: int, chance: random.Random
) -> tuple[list[set[str]], list[float]]:
    """Return what was in flight at each kill, and how long each restart took."""
    in_flight: list[set[str]] = []
    restarts: list[float] = []
    for _ in range(kills):
        await asyncio.sleep(chance.uniform(0.1, 1.2))
        await served.kill()
        in_flight.append(set(lark.uuids) - sent_on_disk(served.database))
        restarts.append(await served.start())
    return in_flight, restarts


@pytest.mark.parametrize(
    ("kills", "count"),
    [
        pytest.param(1, 150, id="short"),
        pytest.param(KILLS, 2000, id="full", marks=pytest.mark.faults),
    ],
)
@pytest.mark.timeout(600)
async def test_a_202_survives_kills_and_nobody_sees_anything_twice(
    tmp_path: Path, kills: int, count: int
) -> None:
    async with platform(enforce_limits=False, latency=0.25) as lark, gateway(tmp_path) as served:
        lark.emulator.add_people(PEOPLE)
        async with api_of(served.url) as api:
            await api.prepare(lark, **UNLIMITED)
            load = Load(served.url, count)
            posting = asyncio.create_task(load.run())
            in_flight, restarts = await killed_again_and_again(
                lark, served, kills, random.Random(SEED)
            )
            await posting
            await until(lambda: nothing_waits(api), 120)
            deliveries = {each["id"]: each for each in await api.deliveries()}
    report(load, lark, in_flight, restarts, deliveries)
    assert len(load.acked) == count
    assert set(load.acked.values()) == set(deliveries)
    assert {each["state"] for each in deliveries.values()} == {"sent"}
    assert len(lark.emulator.messages) == count
    assert lark.emulator.duplicates() == []
    assert set(lark.repeated) <= set().union(*in_flight)
    assert sum(times - 1 for times in lark.uuids.values()) <= sum(map(len, in_flight))
    flagged = {key_of([key]) for key, each in deliveries.items() if each["maybe_duplicate"]}
    assert set(lark.repeated) <= flagged


async def nothing_waits(api: Api) -> bool:
    waiting = await api.call("GET", "/v1/deliveries?tenant=acme&state=queued&limit=1")
    await asyncio.sleep(0.2)
    return not waiting["items"]


def report(
    load: Load,
    lark: Platform,
    in_flight: list[set[str]],
    restarts: list[float],
    deliveries: dict[str, dict[str, object]],
) -> None:
    """Print the figures; `pytest -s` shows them."""
    flagged = sum(bool(each["maybe_duplicate"]) for each in deliveries.values())
    print(  # noqa: T201 - the figures of the run
        f"\n{len(in_flight)} kills: {len(load.acked)} acked, "
        f"{sum(each['state'] == 'sent' for each in deliveries.values())} sent, "
        f"{len(set(load.acked.values()) - set(deliveries))} lost, "
        f"{sum(map(len, in_flight))} in flight at the kills, "
        f"{sum(times - 1 for times in lark.uuids.values())} repeats, {flagged} flagged, "
        f"{len(lark.emulator.duplicates())} visible twice, first answer after a restart in "
        f"{min(restarts):.2f}-{max(restarts):.2f} s"
    )
