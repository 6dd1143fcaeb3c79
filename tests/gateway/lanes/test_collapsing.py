"""`collapse_key`: the newest takes the place of those before it, on one card where that can be."""

import asyncio
import dataclasses
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from gateway.clock import to_millis
from gateway.errors import TemporaryError
from gateway.lanes import changing
from gateway.lanes.collapsing import Carried, Fate, Goes, Moment, Wait, fate
from gateway.models import Receipt
from gateway.plugin import Limits
from gateway.store import Store
from gateway.store.collapsing import Sibling
from gateway.store.window import WindowRequest, read_windows
from tests.gateway.lanes.changeable import Board, board_type
from tests.gateway.lanes.conftest import Build, House
from tests.gateway.lanes.test_changing import changeable, hurry, update
from tests.gateway.lanes.toy import BulkToy, Platform, toy_type
from tests.gateway.store.rows import a_due_row

TO = "email:a@ex.com"


async def states(house: House) -> list[tuple[str, str | None]]:
    return [(row.state, row.reason) for row in await house.deliveries()]


async def test_a_later_one_changes_the_card_that_is_there(build: Build) -> None:
    board = Board()
    house = await changeable(build, board)
    for title in ("One", "Two", "Three"):
        await house.post(TO, title=title, collapse_key="k")
        await house.until_over()
    assert board.shown == {"m-1": ["One", "Two", "Three"]}
    assert await states(house) == [("superseded", "collapsed")] * 2 + [("sent", None)]
    first, second, third = await house.deliveries()
    assert (first.carried_by, second.carried_by, third.message_id) == (second.id, third.id, "m-1")


async def test_other_keys_people_and_channels_have_cards_of_their_own(build: Build) -> None:
    board = Board()
    house = await changeable(build, board)
    await house.channel("second")
    await house.post(TO, title="One", collapse_key="k")
    await house.until_over()
    await house.post(TO, title="Other", collapse_key="other")
    await house.post("email:b@ex.com", title="B", collapse_key="k")
    await house.until_over()
    assert len(board.cards) == 6
    assert not board.update_keys


async def test_those_that_still_wait_are_carried_by_the_newest(build: Build) -> None:
    board = Board()
    house = await build(board_type(board), start=False)
    await house.channel()
    for number in range(5):
        await house.post(TO, title=str(number), collapse_key="k")
    house.start()
    await house.until_over()
    assert board.shown == {"m-1": ["4"]}
    rows = await house.deliveries()
    assert {row.carried_by for row in rows[:-1]} == {rows[-1].id}
    assert await states(house) == [("superseded", "collapsed")] * 4 + [("sent", None)]


async def test_one_in_the_air_is_waited_for(build: Build) -> None:
    board = Board()
    gate, flying = asyncio.Event(), asyncio.Event()

    async def slow(_to: object) -> Receipt | None:
        flying.set()
        await gate.wait()
        return None

    board.misdeed = slow
    house = await changeable(build, board)
    await house.post(TO, title="One", collapse_key="k")
    await asyncio.wait_for(flying.wait(), 10)
    await house.post(TO, title="Two", collapse_key="k")
    await house.post(TO, title="Three", collapse_key="k")
    gate.set()
    await house.until_over()
    assert board.shown == {"m-1": ["One", "Three"]}


class Landing:
    """A store in which a call is acknowledged right after something was read."""

    def __init__(self, store: Store, busy: set[str]) -> None:
        self.store = store
        self.busy = busy

    async def gather(self, query: Any, item: object) -> Any:  # noqa: ANN401 - as the store's own
        found = await self.store.gather(query, item)
        self.busy.clear()
        return found


async def test_one_that_lands_while_its_family_is_read_is_waited_for_too(build: Build) -> None:
    house = await build(board_type(Board()), start=False)
    await house.channel()
    for title in ("One", "Two"):
        await house.post(TO, title=title, collapse_key="k")
    lane = (await house.deliveries())[0].lane
    request = WindowRequest(lane, to_millis(house.core.clock.now()), 10)
    [[first, second]] = await house.core.store.read(lambda c: read_windows(c, [request]))
    busy = {first.id}
    landing = cast("Store", Landing(house.core.store, busy))
    tools = dataclasses.replace(house.core.lanes.tools, store=landing)
    await tools.connections.live("acme", second.channel)
    came_to = await changing.sort([second], tools, changing.Sight(busy, lambda _due: False))
    assert (came_to.fresh, came_to.settled, came_to.groups) == ([], [], [])


async def test_a_card_that_is_gone_is_followed_by_a_new_one(build: Build) -> None:
    board = Board()
    house = await changeable(build, board)
    await house.post(TO, title="One", collapse_key="k")
    await house.until_over()
    board.cards.clear()
    await house.post(TO, title="Two", collapse_key="k")
    await house.until_over()
    assert board.cards == {"m-2": "Two"}
    assert await states(house) == [("superseded", "collapsed"), ("sent", None)]
    await house.post(TO, title="Three", collapse_key="k")
    await house.until_over()
    assert board.cards == {"m-2": "Three"}


async def test_a_failed_update_is_tried_again_and_no_second_card_comes(build: Build) -> None:
    board = Board()
    house = await changeable(build, board)
    await house.post(TO, title="One", collapse_key="k")
    await house.until_over()
    board.refusals = [TemporaryError("503")]
    await house.post(TO, title="Two", collapse_key="k")

    async def tried() -> bool:
        return len(await house.attempts()) == 2

    await house.until(tried)
    await hurry(house)
    await house.until_over()
    assert board.shown == {"m-1": ["One", "Two"]}


