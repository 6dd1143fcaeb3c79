"""What an ack means for other deliveries, and what a family is, on both databases."""

from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from gateway.store import Store
from gateway.store.acks import Ack, acknowledge, carried_row, member_row, settle_row
from gateway.store.channels import ChannelRow, add_channel
from gateway.store.collapsing import FamilyName, TakeOver, read_families, take_over
from gateway.store.falling import Fall
from gateway.store.schema import delivery, lane
from gateway.store.window import take_shards
from tests.gateway.store.rows import add_delivery
from tests.gateway.store.test_channels import LARK
from tests.gateway.store.test_window import settled

NAME = FamilyName("acme", "k", "user:li", "lark")
NOW = 1000


async def put(store: Store, name: str, **more: object) -> None:
    await store.write(lambda c: add_delivery(c, name, **more))


async def rows(store: Store) -> dict[str, sa.Row[Any]]:
    found = await store.read(lambda c: list(c.execute(sa.select(delivery))))
    return {row.id: row for row in found}


async def acked(store: Store, **parts: Any) -> dict[str, sa.Row[Any]]:  # noqa: ANN401 - of an ack
    epochs = await store.write(lambda c: take_shards(c, [3]))
    ack = Ack(3, epochs[3][0], **parts)
    assert await store.write(lambda c: acknowledge(c, [ack])) == [True]
    return await rows(store)


async def test_an_update_posted_meanwhile_is_due_after_the_ack(store: Store) -> None:
    await put(store, "dlv_1", revision=1)
    found = await acked(store, deliveries=[settled("dlv_1")])
    row = found["dlv_1"]
    assert (row.state, row.change, row.due) == ("sent", "update", NOW)


async def test_what_was_taken_back_meanwhile_is_recalled_if_it_went_out(store: Store) -> None:
    back = {"state": "canceled", "reason": "canceled", "due": None, "change": "recall"}
    await put(store, "dlv_1", revision=1, **back)
    await put(store, "dlv_2", revision=1, **back)
    failed = settled("dlv_2", state="queued", due=NOW + 5)
    found = await acked(store, deliveries=[settled("dlv_1"), failed])
    assert (found["dlv_1"].state, found["dlv_1"].change, found["dlv_1"].due) == (
        "sent",
        "recall",
        NOW,
    )
    assert (found["dlv_2"].state, found["dlv_2"].due) == ("canceled", None)


async def test_a_later_update_keeps_its_turn_and_begins_its_own_schedule(store: Store) -> None:
    await put(store, "dlv_1", revision=2, change="update", state="sent", due=NOW - 1, tries=0)
    behind = {**settled("dlv_1", due=NOW + 60_000), "new_change": "update", "new_tries": 7}
    found = await acked(store, deliveries=[{**behind, "the_revision": 1}])
    assert (found["dlv_1"].due, found["dlv_1"].tries, found["dlv_1"].change) == (NOW, 0, "update")


async def test_many_cards_are_carried_at_once(store: Store) -> None:
    for number in range(3):
        await put(store, f"dlv_{number}", state="sent", due=None, message_id="m")
    carried = [carried_row(f"dlv_{number}", "dlv_9", NOW) for number in range(3)]
    found = await acked(store, carried=carried)
    told = {(row.state, row.reason, row.carried_by) for row in found.values()}
    assert told == {("superseded", "collapsed", "dlv_9")}


async def test_the_members_of_a_batch_share_what_became_of_it(store: Store) -> None:
    batch = {"state": "sent", "due": None, "message_id": "b", "batch": True}
    await put(store, "dlv_1", change="recall", **batch)
    await put(store, "dlv_2", **batch)
    await put(store, "dlv_3", change="recall", **{**batch, "message_id": "other"})
    gone = {"state": "canceled", "reason": "canceled", "detail": None, "updated": NOW}
    members = [member_row("acme", "lark", "b", **gone), member_row("acme", "lark", "c", **gone)]
    found = await acked(store, members=members)
    assert [found[f"dlv_{n}"].state for n in (1, 2, 3)] == ["canceled", "sent", "sent"]


