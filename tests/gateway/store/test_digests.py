"""Merging what is held, on each database: one transaction, nothing lost."""

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.store import Store
from gateway.store.acks import Ack, acknowledge, settle_row
from gateway.store.bindings import put_binding
from gateway.store.changes import Cancellation, cancel
from gateway.store.channels import add_channel
from gateway.store.digests import (
    FIRST,
    Merge,
    RipeRequest,
    RipeRow,
    carrier_of,
    merge,
    own_card_key,
    read_digests,
    read_ripe,
    release_carried,
)
from gateway.store.falling import Fall
from gateway.store.notified import NotifiedRequest, read_notified
from gateway.store.schema import delivery
from gateway.store.window import take_shards

from .rows import HOUR, add_attempt, add_delivery, add_notification, bound
from .test_channels import LARK

NOW = 1000
IDS = ("dlv_1", "dlv_2", "dlv_3")
HELD = {"state": "held", "reason": "user_window"}


async def three_held(store: Store, **more: object) -> int:
    """Hold three deliveries of three notifications, own their shard and return its epoch."""

    def write(connection: Connection) -> int:
        for number, one in enumerate(IDS, start=1):
            name = f"ntf_{number}"
            add_notification(
                connection, name, card=f'{{"title": "{number}"}}', card_key=f"k{number}"
            )
            own = {"notification": name, "card_key": f"k{number}", "expires": number * HOUR}
            add_delivery(connection, one, **{**HELD, **own, **more})
        return take_shards(connection, [1])[1][0]

    return await store.write(write)


async def merged(store: Store, epoch: int, *parts: tuple[str, ...]) -> bool:
    [owned] = await store.write(lambda c: merge(c, [Merge(1, epoch, NOW, parts)]))
    return owned


async def rows(store: Store) -> dict[str, Any]:
    query = sa.select(delivery)
    return {row.id: row for row in await store.read(lambda c: c.execute(query).all())}


async def ripe(store: Store, after: tuple[str, str, str, str] = FIRST) -> list[RipeRow]:
    request = RipeRequest("l", NOW, ["lark"], after, 10)
    return await store.read(lambda c: read_ripe(c, request))


async def test_the_first_carries_the_others_as_long_and_as_urgently_as_any_needs(
    store: Store,
) -> None:
    epoch = await three_held(store)
    await store.write(
        lambda c: c.execute(delivery.update().where(delivery.c.id == "dlv_3").values(priority=1))
    )
    assert await merged(store, epoch, IDS)
    found = await rows(store)
    carrier = found["dlv_1"]
    assert (carrier.state, carrier.priority, carrier.expires) == ("queued", 1, 3 * HOUR)
    assert (carrier_of(carrier.card_key), own_card_key(carrier.card_key)) == ("dlv_1", "k1")
    for one in IDS[1:]:
        row = found[one]
        assert (row.state, row.reason, row.due) == ("superseded", "digested", None)
        assert row.carried_by == "dlv_1"


async def test_what_was_withdrawn_meanwhile_is_left_out(store: Store) -> None:
    epoch = await three_held(store)
    what = Cancellation("acme", ["ntf_1"], frozenset(), NOW)
    await store.write(lambda c: cancel(c, what))
    await merged(store, epoch, IDS)
    states = {one: row.state for one, row in (await rows(store)).items()}
    assert states == {"dlv_1": "canceled", "dlv_2": "queued", "dlv_3": "superseded"}


async def test_a_former_owner_merges_nothing(store: Store) -> None:
    epoch = await three_held(store)
    assert not await merged(store, epoch - 1, IDS)
    assert {row.state for row in (await rows(store)).values()} == {"held"}


async def test_a_digest_shows_its_members_in_order(store: Store) -> None:
    epoch = await three_held(store)
    await merged(store, epoch, IDS)
    key = (await rows(store))["dlv_1"].card_key
    shown = (await store.read(lambda c: read_digests(c, [key])))[key]
    titles = [(one, f'{{"title": "{number}"}}') for number, one in enumerate(IDS, start=1)]
    assert shown.members == titles


