from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.models import Identity
from gateway.reasons import Reason
from gateway.store import Store
from gateway.store.accept import wake_lanes
from gateway.store.acks import Ack, acknowledge, settle_row
from gateway.store.bindings import put_binding
from gateway.store.channels import add_channel
from gateway.store.schema import attempt, channel, delivery, lane
from gateway.store.standing import lane_row, shard_of
from gateway.store.window import (
    DueRow,
    LookRequest,
    Rest,
    StoredCards,
    WindowRequest,
    leave_shards,
    look,
    read_cards,
    read_windows,
    rest,
    take_shards,
)

from .rows import add_delivery, add_notification, bound
from .test_channels import LARK

NOW = 1000
SETTLED: dict[str, Any] = {
    "state": "sent",
    "reason": None,
    "detail": None,
    "due": None,
    "attempts": 1,
    "maybe_duplicate": False,
    "message_id": "m_1",
    "batch": False,
    "updated": NOW,
}


def settled(name: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any settled column
    return settle_row(name, **{**SETTLED, **more})


def tried(name: str, number: int = 1) -> dict[str, Any]:
    names = ("http_status", "provider_code", "error", "sentence", "fix_url", "log_id")
    row: dict[str, Any] = dict.fromkeys((*names, "message_id", "next_try"))
    row |= {"id": f"att_{name}_{number}", "delivery": name, "call": "call_1", "number": number}
    return {**row, "purpose": "send", "started": 1, "duration": 2}


async def window(store: Store, limit: int = 10, **more: Any) -> list[DueRow]:  # noqa: ANN401 - of the request
    asked = WindowRequest(**{"lane": "l", "now": NOW, "limit": limit, **more})
    [rows] = await store.read(lambda c: read_windows(c, [asked]))
    return rows


def names(rows: list[DueRow]) -> list[str]:
    return [row.id for row in rows]


async def test_due_rows_come_urgent_first_then_oldest_then_by_id(store: Store) -> None:
    def fill(connection: Connection) -> None:
        add_delivery(connection, "dlv_5", priority=2, due=5)
        add_delivery(connection, "dlv_4", priority=2, due=3)
        add_delivery(connection, "dlv_3", priority=2, due=3)
        add_delivery(connection, "dlv_2", priority=0, due=900)
        add_delivery(connection, "dlv_1", priority=3, due=1)

    await store.write(fill)
    assert names(await window(store)) == ["dlv_2", "dlv_3", "dlv_4", "dlv_5", "dlv_1"]
    assert names(await window(store, limit=2)) == ["dlv_2", "dlv_3"]


async def test_what_is_not_due_not_here_or_in_work_is_left_out(store: Store) -> None:
    def fill(connection: Connection) -> None:
        add_delivery(connection, "dlv_now", due=NOW)
        add_delivery(connection, "dlv_later", due=NOW + 1)
        add_delivery(connection, "dlv_over", due=None, state="sent")
        add_delivery(connection, "dlv_away", lane="other")
        add_delivery(connection, "dlv_busy")

    await store.write(fill)
    assert names(await window(store, busy=frozenset({"dlv_busy"}))) == ["dlv_now"]


async def test_rows_in_work_do_not_use_up_the_limit(store: Store) -> None:
    def fill(connection: Connection) -> None:
        for number in range(10):
            add_delivery(connection, f"dlv_{number}", due=number)

    await store.write(fill)
    busy = frozenset(f"dlv_{number}" for number in range(5))
    assert names(await window(store, limit=3, busy=busy)) == ["dlv_5", "dlv_6", "dlv_7"]


async def test_a_row_tells_how_its_channel_and_binding_stand(store: Store) -> None:
    def fill(connection: Connection) -> None:
        add_channel(connection, LARK)
        put_binding(connection, bound("user:li", "ou_li"))
        add_delivery(connection, "dlv_1")
        add_delivery(connection, "dlv_2", recipient="user:tan", due=2)
        add_delivery(connection, "dlv_3", channel="gone", due=3)

    await store.write(fill)
    known, unbound, gone = await window(store)
    assert (known.identity_kind, known.identity) == ("open_id", "ou_li")
    assert (known.version, known.enabled, known.hold_until) == (1, False, 9)
    assert (unbound.identity, unbound.version) == (None, 1)
    assert (gone.version, gone.enabled) == (None, None)
    assert Identity("ou_li", "open_id") == Identity(known.identity or "", known.identity_kind or "")


@pytest.mark.parametrize(("until", "probed"), [(NOW, ["dlv_1"]), (NOW + 1, [])])
async def test_a_hold_that_ran_out_is_probed_with_one_row(
    store: Store, until: int, probed: list[str]
) -> None:
    def fill(connection: Connection) -> None:
        add_channel(connection, LARK)
        reason = "credential_invalid"
        connection.execute(channel.update().values(hold_reason=reason, hold_until=until))
        for number in (1, 2, 3):
            add_delivery(connection, f"dlv_{number}", state="held", reason=reason, due=NOW + number)

    await store.write(fill)
    assert names(await window(store)) == []
    assert len(await window(store, probe=True)) == len(probed)


async def test_cards_are_read_by_id_in_any_number(store: Store) -> None:
    wanted = [f"ntf_{number:04}" for number in range(1200)]

    def fill(connection: Connection) -> None:
        for name in wanted:
            add_notification(connection, name, card=f'{{"title":"{name}"}}', body={"n": name})

    await store.write(fill)
    found = await store.read(lambda c: read_cards(c, [*wanted, "ntf_none"]))
    assert len(found) == 1200
    assert found["ntf_0007"] == StoredCards({"k": '{"title":"ntf_0007"}'}, {"n": "ntf_0007"})


async def test_a_look_lists_the_lanes_that_are_due_by_shard(store: Store) -> None:
    keys = [f"acme/lane{number}" for number in range(20)]
    await store.write(lambda c: wake_lanes(c, [lane_row(key, "acme", 500) for key in keys]))
    await store.write(lambda c: wake_lanes(c, [lane_row("acme/later", "acme", 5000)]))
    asked = [LookRequest(number, NOW) for number in range(64)]
    answers = await store.read(lambda c: look(c, asked))
    found = {row.key: number for number, rows in enumerate(answers) for row in rows}
    assert found == {key: shard_of(key) for key in keys}
    assert {row.pace == {} for rows in answers for row in rows} == {True}


async def test_an_owner_acknowledges_deliveries_and_attempts_together(store: Store) -> None:
    await store.write(lambda c: add_delivery(c, "dlv_1"))
    epochs = await store.write(lambda c: take_shards(c, [3]))
    ack = Ack(3, epochs[3][0], [settled("dlv_1")], [tried("dlv_1")])
    assert await store.write(lambda c: acknowledge(c, [ack])) == [True]
    row = await store.read(lambda c: c.execute(sa.select(delivery)).one())
    assert (row.state, row.due, row.attempts, row.message_id) == ("sent", None, 1, "m_1")
    assert await store.read(lambda c: c.execute(sa.select(attempt.c.number)).scalars().all()) == [1]


async def test_a_former_owner_changes_nothing_and_its_neighbour_does(store: Store) -> None:
    def fill(connection: Connection) -> None:
        add_delivery(connection, "dlv_1")
        add_delivery(connection, "dlv_2")

    await store.write(fill)
    first = await store.write(lambda c: take_shards(c, [3, 4]))
    await store.write(lambda c: take_shards(c, [3]))
    acks = [
        Ack(3, first[3][0], [settled("dlv_1")], [tried("dlv_1")]),
        Ack(4, first[4][0], [settled("dlv_2")], [tried("dlv_2")]),
        Ack(9, 1, [settled("dlv_1")]),
    ]
    assert await store.write(lambda c: acknowledge(c, acks)) == [False, True, False]
    states = sa.select(delivery.c.state).order_by(delivery.c.id)
    assert await store.read(lambda c: c.execute(states).scalars().all()) == ["queued", "sent"]


async def test_an_acknowledgement_may_be_written_twice(store: Store) -> None:
    await store.write(lambda c: add_delivery(c, "dlv_1"))
    epochs = await store.write(lambda c: take_shards(c, [3]))
    ack = Ack(3, epochs[3][0], [settled("dlv_1")], [tried("dlv_1")])
    for _ in range(2):
        assert await store.write(lambda c: acknowledge(c, [ack])) == [True]
    count = sa.select(sa.func.count()).select_from(attempt)
    assert await store.read(lambda c: c.execute(count).scalar()) == 1


@pytest.mark.parametrize(
    ("enabled", "hold", "state"),
    [(True, None, "queued"), (False, None, "held"), (True, "credential_invalid", "held")],
)
async def test_a_hold_that_ended_on_the_way_is_not_written(
    store: Store, enabled: bool, hold: str | None, state: str
) -> None:
    def fill(connection: Connection) -> None:
        add_channel(connection, LARK)
        connection.execute(channel.update().values(enabled=enabled, hold_reason=hold))
        add_delivery(connection, "dlv_1")

    await store.write(fill)
    epochs = await store.write(lambda c: take_shards(c, [3]))
    held = settled("dlv_1", state="held", reason=Reason.CREDENTIAL_INVALID.value, due=9 * NOW)
    await store.write(lambda c: acknowledge(c, [Ack(3, epochs[3][0], [held])]))
    row = await store.read(lambda c: c.execute(sa.select(delivery)).one())
    assert row.state == state
    assert row.due == (NOW if state == "queued" else 9 * NOW)


async def test_each_owner_has_a_higher_epoch_and_hears_whether_the_last_left_cleanly(
    store: Store,
) -> None:
    assert await store.write(lambda c: take_shards(c, [1, 2])) == {1: (1, True), 2: (1, True)}
    await store.write(lambda c: leave_shards(c, {1: 1}))
    assert await store.write(lambda c: take_shards(c, [1, 2])) == {1: (2, True), 2: (2, False)}


async def test_who_lost_a_shard_cannot_declare_it_clean(store: Store) -> None:
    await store.write(lambda c: take_shards(c, [1]))
    await store.write(lambda c: take_shards(c, [1]))
    await store.write(lambda c: leave_shards(c, {1: 1}))
    assert (await store.write(lambda c: take_shards(c, [1])))[1] == (3, False)


async def rested(store: Store, **pace: Any) -> int | None:  # noqa: ANN401 - what limiters remember
    [due] = await store.write(lambda c: rest(c, [Rest("l", NOW, pace or None)]))
    return due


async def test_a_lane_with_nothing_left_rests(store: Store) -> None:
    await store.write(lambda c: wake_lanes(c, [lane_row("l", "acme", 5)]))
    assert await rested(store, send=[[1, 2]]) is None
    row = await store.read(lambda c: c.execute(sa.select(lane)).one())
    assert (row.next_due, row.pace) == (None, {"send": [[1, 2]]})


async def test_a_lane_sleeps_until_its_soonest_row_of_any_priority(store: Store) -> None:
    def fill(connection: Connection) -> None:
        wake_lanes(connection, [lane_row("l", "acme", 5)])
        add_delivery(connection, "dlv_1", priority=0, due=5000)
        add_delivery(connection, "dlv_2", priority=3, due=3000)
        add_delivery(connection, "dlv_3", priority=1, due=None, state="sent")

    await store.write(fill)
    assert await rested(store) == 3000


async def test_a_lane_wakes_for_the_probe_of_a_held_channel(store: Store) -> None:
    def fill(connection: Connection) -> None:
        wake_lanes(connection, [lane_row("l", "acme", 5)])
        add_channel(connection, LARK)
        connection.execute(channel.update().values(lane="l", hold_until=NOW + 7))

    await store.write(fill)
    assert await rested(store) is None
    await store.write(lambda c: add_delivery(c, "dlv_1", state="held", due=9000))
    assert await rested(store) == NOW + 7
    await store.write(lambda c: c.execute(channel.update().values(hold_until=NOW)))
    assert await rested(store) == 9000
