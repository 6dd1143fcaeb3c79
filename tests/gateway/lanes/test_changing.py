"""Cards that change after they were sent: in order, the latest wins, nothing is sent twice."""

import asyncio

import pytest

from gateway.card import Card
from gateway.clock import to_millis
from gateway.errors import ContentError, CredentialError, TemporaryError, UncertainError
from gateway.models import Receipt
from gateway.plugin import Batches, Recalls
from gateway.store.schema import delivery
from tests.gateway.lanes.changeable import Board, Changeable, Updatable, board_type
from tests.gateway.lanes.conftest import Build, House
from tests.gateway.lanes.seen import raising
from tests.gateway.lanes.toy import BulkToy, Platform, Toy, toy_type


def card(title: str) -> Card:
    return Card(title=title)


async def update(house: House, notification: str, title: str) -> dict[str, str]:
    found = await house.core.amender.update("acme", notification, card(title))
    return {one.result: one.reason or "" for one in found}


async def recall(house: House, notification: str) -> dict[str, str]:
    found = await house.core.amender.recall("acme", notification)
    return {one.result: one.reason or "" for one in found}


async def hurry(house: House) -> None:
    """Let what waits for a later try be tried at once."""
    now = to_millis(house.core.clock.now())
    await house.core.store.write(
        lambda c: c.execute(
            delivery.update()
            .where(delivery.c.due.is_not(None))
            .values(due=now, expires=now + 10**7)
        )
    )
    await house.core.lanes.changed("acme", "toy")


async def changeable(build: Build, board: Board, kind: type[Toy] = Changeable) -> House:
    house = await build(board_type(board, kind=kind))
    await house.channel()
    return house


async def test_a_sent_card_changes_and_stays_one_message(build: Build) -> None:
    board = Board()
    house = await changeable(build, board)
    ntf = await house.post("email:a@ex.com", title="One")
    await house.until_over()
    assert await update(house, ntf, "Two") == {"updating": ""}
    await house.until_over()
    assert board.shown == {"m-1": ["One", "Two"]}
    [row] = await house.deliveries()
    assert (row.state, row.change, row.attempts, row.message_id) == ("sent", None, 2, "m-1")
    assert [one.purpose for one in await house.attempts()] == ["send", "update"]


async def test_what_has_not_gone_yet_goes_with_the_new_card(build: Build) -> None:
    board = Board()
    house = await build(board_type(board), start=False)
    await house.channel()
    ntf = await house.post("email:a@ex.com", title="One")
    assert await update(house, ntf, "Two") == {"sent_later": ""}
    house.start()
    await house.until_over()
    assert board.shown == {"m-1": ["Two"]}


async def test_an_update_posted_while_another_is_in_the_air_follows_it(build: Build) -> None:
    board = Board()
    house = await changeable(build, board)
    ntf = await house.post("email:a@ex.com", title="One")
    await house.until_over()
    board.gate = asyncio.Event()
    await update(house, ntf, "Two")
    await asyncio.wait_for(board.arrived.wait(), 10)
    await update(house, ntf, "Three")
    await update(house, ntf, "Four")
    board.gate.set()
    await house.until_over()
    assert board.shown == {"m-1": ["One", "Two", "Four"]}
    assert len(set(board.update_keys)) == len(board.update_keys) == 2


async def test_an_update_posted_while_the_card_is_being_sent_follows_it(build: Build) -> None:
    board = Board()
    gate, flying = asyncio.Event(), asyncio.Event()

    async def slow(_to: object) -> Receipt | None:
        flying.set()
        await gate.wait()
        return None

    board.misdeed = slow
    house = await changeable(build, board)
    ntf = await house.post("email:a@ex.com", title="One")
    await asyncio.wait_for(flying.wait(), 10)
    assert await update(house, ntf, "Two") == {"sent_later": ""}
    gate.set()
    await house.until_over()
    assert board.shown == {"m-1": ["One", "Two"]}


async def test_a_card_that_goes_back_to_a_former_text_has_a_key_of_its_own(build: Build) -> None:
    board = Board()
    house = await changeable(build, board)
    ntf = await house.post("email:a@ex.com", title="One")
    for title in ("Two", "One", "Two"):
        await house.until_over()
        await update(house, ntf, title)
    await house.until_over()
    assert board.shown["m-1"] == ["One", "Two", "One", "Two"]
    assert len(set(board.update_keys)) == 3


async def test_a_refused_update_leaves_the_delivery_sent_and_tells(build: Build) -> None:
    board = Board()
    house = await changeable(build, board)
    ntf = await house.post("email:a@ex.com")
    await house.until_over()
    board.refusals = [ContentError("only within 14 days")]
    await update(house, ntf, "Two")
    await house.until_over()
    [row] = await house.deliveries()
    assert (row.state, row.reason, row.detail, row.change) == (
        "sent",
        None,
        "only within 14 days",
        None,
    )
    assert [one.error for one in await house.attempts()] == [None, "content"]