async def test_one_alone_keeps_its_card(store: Store) -> None:
    epoch = await three_held(store)
    await merged(store, epoch, ("dlv_2",))
    row = (await rows(store))["dlv_2"]
    assert (row.state, row.reason, row.card_key) == ("queued", "user_window", "k2")


async def test_withdrawing_the_carrier_holds_the_others_again(store: Store) -> None:
    epoch = await three_held(store)
    await merged(store, epoch, IDS)
    what = Cancellation("acme", ["ntf_1"], frozenset(), NOW)
    assert await store.write(lambda c: cancel(c, what)) == 1
    found = await rows(store)
    assert found["dlv_1"].state == "canceled"
    assert {(found[one].state, found[one].carried_by) for one in IDS[1:]} == {("held", None)}
    assert [row.id for row in await ripe(store)] == ["dlv_2", "dlv_3"]


async def test_what_is_withdrawn_together_is_withdrawn_from_a_digest_too(store: Store) -> None:
    epoch = await three_held(store)
    await merged(store, epoch, IDS)
    what = Cancellation("acme", ["ntf_1", "ntf_2"], frozenset(), NOW)
    assert await store.write(lambda c: cancel(c, what)) == 2
    found = await rows(store)
    assert [found[one].state for one in IDS] == ["canceled", "canceled", "held"]


async def test_a_digest_that_waits_no_longer_shows_what_is_withdrawn(store: Store) -> None:
    epoch = await three_held(store)
    await merged(store, epoch, IDS)
    what = Cancellation("acme", ["ntf_2"], frozenset(), NOW)
    assert await store.write(lambda c: cancel(c, what)) == 1
    found = await rows(store)
    assert (found["dlv_2"].state, found["dlv_2"].reason) == ("canceled", "canceled")
    key = found["dlv_1"].card_key
    shown = (await store.read(lambda c: read_digests(c, [key])))[key]
    assert [name for name, _ in shown.members] == ["dlv_1", "dlv_3"]


@pytest.mark.parametrize(("doubtful", "flying"), [(True, ()), (False, ("dlv_1",)), (False, ())])
async def test_what_a_withdrawn_digest_may_have_shown_is_flagged(
    store: Store, doubtful: bool, flying: tuple[str, ...]
) -> None:
    epoch = await three_held(store)
    await merged(store, epoch, IDS)
    taken = {"state": "canceled", "due": None, "maybe_duplicate": doubtful}
    mine = delivery.update().where(delivery.c.id == "dlv_1").values(taken)
    await store.write(lambda c: c.execute(mine))
    await store.write(lambda c: release_carried(c, ["ntf_1"], NOW, frozenset(flying)))
    found = await rows(store)
    assert {found[one].state for one in IDS[1:]} == {"held"}
    assert {found[one].maybe_duplicate for one in IDS[1:]} == {doubtful or bool(flying)}


async def test_nothing_is_withdrawn_from_a_digest_in_the_air(store: Store) -> None:
    epoch = await three_held(store)
    await merged(store, epoch, IDS)
    what = Cancellation("acme", ["ntf_1", "ntf_2"], frozenset({"dlv_1"}), NOW)
    assert await store.write(lambda c: cancel(c, what)) == 0
    assert [row.state for row in (await rows(store)).values()].count("superseded") == 2


async def test_members_go_on_with_what_takes_over_their_carrier(store: Store) -> None:
    epoch = await three_held(store, fallback=["next", "last"])
    await store.write(
        lambda c: add_channel(c, replace(LARK, name="next", lane="acme/next", enabled=True))
    )
    await merged(store, epoch, IDS)
    fall = Fall("dlv_1", ["next"], ["dlv_4"], NOW)
    await ended(store, epoch, "dlv_1", "failed", "unreachable", fall)
    assert {(await rows(store))[one].state for one in IDS[1:]} == {"superseded"}
    await ended(store, epoch, "dlv_4", "failed", "content_rejected")
    found = await rows(store)
    assert {(found[one].state, found[one].reason) for one in IDS[1:]} == {
        ("failed", "content_rejected")
    }