async def test_the_next_enabled_channel_takes_over_in_the_same_transaction(store: Store) -> None:
    for name, enabled in (("first", True), ("off", False), ("next", True)):
        row = {"name": name, "enabled": enabled, "lane": f"acme/{name}"}
        await store.write(lambda c, more=row: add_channel(c, _like(LARK, **more)))
    await put(store, "dlv_1", channel="first", fallback=["off", "next", "last"])
    fall = Fall("dlv_1", ["off", "next", "last"], ["dlv_2", "dlv_3", "dlv_4"], NOW)
    ended = settled("dlv_1", state="failed", reason="not_bound", message_id=None)
    found = await acked(store, deliveries=[ended], falls=[fall])
    assert found["dlv_1"].carried_by == "dlv_3"
    assert (found["dlv_2"].state, found["dlv_2"].reason) == ("suppressed", "channel_disabled")
    assert (found["dlv_3"].state, found["dlv_3"].lane, found["dlv_3"].fallback) == (
        "queued",
        "acme/next",
        ["last"],
    )
    assert "dlv_4" not in found
    [woken] = await store.read(lambda c: list(c.execute(sa.select(lane))))
    assert (woken.key, woken.next_due) == ("acme/next", NOW)


async def test_where_no_channel_is_left_what_merely_waits_goes_on_waiting(store: Store) -> None:
    await put(store, "dlv_1", fallback=["off"])
    fall = Fall("dlv_1", ["off"], ["dlv_2"], NOW, ("held", NOW + 5))
    ended = settle_row("dlv_1", **_values(state="failed", reason="credential_invalid"))
    found = await acked(store, deliveries=[ended], falls=[fall])
    assert (found["dlv_1"].state, found["dlv_1"].due, found["dlv_1"].fallback) == (
        "held",
        NOW + 5,
        None,
    )
    assert found["dlv_2"].state == "suppressed"


async def test_a_fallback_may_be_written_twice(store: Store) -> None:
    await put(store, "dlv_1", fallback=["off"])
    fall = Fall("dlv_1", ["off"], ["dlv_2"], NOW, ("held", NOW + 5))
    ended = settle_row("dlv_1", **_values(state="failed", reason="credential_invalid"))
    for _ in range(2):
        found = await acked(store, deliveries=[ended], falls=[fall])
    assert (found["dlv_1"].state, found["dlv_1"].due) == ("held", NOW + 5)
    assert found["dlv_2"].state == "suppressed"


async def test_what_no_channel_can_take_over_goes_on_where_its_hold_has_ended(store: Store) -> None:
    await store.write(lambda c: add_channel(c, _like(LARK, enabled=True)))
    await put(store, "dlv_1", fallback=["off"])
    fall = Fall("dlv_1", ["off"], ["dlv_2"], NOW, ("held", 9 * NOW))
    ended = settle_row("dlv_1", **_values(state="failed", reason="credential_invalid"))
    found = await acked(store, deliveries=[ended], falls=[fall])
    assert (found["dlv_1"].state, found["dlv_1"].due) == ("queued", NOW)


async def test_a_family_is_what_waits_and_the_cards_that_stand(store: Store) -> None:
    key = {"collapse_key": "k"}
    sent = {"state": "sent", "due": None, "message_id": "m"}
    await put(store, "dlv_1", **key, **sent)
    await put(store, "dlv_2", **key, **{**sent, "state": "superseded"})
    await put(store, "dlv_3", **key, maybe_duplicate=True)
    await put(store, "dlv_4", **key, recipient="user:wang")
    await put(store, "dlv_5", **key, **sent, batch=True)
    [family] = await store.read(lambda c: read_families(c, [NAME]))
    told = [(one.id, one.shown, one.message_id, one.doubtful) for one in family]
    assert told == [
        ("dlv_1", True, "m", False),
        ("dlv_3", False, None, True),
        ("dlv_5", True, None, False),
    ]
    over = TakeOver(("dlv_1", "dlv_3"), "dlv_6", NOW)
    assert await store.write(lambda c: take_over(c, [over])) == [1]
    assert (await rows(store))["dlv_3"].carried_by == "dlv_6"


def _values(**more: object) -> dict[str, object]:
    plain = {"detail": None, "due": None, "attempts": 1, "maybe_duplicate": False}
    return {**plain, "message_id": None, "batch": False, "updated": NOW, **more}


def _like(row: ChannelRow, **more: Any) -> ChannelRow:  # noqa: ANN401 - any column
    return replace(row, hold_reason=None, hold_until=None, **more)
