from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.models import SHARDS
from gateway.store import Store
from gateway.store.accept import wake_lanes
from gateway.store.bindings import BindingRow, put_binding, read_bindings, unbind
from gateway.store.channels import ChannelRow, add_channel, read_channel
from gateway.store.schema import delivery, lane
from gateway.store.standing import (
    Found,
    Resumption,
    Stale,
    Standing,
    lane_row,
    mark_stale,
    remember,
    resume,
    shard_of,
    stand,
)

from .rows import add_delivery, bound
from .test_channels import LARK

NOW = 1000
HELD = Standing(
    "acme", "lark", 1, NOW, "credential_invalid", "it was revoked", 9000, 3, health="failing"
)


async def channel(store: Store) -> ChannelRow:
    found = await store.read(lambda c: read_channel(c, "acme", "lark"))
    assert found
    return found


async def bindings(store: Store) -> dict[str, BindingRow]:
    names = ["user:li", "user:tan"]
    return await store.read(lambda c: read_bindings(c, "acme", "lark", names))


async def test_a_hold_is_written_with_its_reason_and_its_next_probe(store: Store) -> None:
    await store.write(lambda c: add_channel(c, replace(LARK, enabled=True, hold_reason=None)))
    assert await store.fold(stand, HELD)
    found = await channel(store)
    assert (found.hold_reason, found.hold_detail) == ("credential_invalid", "it was revoked")
    assert (found.hold_until, found.hold_tries) == (9000, 3)
    assert (found.health, found.health_reason) == ("failing", "credential_invalid")
    assert (found.health_since, found.enabled) == (NOW, True)


async def test_a_standing_without_a_reason_ends_the_hold(store: Store) -> None:
    await store.write(lambda c: add_channel(c, LARK))
    await store.fold(stand, Standing("acme", "lark", 1, NOW, health="ok"))
    found = await channel(store)
    assert (found.hold_reason, found.hold_until, found.hold_tries) == (None, None, 0)
    assert (found.health, found.health_reason) == ("ok", None)


async def test_what_was_seen_of_an_older_configuration_is_not_written(store: Store) -> None:
    await store.write(lambda c: add_channel(c, replace(LARK, version=2, hold_reason=None)))
    assert not await store.fold(stand, HELD)
    assert (await channel(store)).hold_reason is None


async def test_a_channel_that_is_gone_is_switched_off(store: Store) -> None:
    await store.write(lambda c: add_channel(c, replace(LARK, enabled=True)))
    await store.fold(stand, replace(HELD, gone=True))
    assert not (await channel(store)).enabled


async def test_a_standing_of_another_tenants_channel_changes_nothing(store: Store) -> None:
    await store.write(lambda c: add_channel(c, replace(LARK, tenant="other", hold_reason=None)))
    assert not await store.fold(stand, HELD)


def waiting(connection: Connection) -> None:
    """Add what waits on a channel, what waits for something else, and what is over."""
    add_channel(connection, replace(LARK, lane="new"))
    wake_lanes(connection, [lane_row("old", "acme", 9000), lane_row("new", "acme", 9000)])
    held = {"state": "held", "due": 9000}
    add_delivery(connection, "dlv_1", lane="old", reason="credential_invalid", **held)
    add_delivery(connection, "dlv_2", lane="new", reason="circuit_open", **held)
    add_delivery(connection, "dlv_3", lane="old", reason="scheduled", **held)
    add_delivery(connection, "dlv_4", lane="old", channel="ding", reason="circuit_open", **held)
    add_delivery(connection, "dlv_5", lane="old", state="sent", due=None)


async def rows(store: Store) -> dict[str, tuple[Any, ...]]:
    query = sa.select(delivery).order_by(delivery.c.id)
    found = await store.read(lambda c: c.execute(query).all())
    return {row.id: (row.lane, row.state, row.reason, row.due) for row in found}