async def test_members_wait_with_a_carrier_that_no_channel_can_take_over(store: Store) -> None:
    epoch = await three_held(store, fallback=["off"])
    await merged(store, epoch, IDS)
    fall = Fall("dlv_1", ["off"], ["dlv_4"], NOW, ("held", 9 * NOW))
    await ended(store, epoch, "dlv_1", "failed", "quota_exhausted", fall)
    found = await rows(store)
    assert [found[one].state for one in IDS] == ["held", "superseded", "superseded"]


async def ended(store: Store, epoch: int, name: str, state: str, reason: str, *falls: Fall) -> None:
    plain: dict[str, Any] = {"detail": "why", "due": None, "attempts": 1, "maybe_duplicate": False}
    told = {"state": state, "reason": reason, "message_id": None, "batch": False}
    row = settle_row(name, **plain, **told, updated=NOW)
    await store.write(lambda c: acknowledge(c, [Ack(1, epoch, [row], falls=list(falls))]))


@pytest.mark.parametrize(
    ("state", "reason"),
    [("failed", "unreachable"), ("expired", "expired"), ("suppressed", "not_bound")],
)
async def test_members_end_with_their_carrier(store: Store, state: str, reason: str) -> None:
    epoch = await three_held(store)
    await merged(store, epoch, IDS)
    await ended(store, epoch, "dlv_1", state, reason)
    found = await rows(store)
    assert {(one.state, one.reason) for one in found.values()} == {(state, reason)}
    key = found["dlv_1"].card_key
    shown = (await store.read(lambda c: read_digests(c, [key])))[key]
    assert len(shown.members) == 3


async def test_the_ripe_are_read_by_person_and_key_from_any_place(store: Store) -> None:
    def write(connection: Connection) -> None:
        put_binding(connection, bound("user:li", "ou_2"))
        put_binding(connection, bound("email:li@ex.com", "ou_2"))
        put_binding(connection, bound("user:tan", "ou_1"))
        for number, (who, key) in enumerate(
            [("user:li", "b"), ("user:tan", None), ("email:li@ex.com", "a"), ("user:li", "a")]
        ):
            add_delivery(connection, f"dlv_{number}", **HELD, recipient=who, digest_key=key)
        add_delivery(connection, "dlv_later", **HELD, due=NOW + 1)
        add_delivery(connection, "dlv_circuit", state="held", reason="circuit_open")

    await store.write(write)
    found = await ripe(store)
    assert [row.id for row in found] == ["dlv_1", "dlv_2", "dlv_3", "dlv_0"]
    assert [row.who for row in found] == ["ou_1", "ou_2", "ou_2", "ou_2"]
    assert [row.id for row in await ripe(store, found[1].place)] == ["dlv_3", "dlv_0"]


async def test_who_was_notified_is_known_by_identity(store: Store) -> None:
    def write(connection: Connection) -> None:
        put_binding(connection, bound("user:li", "ou_2"))
        sent = {"state": "sent", "due": None}
        add_delivery(connection, "dlv_1", **sent, updated=500)
        add_delivery(connection, "dlv_2", **sent, updated=700)
        add_delivery(connection, "dlv_3", **sent, updated=900, channel="other")
        add_delivery(connection, "dlv_4", **sent, updated=900, recipient="user:tan")
        add_delivery(connection, "dlv_5", state="failed", updated=950)
        doubtful = {"state": "queued", "maybe_duplicate": True, "recipient": "user:wu"}
        add_delivery(connection, "dlv_6", **doubtful, updated=950)

    await store.write(write)
    request = NotifiedRequest("acme", "lark", 400)
    [found] = await store.read(lambda c: read_notified(c, [request]))
    assert found == {"ou_2": (700, None), "user:tan": (900, None), "user:wu": (950, "dlv_6")}


async def test_a_card_that_was_changed_since_was_felt_when_it_was_sent(store: Store) -> None:
    def write(connection: Connection) -> None:
        add_delivery(connection, "dlv_1", state="sent", due=None, updated=900, revision=1)
        add_attempt(connection, "att_1", started=450, error="temporary")
        add_attempt(connection, "att_2", started=500)
        add_attempt(connection, "att_3", started=880, purpose="update")

    await store.write(write)
    request = NotifiedRequest("acme", "lark", 400)
    assert await store.read(lambda c: read_notified(c, [request])) == [{"user:li": (520, None)}]