async def test_where_cards_cannot_change_a_new_one_comes(build: Build) -> None:
    platform = Platform()
    house = await build(toy_type(platform))
    await house.channel()
    for title in ("One", "Two"):
        await house.post(TO, title=title, collapse_key="k")
        await house.until_over()
    assert [title for _, title, _ in platform.sends] == ["One", "Two"]
    assert await states(house) == [("sent", None)] * 2


async def test_cards_that_may_change_are_never_batched(build: Build) -> None:
    platform = Board()
    house = await build(board_type(platform, kind=BulkToy), start=False)
    await house.channel()
    await house.post(TO, "email:b@ex.com", collapse_key="k")
    house.start()
    await house.until_over()
    assert (len(platform.sends), platform.batches) == (2, [])


async def test_a_change_of_the_card_passes_the_window(build: Build) -> None:
    board = Board()
    house = await build(board_type(board, limits=Limits(user_window_seconds=600)))
    await house.channel()
    for title in ("One", "Two"):
        await house.post(TO, title=title, collapse_key="k")
        await house.until_over()
    assert board.shown == {"m-1": ["One", "Two"]}


async def test_the_application_may_change_a_collapsed_card(build: Build) -> None:
    board = Board()
    house = await changeable(build, board)
    first = await house.post(TO, title="One", collapse_key="k")
    await house.until_over()
    second = await house.post(TO, title="Two", collapse_key="k")
    await house.until_over()
    assert await update(house, first, "Old") == {"unsupported": "collapsed"}
    assert await update(house, second, "New") == {"updating": ""}
    await house.until_over()
    assert board.shown == {"m-1": ["One", "Two", "New"]}


async def test_an_update_and_a_later_one_at_once_show_the_later_one(build: Build) -> None:
    board = Board()
    house = await changeable(build, board)
    first = await house.post(TO, title="One", collapse_key="k")
    await house.until_over()
    board.gate = asyncio.Event()
    await update(house, first, "One, changed")
    await house.post(TO, title="Two", collapse_key="k")
    board.gate.set()
    await house.until_over()
    assert board.cards == {"m-1": "Two"}


async def test_a_scheduled_one_has_its_turn_when_it_is_due(build: Build) -> None:
    board = Board()
    house = await changeable(build, board)
    soon = (house.core.clock.now() + timedelta(hours=1)).isoformat()
    await house.post(TO, title="Later", collapse_key="k", send_at=soon)
    await house.post(TO, title="Now", collapse_key="k")

    async def shown() -> bool:
        return board.cards == {"m-1": "Now"}

    await house.until(shown)
    await house.until_over()
    assert await states(house) == [("superseded", "collapsed"), ("sent", None)]
    await house.post(TO, title="Tomorrow", collapse_key="k", send_at=soon)
    await house.post("email:b@ex.com", title="B", collapse_key="k")
    await house.until(lambda: _is(len(board.cards) == 2))
    assert board.cards["m-1"] == "Now"
    await hurry(house)
    await house.until_over()
    assert board.cards["m-1"] == "Tomorrow"


async def _is(fact: bool) -> bool:
    return fact


# What is universal, without a platform.

SIBLINGS = st.builds(
    Sibling,
    id=st.sampled_from("abcdefg"),
    shown=st.booleans(),
    message_id=st.none() | st.just("m"),
    due=st.none() | st.integers(0, 20),
    held=st.none() | st.just("scheduled"),
    recalled=st.booleans(),
    doubtful=st.booleans(),
)
FAMILIES = st.lists(SIBLINGS, unique_by=lambda one: one.id).map(
    lambda found: sorted(found, key=lambda one: one.id)
)


def judged(
    name: str, family: Sequence[Sibling], *, busy: frozenset[str] = frozenset(), updates: bool
) -> Fate:
    moment = Moment(10, busy, updates, lambda _due: False)
    return fate(a_due_row(name, collapse_key="k"), family, moment)


@given(FAMILIES, st.booleans())
def test_of_those_that_are_due_only_the_newest_goes(family: list[Sibling], updates: bool) -> None:
    waiting = [one for one in family if not one.shown and not one.held]
    going = [one for one in waiting if isinstance(judged(one.id, family, updates=updates), Goes)]
    assert len(going) <= 1


@given(FAMILIES, st.sampled_from("abcdefg"), st.booleans())
def test_nothing_goes_while_one_of_the_family_is_in_the_air(
    family: list[Sibling],
    busy: str,
    updates: bool,
) -> None:
    names = {one.id for one in family}
    for one in family:
        found = judged(one.id, family, busy=frozenset({busy}), updates=updates)
        assert isinstance(found, Wait) == (busy in names - {one.id}) or not isinstance(found, Goes)


@given(FAMILIES, st.sampled_from("abcdefg"))
def test_it_is_never_carried_by_an_earlier_one_nor_takes_over_a_later_one(
    family: list[Sibling], name: str
) -> None:
    found = judged(name, family, updates=True)
    if isinstance(found, Carried):
        assert found.by > name
    if isinstance(found, Goes):
        assert all(one < name for one in found.over)
        assert found.replaces is None or found.replaces[0] < name


@given(FAMILIES, st.sampled_from("abcdefg"))
def test_what_the_platform_may_have_is_never_passed_over(family: list[Sibling], name: str) -> None:
    found = judged(name, family, updates=True)
    doubtful = {one.id for one in family if one.doubtful and not one.shown}
    if isinstance(found, Goes) and found.replaces is None:
        assert not doubtful.intersection(found.over)
