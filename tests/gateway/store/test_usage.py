from gateway.store import Store
from gateway.store.usage import Counted, add_usage, counted, read_usage


async def test_calls_add_up_by_month_and_purpose(store: Store) -> None:
    for counts in ({"send": Counted(2, refused=1), "token": Counted(1)}, {"send": Counted(3)}):
        await store.write(lambda c, n=counts: add_usage(c, "acme", "lark", "2026-01", n))
    nine = {"send": Counted(9)}
    await store.write(lambda c: add_usage(c, "acme", "lark", "2026-02", nine))
    await store.write(lambda c: add_usage(c, "other", "lark", "2026-01", nine))
    found = await store.read(lambda c: read_usage(c, "acme", "lark", "2026-01"))
    assert found == {"send": Counted(5, refused=1), "token": Counted(1)}
    assert counted(found, frozenset({"token"})) == 4
