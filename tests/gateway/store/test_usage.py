from gateway.store import Store
from gateway.store.usage import add_usage, read_usage


async def test_calls_add_up_by_month_and_purpose(store: Store) -> None:
    for counts in ({"send": 2, "token": 1}, {"send": 3}):
        await store.write(lambda c, n=counts: add_usage(c, "acme", "lark", "2026-01", n))
    await store.write(lambda c: add_usage(c, "acme", "lark", "2026-02", {"send": 9}))
    await store.write(lambda c: add_usage(c, "other", "lark", "2026-01", {"send": 9}))
    found = await store.read(lambda c: read_usage(c, "acme", "lark", "2026-01"))
    assert found == {"send": 5, "token": 1}