async def test_what_waits_because_of_its_channel_goes_from_whichever_lane(store: Store) -> None:
    await store.write(waiting)
    assert await store.fold(resume, Resumption("acme", "lark", NOW)) == "new"
    assert await rows(store) == {
        "dlv_1": ("new", "queued", None, NOW),
        "dlv_2": ("new", "queued", None, NOW),
        "dlv_3": ("new", "held", "scheduled", 9000),
        "dlv_4": ("old", "held", "circuit_open", 9000),
        "dlv_5": ("old", "sent", None, None),
    }
    due = sa.select(lane.c.key, lane.c.next_due).order_by(lane.c.key)
    found = await store.read(lambda c: [tuple(row) for row in c.execute(due)])
    assert found == [("new", NOW), ("old", 9000)]


async def test_resuming_a_channel_that_is_not_there_is_nothing(store: Store) -> None:
    assert await store.fold(resume, Resumption("acme", "lark", NOW)) is None


def found(recipient: str, identity: str | None = "ou_new", **more: Any) -> Found:  # noqa: ANN401 - of a miss
    kind = "open_id" if identity else None
    return Found("acme", "lark", recipient, NOW, kind, identity, **more)


async def test_what_a_platform_said_is_remembered(store: Store) -> None:
    await store.fold(remember, found("user:li"))
    await store.fold(remember, found("user:tan", None, miss_until=9000, miss_reason="nobody"))
    known = await bindings(store)
    assert (known["user:li"].method, known["user:li"].identity) == ("resolved", "ou_new")
    assert known["user:tan"].who is None
    assert (known["user:tan"].miss_until, known["user:tan"].miss_reason) == (9000, "nobody")


async def test_a_later_answer_replaces_an_earlier_one_and_its_staleness(store: Store) -> None:
    await store.fold(remember, found("user:li", "ou_old"))
    await store.fold(mark_stale, Stale("acme", "lark", "user:li", "left", NOW))
    await store.fold(remember, found("user:li"))
    known = (await bindings(store))["user:li"]
    assert (known.identity, known.stale_since, known.stale_reason) == ("ou_new", None, None)


async def test_the_last_of_several_answers_in_one_commit_counts(store: Store) -> None:
    def several(connection: Connection) -> None:
        remember(connection, [found("user:li", name) for name in ("ou_1", "ou_2", "ou_3")])

    await store.write(several)
    assert (await bindings(store))["user:li"].identity == "ou_3"


@pytest.mark.parametrize("method", ["manual", "created", "login"])
async def test_what_somebody_bound_meanwhile_stands(store: Store, method: str) -> None:
    await store.write(lambda c: put_binding(c, bound("user:li", "ou_chosen", method=method)))
    await store.fold(remember, found("user:li"))
    assert (await bindings(store))["user:li"].identity == "ou_chosen"


async def test_who_was_unbound_meanwhile_stays_so(store: Store) -> None:
    await store.fold(remember, found("user:li", "ou_old"))
    await store.write(lambda c: unbind(c, "acme", "lark", "user:li", NOW))
    await store.fold(remember, found("user:li"))
    known = (await bindings(store))["user:li"]
    assert (known.unbound, known.who) == (True, None)


async def test_a_stale_binding_says_since_when_and_why_and_keeps_the_first(store: Store) -> None:
    await store.write(lambda c: put_binding(c, bound("user:li")))
    await store.write(lambda c: put_binding(c, bound("user:tan")))
    await store.fold(mark_stale, Stale("acme", "lark", "user:li", "left", NOW))
    await store.fold(mark_stale, Stale("acme", "lark", "user:li", "frozen", NOW + 5))
    known = await bindings(store)
    assert (known["user:li"].stale_since, known["user:li"].stale_reason) == (NOW, "left")
    assert known["user:tan"].stale_since is None


def test_a_lane_belongs_to_one_shard_in_every_release() -> None:
    assert [shard_of(key) for key in ("acme/lark:cli_1", "acme/ding", "")] == [63, 33, 0]
    assert {shard_of(f"acme/{number}") for number in range(2000)} == set(range(SHARDS))


def test_a_lane_is_named_with_its_shard() -> None:
    row = lane_row("acme/ding", "acme", NOW)
    assert row == {"key": "acme/ding", "tenant": "acme", "shard": 33, "next_due": NOW}
