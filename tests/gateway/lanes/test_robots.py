"""A group that is called faster than its robot may speak: digests instead of a queue of minutes."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.errors import RateLimitedError
from gateway.models import Audience, Identity, Receipt
from gateway.plugin import Limits
from tests.gateway.lanes.conftest import Build
from tests.gateway.lanes.leaping import LeapingClock
from tests.gateway.lanes.toy import Platform, toy_type

MESSAGES = 500
A_MINUTE = timedelta(minutes=1)
PENALTY = timedelta(minutes=10)
MORNING = datetime(2026, 1, 5, 8, tzinfo=UTC)


@dataclass
class StrictRobot:
    """Twenty calls a minute; one more, and it refuses everything for ten minutes."""

    clock: LeapingClock
    calls: int = 0
    penalties: int = 0
    _starts: deque[datetime] = field(default_factory=deque)
    _silent_until: datetime = MORNING

    async def misdeed(self, to: Identity) -> Receipt | None:
        now = self.clock.now()
        self.calls += 1
        while self._starts and self._starts[0] <= now - A_MINUTE:
            self._starts.popleft()
        if now >= self._silent_until and len(self._starts) < 20:
            self._starts.append(now)
            return None
        self.penalties += now >= self._silent_until
        self._silent_until = max(self._silent_until, now + PENALTY)
        raise RateLimitedError("too fast", retry_after=PENALTY)


@pytest.mark.parametrize(
    "audience", [Audience.GROUP, pytest.param(Audience.PERSON, marks=pytest.mark.faults)]
)
async def test_500_messages_for_a_robot_with_twenty_a_minute(
    build: Build, audience: Audience, record_property: Callable[[str, object], None]
) -> None:
    clock = LeapingClock(MORNING)
    robot = StrictRobot(clock)
    platform = Platform(misdeed=robot.misdeed)
    kind = replace(toy_type(platform, limits=Limits(calls_per_minute=20)), audience=audience)
    house = await build(kind, clock=clock)
    await house.channel()
    to = "channel:toy" if audience is Audience.GROUP else "email:a@ex.com"
    posts = (house.post(to, title=f"Message {n}") for n in range(MESSAGES))
    await asyncio.gather(*posts)
    urgent = False
    while any(row.due is not None for row in await house.deliveries()):
        await asyncio.sleep(0.1)  # real work between two leaps; how much of it does not matter
        if not urgent and audience is Audience.GROUP:
            await house.post(to, title="Fire", priority="urgent")
            urgent = True
        clock.leap(seconds=5)
    minutes = (clock.now() - MORNING) / A_MINUTE
    record_property("figure", f"{robot.calls} calls, {minutes:.1f} minutes")
    assert robot.penalties == 0
    states = [row.state for row in await house.deliveries()]
    assert states.count("sent") + states.count("superseded") == len(states)
    if audience is Audience.GROUP:
        titles = [title for _, title, _ in platform.sends]
        assert robot.calls <= 34
        assert titles.index("Fire") == 20
    else:
        assert robot.calls == MESSAGES
