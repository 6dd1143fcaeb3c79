"""Calls that no lane makes keep the platform's pace all the same."""

import asyncio

from gateway.clock import to_millis
from gateway.plugin import Limits
from gateway.testing.clock import FakeClock
from gateway.turnstile import DIRECTORY, Turnstile


async def starts(turnstile: Turnstile, clock: FakeClock, calls: int, limits: Limits) -> list[int]:
    times: list[int] = []

    async def call() -> None:
        await turnstile.under(limits).enter(DIRECTORY)
        times.append(to_millis(clock.now()))

    waiting = asyncio.gather(*(call() for _ in range(calls)))
    while not waiting.done():
        await clock.advance(0.01)
    await waiting
    return times


async def test_no_second_sees_more_calls_than_the_limit(clock: FakeClock) -> None:
    times = await starts(Turnstile(clock), clock, 35, Limits(calls_per_second=10))
    assert len(times) == 35
    assert all(later - earlier >= 1000 for earlier, later in zip(times, times[10:], strict=False))


async def test_a_new_limit_remembers_the_calls_before(clock: FakeClock) -> None:
    turnstile = Turnstile(clock)
    before = await starts(turnstile, clock, 5, Limits(calls_per_second=5))
    after = await starts(turnstile, clock, 1, Limits(calls_per_second=4))
    assert after[0] - before[0] >= 1000


async def test_other_purposes_are_the_lanes_matter(clock: FakeClock) -> None:
    turnstile = Turnstile(clock).under(Limits(calls_per_second=1))
    for _ in range(3):
        turnstile.leave("send", await turnstile.enter("send"))


async def test_a_call_that_arrived_late_counts_from_then(clock: FakeClock) -> None:
    limits = Limits(calls_per_second=1)
    turnstile = Turnstile(clock).under(limits)
    turn = await turnstile.enter(DIRECTORY)
    await clock.advance(0.5)
    turnstile.leave(DIRECTORY, turn)
    (second,) = await starts(turnstile, clock, 1, limits)
    assert second - turn >= 1500
