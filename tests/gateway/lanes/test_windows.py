"""Windows, digests and quiet hours: what a person is notified of, and when."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from gateway.errors import ContentError, RateLimitedError, TemporaryError, UncertainError
from gateway.models import Identity, Receipt
from gateway.plugin import Limits
from tests.gateway.lanes.conftest import Build, House
from tests.gateway.lanes.leaping import LeapingClock
from tests.gateway.lanes.toy import Platform, toy_type

MORNING = datetime(2026, 1, 5, 8, tzinfo=UTC)
LIMITS = Limits(user_window_seconds=600)


@dataclass
class Scene:
    """A house whose people are left alone for ten minutes, and a clock to leap with."""

    house: House
    platform: Platform
    clock: LeapingClock

    @property
    def titles(self) -> list[str]:
        return [title for _, title, _ in self.platform.sends]

    async def until_rested(self) -> None:
        """Wait until all that may go has gone, and what waits is written down."""

        async def rested() -> bool:
            now = self.clock.now().timestamp() * 1000
            rows = await self.house.deliveries()
            return all(row.due is None or row.due > now for row in rows)

        await self.house.until(rested)

    async def later(self, **by: float) -> None:
        self.clock.leap(**by)
        await self.until_rested()

    async def states(self) -> list[tuple[str, str | None]]:
        return [(row.state, row.reason) for row in await self.house.deliveries()]


async def a_scene(build: Build, limits: Limits = LIMITS, at: datetime = MORNING) -> Scene:
    platform, clock = Platform(), LeapingClock(at)
    house = await build(toy_type(platform, limits=limits), clock=clock)
    await house.channel()
    await house.user("li", email="li@ex.com", locale="zh-CN")
    return Scene(house, platform, clock)


async def test_what_comes_within_the_window_is_one_digest_at_its_end(build: Build) -> None:
    scene = await a_scene(build)
    for title in "abcd":
        await scene.house.post("user:li", title=title)
        await scene.until_rested()
    assert scene.titles == ["a"]
    assert await scene.states() == [("sent", None), *[("held", "user_window")] * 3]
    await scene.later(minutes=9)
    assert scene.titles == ["a"]
    await scene.later(minutes=1)
    assert scene.titles == ["a", "3 条通知"]
    first, carrier, *others = await scene.house.deliveries()
    assert (carrier.state, carrier.reason) == ("sent", None)
    assert {(row.state, row.reason, row.carried_by, row.due) for row in others} == {
        ("superseded", "digested", carrier.id, None)
    }
    assert first.carried_by is None


async def test_one_alone_goes_as_it_is_and_the_next_after_another_window(build: Build) -> None:
    scene = await a_scene(build)
    for title in "ab":
        await scene.house.post("user:li", title=title)
        await scene.until_rested()
    await scene.later(minutes=10)
    await scene.house.post("user:li", title="c")
    await scene.until_rested()
    assert scene.titles == ["a", "b"]
    await scene.later(minutes=10)
    assert scene.titles == ["a", "b", "c"]


async def test_urgent_passes_and_counts(build: Build) -> None:
    scene = await a_scene(build)
    await scene.house.post("user:li", title="a", priority="urgent")
    await scene.house.post("user:li", title="b", priority="urgent")
    await scene.until_rested()
    await scene.house.post("user:li", title="c")
    await scene.until_rested()
    assert scene.titles == ["a", "b"]
    await scene.later(minutes=10)
    assert scene.titles == ["a", "b", "c"]


async def test_different_digest_keys_are_different_cards_at_one_moment(build: Build) -> None:
    scene = await a_scene(build)
    await scene.house.post("user:li", title="first")
    await scene.until_rested()
    for number in range(6):
        await scene.house.post("user:li", title=str(number), digest_key=f"k{number % 2}")
    await scene.until_rested()
    assert scene.titles == ["first"]
    await scene.later(minutes=10)
    assert scene.titles == ["first", "3 条通知", "3 条通知"]


async def test_more_than_one_card_holds_becomes_several(build: Build) -> None:
    scene = await a_scene(build)
    await scene.house.post("user:li", title="first")
    await scene.until_rested()
    await asyncio.gather(*(scene.house.post("user:li", title=str(n)) for n in range(100)))
    await scene.until_rested()
    await scene.later(minutes=10)
    assert sorted(scene.titles) == sorted(["first", "40 条通知", "40 条通知", "20 条通知"])
    assert Counter(state for state, _ in await scene.states()) == {"sent": 4, "superseded": 97}


async def test_what_would_expire_while_it_is_held_goes_at_once(build: Build) -> None:
    scene = await a_scene(build)
    await scene.house.post("user:li", title="a")
    await scene.until_rested()
    soon = datetime.fromtimestamp(scene.clock.now().timestamp() + 300, UTC)
    await scene.house.post("user:li", title="code", expires_at=soon.isoformat())
    await scene.until_rested()
    assert scene.titles == ["a", "code"]


async def test_no_window_is_broken_by_posts_at_the_same_moment(build: Build) -> None:
    people = 1000
    scene = await a_scene(build)
    posts = (
        scene.house.post(f"email:p{n}@ex.com", title=title) for n in range(people) for title in "ab"
    )
    await asyncio.gather(*posts)
    await scene.until_rested()
    assert Counter(Counter(who for who, *_ in scene.platform.sends).values()) == {1: people}
    await scene.later(minutes=10)
    assert Counter(Counter(who for who, *_ in scene.platform.sends).values()) == {2: people}


async def test_a_new_owner_knows_who_was_notified(build: Build) -> None:
    scene = await a_scene(build)
    await scene.house.post("user:li", title="a")
    await scene.until_rested()
    await scene.house.stop()
    scene.house.start()
    await scene.house.post("user:li", title="b")
    await scene.until_rested()
    assert scene.titles == ["a"]


async def test_what_was_not_delivered_starts_no_window(build: Build) -> None:
    scene = await a_scene(build)
    left = [ContentError("no"), TemporaryError("503")]

    async def misdeed(to: Identity) -> Receipt | None:
        if left:
            raise left.pop(0)
        return None

    scene.platform.misdeed = misdeed
    for title in "abc":
        await scene.house.post("user:li", title=title)
        await scene.until_rested()
    assert scene.titles == ["c"]


async def test_an_unseen_answer_counts_and_its_own_retry_passes(build: Build) -> None:
    scene = await a_scene(build)
    left = [UncertainError("reset")]

    async def misdeed(to: Identity) -> Receipt | None:
        if left:
            raise left.pop(0)
        return None

    scene.platform.misdeed = misdeed
    await scene.house.post("user:li", title="a")
    await scene.until_rested()
    await scene.house.post("user:li", title="b")
    await scene.until_rested()
    assert scene.titles == []
    await scene.later(seconds=10)
    assert scene.titles == ["a"]
    assert (await scene.states())[1] == ("held", "user_window")


async def test_a_held_delivery_can_be_withdrawn(build: Build) -> None:
    scene = await a_scene(build)
    await scene.house.post("user:li", title="a")
    await scene.until_rested()
    held = await scene.house.post("user:li", title="b")
    await scene.until_rested()
    assert await scene.house.core.router.cancel("acme", held) == 1
    await scene.later(minutes=10)
    assert scene.titles == ["a"]


async def test_a_digest_is_the_same_at_every_try_and_at_a_retry(build: Build) -> None:
    scene = await a_scene(build)
    await scene.house.post("user:li", title="a")
    await scene.until_rested()
    for title in "bc":
        await scene.house.post("user:li", title=title)
    await scene.until_rested()
    left = [TemporaryError("503")]

    async def misdeed(to: Identity) -> Receipt | None:
        if left:
            raise left.pop(0)
        return None

    scene.platform.misdeed = misdeed
    await scene.later(minutes=10)
    await scene.later(seconds=7)
    assert scene.titles == ["a", "2 条通知"]
    await scene.house.post("user:li", title="d")
    await scene.until_rested()
    carrier = (await scene.house.deliveries())[1]
    await scene.house.core.router.retry("acme", carrier.id)
    await scene.until_rested()
    await scene.later(minutes=10)
    assert sorted(scene.titles) == sorted(["a", "2 条通知", "2 条通知", "d"])
    keys = [key for _, title, key in scene.platform.sends if title == "2 条通知"]
    assert keys[0] != keys[1]


async def test_withdrawing_a_carrier_loses_none_that_it_carries(build: Build) -> None:
    scene = await a_scene(build)
    await scene.house.post("user:li", title="a")
    await scene.until_rested()
    carrier = await scene.house.post("user:li", title="b")
    for title in "cd":
        await scene.house.post("user:li", title=title)
    await scene.until_rested()

    async def misdeed(to: Identity) -> Receipt | None:
        raise TemporaryError("503")

    scene.platform.misdeed = misdeed
    await scene.later(minutes=10)
    assert [state for state, _ in await scene.states()][2:] == ["superseded", "superseded"]
    assert await scene.house.core.router.cancel("acme", carrier) == 1
    scene.platform.misdeed = None
    await scene.later(minutes=1)
    assert scene.titles == ["a", "2 条通知"]


async def test_members_share_the_fate_of_a_digest_that_is_refused(build: Build) -> None:
    scene = await a_scene(build)
    for title in "abc":
        await scene.house.post("user:li", title=title)
        await scene.until_rested()

    async def misdeed(to: Identity) -> Receipt | None:
        raise ContentError("no")

    scene.platform.misdeed = misdeed
    await scene.later(minutes=10)
    assert await scene.states() == [("sent", None), *[("failed", "content_rejected")] * 2]


async def test_quiet_hours_hold_until_their_end_and_come_as_one(build: Build) -> None:
    night = datetime(2026, 1, 5, 22, 30, tzinfo=UTC)
    scene = await a_scene(build, Limits(), night)
    quiet = {"quiet_hours": {"start": "22:00", "end": "07:00"}}
    await scene.house.user("tan", preferences=quiet, time_zone="UTC")
    for title in "abc":
        await scene.house.post("user:tan", title=title)
    await scene.house.post("user:tan", title="fire", priority="urgent")
    await scene.until_rested()
    assert scene.titles == ["fire"]
    assert Counter(await scene.states())["held", "quiet_hours"] == 3
    await scene.later(hours=8.4)
    assert scene.titles == ["fire"]
    await scene.later(hours=0.2)
    assert scene.titles == ["fire", "3 notifications"]


@pytest.mark.parametrize("window", [0, 30])
async def test_the_window_of_a_rule_or_a_channel_may_be_shorter(build: Build, window: int) -> None:
    scene = await a_scene(build)
    await scene.house.set_channel(limits={"user_window_seconds": window})
    for title in "ab":
        await scene.house.post("user:li", title=title)
        await scene.until_rested()
    assert len(scene.titles) == (1 if window else 2)
    await scene.later(seconds=window)
    assert scene.titles == ["a", "b"]


async def test_a_pause_of_the_platform_does_not_open_the_window(build: Build) -> None:
    scene = await a_scene(build)
    left = [RateLimitedError("slow down", scope="app")]

    async def misdeed(to: Identity) -> Receipt | None:
        if left:
            raise left.pop(0)
        return None

    scene.platform.misdeed = misdeed
    for title in "ab":
        await scene.house.post("user:li", title=title)
        await scene.until_rested()
    await scene.later(minutes=1)
    assert len(scene.titles) == 1
    await scene.later(minutes=10)
    assert sorted(scene.titles) == ["a", "b"]


async def test_explain_names_who_carries_whom_and_until_when_the_window_holds(
    build: Build,
) -> None:
    scene = await a_scene(build)
    explain = scene.house.core.router.explain
    ids = []
    for title in "abc":
        ids.append(await scene.house.post("user:li", title=title))
        await scene.until_rested()
    [held] = (await explain("acme", ids[2]))["recipients"]
    [window] = [step for step in held["steps"] if step["step"] == "window"]
    assert window["result"] == "user_window"
    assert window["until"].startswith("2026-01-05T08:10:")
    await scene.later(minutes=10)
    _, carrier, member = await scene.house.deliveries()
    [told] = (await explain("acme", ids[1]))["recipients"]
    [carries] = [step for step in told["steps"] if step["step"] == "grouping"]
    assert (carries["result"], carries["carries"]) == ("carries", [member.id])
    [told] = (await explain("acme", ids[2]))["recipients"]
    [carried] = [step for step in told["steps"] if step["step"] == "grouping"]
    assert (carried["result"], carried["carried_by"]) == ("carried", carrier.id)
    assert carried["sentence"]["zh-CN"]


async def test_killed_between_merging_and_sending_nothing_is_lost(build: Build) -> None:
    scene = await a_scene(build)
    for title in "abc":
        await scene.house.post("user:li", title=title)
        await scene.until_rested()
    stuck = asyncio.Event()

    async def misdeed(to: Identity) -> Receipt | None:
        stuck.set()
        await asyncio.sleep(3600)
        return None

    scene.platform.misdeed = misdeed
    scene.clock.leap(minutes=10)
    await asyncio.wait_for(stuck.wait(), 20)
    assert [state for state, _ in await scene.states()] == ["sent", "queued", "superseded"]
    worker = scene.house.worker
    assert worker is not None
    for lane_owner in scene.house.core.lanes.owners.values():
        for lane in lane_owner.lanes.values():
            lane.sender.abandon()
    await scene.house.stop()
    scene.platform.misdeed = None
    scene.house.start()
    await scene.house.until_over()
    assert scene.titles == ["a", "2 条通知"]
