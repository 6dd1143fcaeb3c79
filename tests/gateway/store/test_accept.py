import asyncio
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Table

from gateway.store import Store
from gateway.store.accept import Acceptance, OnceKey, Replay, accept, forget_keys, wake_lanes
from gateway.store.schema import delivery, idempotency, lane, notification
from gateway.store.standing import lane_row

DAY = 86_400_000


def item(
    name: str,
    key: str | None = None,
    *,
    now: int = 1,
    due: int = 1,
    **more: Any,  # noqa: ANN401 - of the key
) -> Acceptance:
    told = {"digest": f"digest of {name}", "answer": f"answer of {name}", "expires": now + DAY}
    once = OnceKey(**{"tenant": "acme", "key": key, **told, **more}) if key else None
    head: dict[str, Any] = {
        "id": f"ntf_{name}",
        "tenant": "acme",
        "type": "t",
        "body": {},
        "card": "{}",
    }
    head |= {"card_key": "k", "priority": 2, "warnings": [], "recipients": 1}
    row: dict[str, Any] = {
        "id": f"dlv_{name}",
        "tenant": "acme",
        "notification": f"ntf_{name}",
        "type": "t",
    }
    row |= {"recipient": "user:li", "channel": "lark", "lane": "l", "state": "queued"}
    times = {"created": now, "due": due, "expires": now + DAY}
    return Acceptance(
        now,
        {**head, **times},
        [{**row, **times, "priority": 2, "card_key": "k", "updated": now, "stateless": True}],
        [lane_row("l", "acme", due)],
        once,
    )


async def ids(store: Store, table: Table = notification) -> list[str]:
    query = sa.select(table.c.id).order_by(table.c.id)
    return await store.read(lambda c: list(c.execute(query).scalars()))


async def due(store: Store) -> int | None:
    return await store.read(lambda c: c.execute(sa.select(lane.c.next_due)).scalar_one())


async def test_notification_deliveries_and_lane_are_stored_together(store: Store) -> None:
    assert await store.fold(accept, item("a", due=7)) is None
    assert await ids(store) == ["ntf_a"]
    assert await ids(store, delivery) == ["dlv_a"]
    assert await due(store) == 7


async def test_nothing_is_stored_where_one_part_cannot_be(store: Store) -> None:
    whole = item("a")
    broken = Acceptance(1, item("b").notification, [{**item("b").deliveries[0], "id": None}], [])
    results = await asyncio.gather(
        store.fold(accept, whole), store.fold(accept, broken), return_exceptions=True
    )
    assert results[0] is None
    assert isinstance(results[1], sa.exc.SQLAlchemyError)
    assert await ids(store) == ["ntf_a"]


async def test_a_key_is_answered_as_it_was_the_first_time(store: Store) -> None:
    await store.fold(accept, item("a", "k"))
    assert await store.fold(accept, item("b", "k", now=2)) == Replay("digest of a", "answer of a")
    assert await ids(store) == ["ntf_a"]
    assert await ids(store, delivery) == ["dlv_a"]


async def test_of_two_with_one_key_in_one_commit_the_first_wins(store: Store) -> None:
    results = await asyncio.gather(*(store.fold(accept, item(name, "k")) for name in "abcd"))
    assert results == [None, *[Replay("digest of a", "answer of a")] * 3]
    assert await ids(store) == ["ntf_a"]


async def test_two_tenants_may_use_one_key(store: Store) -> None:
    await store.fold(accept, item("a", "k"))
    assert await store.fold(accept, item("b", "k", tenant="other")) is None
    assert await ids(store) == ["ntf_a", "ntf_b"]


async def test_a_key_may_be_used_again_once_it_has_expired(store: Store) -> None:
    await store.fold(accept, item("a", "k"))
    assert await store.fold(accept, item("b", "k", now=1 + DAY)) is None
    replay = await store.fold(accept, item("c", "k", now=2 + DAY))
    assert replay == Replay("digest of b", "answer of b")


async def test_expired_keys_are_forgotten_and_others_kept(store: Store) -> None:
    await store.fold(accept, item("a", "old"))
    await store.fold(accept, item("b", "new", now=500))
    assert await store.write(lambda c: forget_keys(c, 1 + DAY)) == 1
    left = await store.read(lambda c: list(c.execute(sa.select(idempotency.c.key)).scalars()))
    assert left == ["new"]


async def test_hundreds_of_keys_in_one_commit_each_find_their_own(store: Store) -> None:
    names = [f"n{number:03}" for number in range(450)]
    await asyncio.gather(*(store.fold(accept, item(name, name)) for name in names))
    again = await asyncio.gather(*(store.fold(accept, item(f"x{n}", n, now=2)) for n in names))
    assert [replay.answer for replay in again if replay] == [f"answer of {n}" for n in names]
    assert len(await ids(store)) == 450


async def test_a_lane_wakes_at_the_soonest_of_what_waits(store: Store) -> None:
    await store.fold(accept, item("a", due=50))
    await store.fold(accept, item("b", due=90))
    assert await due(store) == 50
    await asyncio.gather(*(store.fold(accept, item(f"c{d}", due=d)) for d in (40, 20, 30)))
    assert await due(store) == 20


async def test_a_lane_at_rest_wakes(store: Store) -> None:
    await store.fold(accept, item("a", due=50))
    await store.write(lambda c: c.execute(lane.update().values(next_due=None)))
    await store.write(lambda c: wake_lanes(c, [lane_row("l", "acme", 99)]))
    assert await due(store) == 99


async def test_what_a_lanes_limiters_remember_survives_a_new_notification(store: Store) -> None:
    await store.fold(accept, item("a"))
    await store.write(lambda c: c.execute(lane.update().values(pace={"send": [[1, 2]]})))
    await store.fold(accept, item("b"))
    pace = await store.read(lambda c: c.execute(sa.select(lane.c.pace)).scalar_one())
    assert pace == {"send": [[1, 2]]}


async def test_a_notification_to_nobody_is_stored_too(store: Store) -> None:
    await store.fold(accept, Acceptance(1, item("a").notification, [], []))
    assert await ids(store) == ["ntf_a"]
    assert await ids(store, delivery) == []
