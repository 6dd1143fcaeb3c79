from gateway.store import Store
from gateway.store.audit import AuditRow, add_audit, list_audit


async def test_changes_are_listed_newest_first_and_for_one_tenant(store: Store) -> None:
    rows = [AuditRow(f"aud_{n}", "acme", n, "key_1", "channel.put", "lark") for n in range(3)]
    other = AuditRow("aud_9", "other", 9, "key_2", "x", "y", {"a": 1}, {"a": 2})
    await store.write(lambda c: [add_audit(c, row) for row in (*rows, other)])
    page = await store.read(lambda c: list_audit(c, "acme", before="aud_2", limit=9))
    assert [row.id for row in page] == ["aud_1", "aud_0"]
    assert await store.read(lambda c: list_audit(c, "other")) == [other]