async def test_a_failed_update_is_tried_again_by_the_schedule(build: Build) -> None:
    board = Board()
    house = await changeable(build, board)
    ntf = await house.post("email:a@ex.com")
    await house.until_over()
    board.refusals = [TemporaryError("503"), UncertainError("reset")]
    await update(house, ntf, "Two")
    for number in (2, 3):

        async def tried(wanted: int = number) -> bool:
            return len(await house.attempts()) == wanted

        await house.until(tried)
        [row] = await house.deliveries()
        assert (row.state, row.change, row.tries) == ("sent", "update", number - 1)
        assert row.due is not None
        await hurry(house)
    await house.until_over()
    assert board.cards == {"m-1": "Two"}
    [row] = await house.deliveries()
    assert (row.tries, row.maybe_duplicate) == (0, False)
    assert len(set(board.update_keys)) == 1


async def test_a_change_waits_for_its_channel_and_goes_on_with_it(build: Build) -> None:
    board = Board()
    house = await changeable(build, board)
    ntf = await house.post("email:a@ex.com")
    await house.until_over()
    board.refusals = [CredentialError("revoked")]
    await update(house, ntf, "Two")

    async def waits() -> bool:
        return len(await house.attempts()) == 2

    await house.until(waits)
    [row] = await house.deliveries()
    assert (row.state, row.reason, row.change) == ("sent", None, "update")
    await house.set_channel(hold_reason=None, hold_until=None, version=2)
    await house.until_over()
    assert board.cards == {"m-1": "Two"}


async def test_a_disabled_channel_makes_no_change_until_it_is_enabled(build: Build) -> None:
    board = Board()
    house = await changeable(build, board)
    ntf = await house.post("email:a@ex.com")
    await house.until_over()
    await house.set_channel(enabled=False)
    await update(house, ntf, "Two")

    async def looked_at() -> bool:
        return (await house.deliveries())[0].detail is not None

    await house.until(looked_at)
    assert board.update_keys == []
    await house.set_channel(enabled=True)
    await house.until_over()
    assert board.cards == {"m-1": "Two"}


async def test_what_cannot_change_is_said_so(build: Build) -> None:
    plain, bulk = Platform(), Platform()
    house = await build(toy_type(plain), toy_type(bulk, "bulk", bulk=True))
    await house.channel()
    await house.channel("many", "bulk")
    ntf = await house.post("email:a@ex.com", "email:b@ex.com")
    await house.until_over()
    found = await house.core.amender.update("acme", ntf, card("Two"))
    told = {(one.channel, one.result, one.reason) for one in found}
    assert told == {
        ("toy", "unsupported", "channel_cannot"),
        ("many", "unsupported", "batch_message"),
    }
    assert {row.due for row in await house.deliveries()} == {None}


async def test_what_was_never_sent_is_said_so(build: Build) -> None:
    board = Board(unknown={"a@ex.com"})
    house = await changeable(build, board)
    ntf = await house.post("email:a@ex.com")
    await house.until_over()
    assert await update(house, ntf, "Two") == {"failed": "not_bound"}


async def test_a_change_passes_the_window_of_its_person(build: Build) -> None:
    board = Board()
    house = await build(board_type(board))
    await house.channel(limits={"user_window_seconds": 600})
    ntf = await house.post("email:a@ex.com", title="One")
    await house.until_over()
    await update(house, ntf, "Two")
    await house.until_over()
    assert board.shown == {"m-1": ["One", "Two"]}


async def test_a_sent_card_is_taken_back(build: Build) -> None:
    board = Board()
    house = await changeable(build, board)
    ntf = await house.post("email:a@ex.com")
    await house.until_over()
    assert await recall(house, ntf) == {"recalling": ""}
    await house.until_over()
    [row] = await house.deliveries()
    assert (row.state, row.reason, board.cards) == ("canceled", "canceled", {})
    assert await recall(house, ntf) == {"canceled": ""}
    assert board.recalled == ["m-1"]


async def test_where_it_cannot_be_taken_back_it_says_that_it_was(build: Build) -> None:
    board = Board()
    house = await changeable(build, board, Updatable)
    ntf = await house.post("email:a@ex.com", title="Approve?")
    await house.until_over()
    assert await recall(house, ntf) == {"recalling": ""}
    await house.until_over()
    assert board.cards == {"m-1": "Approve? 已撤回 Withdrawn"}
    assert (await house.deliveries())[0].state == "canceled"


