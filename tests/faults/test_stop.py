"""SIGTERM: what is in the air lands, what is not stays, and nothing is done twice."""

import asyncio
import time
from pathlib import Path

import pytest

from tests.faults.stage import MESSAGES, Platform, api_of, email, gateway, platform, until
from tests.faults.test_kill import PEOPLE, Load, nothing_waits

STOPPED_WITHIN = 20.0


@pytest.mark.faults
@pytest.mark.parametrize("stops", [1, 10])
@pytest.mark.timeout(600)
async def test_a_stop_under_load_loses_nothing_and_repeats_nothing(
    tmp_path: Path, stops: int
) -> None:
    count = 100 + 60 * stops
    async with (
        platform(enforce_limits=False, latency=0.25) as lark,
        gateway(tmp_path) as served,
        api_of(served.url) as api,
    ):
        lark.emulator.add_people(PEOPLE)
        await api.prepare(lark)
        load = Load(served.url, count)
        posting = asyncio.create_task(load.run())
        slowest = 0.0
        for _ in range(stops):
            await asyncio.sleep(0.7)
            began = time.monotonic()
            assert await served.stop() == 0
            slowest = max(slowest, time.monotonic() - began)
            await served.start()
        await posting
        await until(lambda: nothing_waits(api), 60)
        deliveries = await api.deliveries()
    print(f"\n{stops} stops under load: the slowest took {slowest:.2f} s")  # noqa: T201 - the figure
    assert slowest < STOPPED_WITHIN
    assert {each["id"] for each in deliveries} == set(load.acked.values())
    assert len(deliveries) == count
    assert {each["state"] for each in deliveries} == {"sent"}
    assert [each for each in deliveries if each["maybe_duplicate"]] == []
    assert lark.repeated == {}
    assert "Traceback" not in served.log.read_text()


@pytest.mark.faults
async def test_a_stop_does_not_wait_for_ever_for_a_platform_that_hangs(tmp_path: Path) -> None:
    async with platform() as lark, gateway(tmp_path) as served, api_of(served.url) as api:
        lark.emulator.add_people(2)
        await api.prepare(lark)
        lark.break_down(MESSAGES, "hang")
        await api.notify(email(1))
        await until(lambda: called(lark), 10)
        began = time.monotonic()
        assert await served.stop() == 0
        assert time.monotonic() - began < STOPPED_WITHIN
        assert "Traceback" not in served.log.read_text()


async def called(lark: Platform) -> bool:
    return lark.calls(MESSAGES) > 0
