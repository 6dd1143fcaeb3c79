import asyncio
from datetime import UTC, datetime, timedelta

from gateway.testing import FakeClock, RushedClock

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def sleeper(clock: FakeClock, seconds: float, woke: list[tuple[float, float]]) -> None:
    await clock.sleep(seconds)
    woke.append((seconds, (clock.now() - NOON).total_seconds()))


async def test_sleepers_wake_in_order_each_at_its_own_time() -> None:
    clock, woke = FakeClock(NOON), list[tuple[float, float]]()
    tasks = [asyncio.create_task(sleeper(clock, seconds, woke)) for seconds in (30, 10, 20, 99)]
    await clock.advance(60)
    assert woke == [(10, 10), (20, 20), (30, 30)]
    assert clock.now() == NOON + timedelta(seconds=60)
    await clock.advance(60)
    await asyncio.gather(*tasks)
    assert woke[-1] == (99, 99)


async def test_whoever_sleeps_again_wakes_again_within_one_turn() -> None:
    clock, beats = FakeClock(NOON), list[datetime]()

    async def beat() -> None:
        for _ in range(3):
            await clock.sleep(10)
            beats.append(clock.now())

    task = asyncio.create_task(beat())
    await clock.advance(30)
    await task
    assert beats == [NOON + timedelta(seconds=seconds) for seconds in (10, 20, 30)]


async def test_a_clock_that_is_not_turned_stands_still() -> None:
    clock, woke = FakeClock(NOON), list[tuple[float, float]]()
    task = asyncio.create_task(sleeper(clock, 0.001, woke))
    for _ in range(50):
        await asyncio.sleep(0)
    assert not woke
    assert clock.now() == NOON
    task.cancel()


async def test_a_sleeper_that_gave_up_does_not_disturb_the_others() -> None:
    clock, woke = FakeClock(NOON), list[tuple[float, float]]()
    gone = asyncio.create_task(sleeper(clock, 5, woke))
    await asyncio.sleep(0)
    gone.cancel()
    stays = asyncio.create_task(sleeper(clock, 6, woke))
    await clock.advance(10)
    await stays
    assert woke == [(6, 6)]


async def test_a_negative_sleep_is_none() -> None:
    clock = FakeClock(NOON)
    task = asyncio.create_task(clock.sleep(-5))
    await clock.advance(0)
    await task
    assert clock.now() == NOON


async def test_a_rushed_clock_lets_nobody_wait_and_jumps() -> None:
    clock = RushedClock(NOON)
    await clock.sleep(3600)
    assert clock.now() == NOON + timedelta(hours=1)
    clock.jump(-1)
    assert clock.now() == NOON + timedelta(hours=1)


async def test_the_fixture_is_a_clock_that_stands_still(fake_clock: FakeClock) -> None:
    before = fake_clock.now()
    assert fake_clock.now() == before
