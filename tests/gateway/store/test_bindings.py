from gateway.models import Identity
from gateway.store import Store
from gateway.store.bindings import (
    BindingRow,
    forget_lookups,
    list_bindings,
    put_binding,
    read_bindings,
    unbind,
)
from tests.gateway.store.rows import bound


async def test_a_binding_is_read_by_its_recipient(store: Store) -> None:
    await store.write(lambda c: put_binding(c, bound("user:li")))
    found = await store.read(lambda c: read_bindings(c, "acme", "lark", ["user:li", "user:no"]))
    assert found == {"user:li": bound("user:li")}
    assert found["user:li"].who == Identity("ou_1", "open_id")
    assert await store.read(lambda c: read_bindings(c, "other", "lark", ["user:li"])) == {}


async def test_thousands_of_bindings_are_read_at_once(store: Store) -> None:
    rows = [bound(f"user:u{n}") for n in range(3)]
    await store.write(lambda c: [put_binding(c, row) for row in rows])
    names = [f"user:u{n}" for n in range(10_000)]
    assert len(await store.read(lambda c: read_bindings(c, "acme", "lark", names))) == 3


async def test_an_unbind_leaves_a_tombstone_that_is_not_listed(store: Store) -> None:
    await store.write(lambda c: put_binding(c, bound("user:li", stale_since=4)))
    await store.write(lambda c: unbind(c, "acme", "lark", "user:li", 7))
    found = await store.read(lambda c: read_bindings(c, "acme", "lark", ["user:li"]))
    row = found["user:li"]
    assert (row.unbound, row.who, row.since, row.stale_since) == (True, None, 7, None)
    assert await store.read(lambda c: list_bindings(c, "acme", "lark")) == []


async def test_binding_again_ends_the_unbind(store: Store) -> None:
    await store.write(lambda c: unbind(c, "acme", "lark", "user:li", 7))
    await store.write(lambda c: put_binding(c, bound("user:li")))
    assert await store.read(lambda c: list_bindings(c, "acme", "lark")) == [bound("user:li")]


async def test_forgetting_lookups_keeps_what_people_decided(store: Store) -> None:
    miss = BindingRow("acme", "lark", "email:a@ex.com", "resolved", 1, miss_until=9)
    rows = [bound("user:li"), bound("user:wu", method="resolved"), miss]
    await store.write(lambda c: [put_binding(c, row) for row in rows])
    await store.write(lambda c: unbind(c, "acme", "lark", "user:no", 7))
    await store.write(lambda c: forget_lookups(c, "acme", "lark"))
    names = ["user:li", "user:wu", "user:no", "email:a@ex.com"]
    kept = await store.read(lambda c: read_bindings(c, "acme", "lark", names))
    assert set(kept) == {"user:li", "user:no"}