async def test_what_has_not_gone_yet_is_canceled_by_a_recall(build: Build) -> None:
    board = Board()
    house = await build(board_type(board), start=False)
    await house.channel()
    ntf = await house.post("email:a@ex.com")
    assert await recall(house, ntf) == {"canceled": ""}
    house.start()
    await house.until_over()
    assert board.sends == []


async def test_a_card_in_the_air_is_taken_back_when_it_lands(build: Build) -> None:
    board = Board()
    gate, flying = asyncio.Event(), asyncio.Event()

    async def slow(_to: object) -> Receipt | None:
        flying.set()
        await gate.wait()
        return None

    board.misdeed = slow
    house = await changeable(build, board)
    ntf = await house.post("email:a@ex.com")
    await asyncio.wait_for(flying.wait(), 10)
    assert await recall(house, ntf) == {"recalling": ""}
    gate.set()

    async def gone() -> bool:
        return board.recalled == ["m-1"]

    await house.until(gone)
    await house.until_over()
    assert (await house.deliveries())[0].state == "canceled"


async def test_what_failed_in_the_air_stays_canceled(build: Build) -> None:
    board = Board()
    gate, flying = asyncio.Event(), asyncio.Event()

    async def slow(_to: object) -> Receipt | None:
        flying.set()
        await gate.wait()
        raise TemporaryError("503")

    board.misdeed = slow
    house = await changeable(build, board)
    ntf = await house.post("email:a@ex.com")
    await asyncio.wait_for(flying.wait(), 10)
    await recall(house, ntf)
    gate.set()

    async def tried() -> bool:
        return len(await house.attempts()) == 1

    await house.until(tried)
    [row] = await house.deliveries()
    assert (row.state, row.due) == ("canceled", None)


class BulkRecaller(BulkToy, Recalls):
    async def recall(self, receipt: Receipt) -> None:
        self.platform.sends.append(("recall", receipt.message_id, str(receipt.batch)))


async def test_a_batch_is_taken_back_in_one_call_if_all_of_it_is(build: Build) -> None:
    assert issubclass(BulkRecaller, Batches)
    platform = Board()
    house = await build(board_type(platform, kind=BulkRecaller), start=False)
    await house.channel()
    ntf = await house.post("email:a@ex.com", "email:b@ex.com", "email:c@ex.com")
    house.start()
    await house.until_over()
    await recall(house, ntf)
    await house.until_over()
    assert platform.sends == [("recall", "b-1", "True")]
    assert {(row.state, row.change) for row in await house.deliveries()} == {("canceled", None)}


async def test_a_batch_that_others_share_is_not_taken_back(build: Build) -> None:
    platform = Board()
    house = await build(board_type(platform, kind=BulkRecaller), start=False)
    await house.channel()
    ntf = await house.post("email:a@ex.com", "email:b@ex.com")
    await house.post("email:c@ex.com")
    house.start()
    await house.until_over()
    assert await recall(house, ntf) == {"unsupported": "batch_message"}
    assert platform.sends == []


@pytest.mark.parametrize("kind", [Changeable, Updatable])
async def test_a_refused_recall_leaves_the_delivery_sent(build: Build, kind: type[Toy]) -> None:
    board = Board()
    house = await changeable(build, board, kind)
    ntf = await house.post("email:a@ex.com")
    await house.until_over()
    board.refusals = [ContentError("too late")]
    await recall(house, ntf)
    await house.until_over()
    [row] = await house.deliveries()
    assert (row.state, row.detail) == ("sent", "too late")


async def test_a_repeat_that_the_platform_took_for_one_is_brought_up_to_date(build: Build) -> None:
    board = Board()
    lost = raising(lambda: UncertainError("reset"), 1)
    house = await changeable(build, board)
    real = Updatable.send

    async def send_but_lose_the_answer(self: Updatable, *args: object, **more: object) -> Receipt:
        receipt = await real(self, *args, **more)  # type: ignore[arg-type]  # handed on as it came
        await lost(None)  # type: ignore[arg-type]  # it looks at nobody
        return receipt

    live = await house.core.connections.live("acme", "toy")
    object.__setattr__(live.channel, "send", send_but_lose_the_answer.__get__(live.channel))
    ntf = await house.post("email:a@ex.com", title="One")

    async def tried() -> bool:
        return len(await house.attempts()) == 1

    await house.until(tried)
    assert await update(house, ntf, "Two") == {"sent_later": ""}
    now = to_millis(house.core.clock.now())
    await house.core.store.write(
        lambda c: c.execute(delivery.update().values(due=now).where(delivery.c.due.is_not(None)))
    )
    house.core.lanes.resumed("acme/toy")
    await house.until_over()
    assert board.shown == {"m-1": ["One", "Two"]}
