from gateway.store import Store
from gateway.store.keys import KeyRow, add_key, delete_key, list_keys, read_key, touch_key


def a_key(name: str, tenant: str | None = "acme") -> KeyRow:
    return KeyRow(name, tenant, "admin", "gwk_1", name.encode(), 1)


async def test_a_key_is_found_by_its_digest_alone(store: Store) -> None:
    await store.write(lambda c: add_key(c, a_key("key_1")))
    await store.write(lambda c: touch_key(c, "key_1", 5))
    found = await store.read(lambda c: read_key(c, b"key_1"))
    assert found is not None
    assert (found.id, found.last_used) == ("key_1", 5)
    assert await store.read(lambda c: read_key(c, b"other")) is None


async def test_keys_are_listed_and_deleted_within_their_tenant(store: Store) -> None:
    keys = [a_key("key_1"), a_key("key_2"), a_key("key_3", "other"), a_key("key_4", None)]
    await store.write(lambda c: [add_key(c, key) for key in keys])
    listed = await store.read(lambda c: list_keys(c, "acme", before=None, limit=9))
    assert [key.id for key in listed] == ["key_2", "key_1"]
    older = await store.read(lambda c: list_keys(c, "acme", before="key_2", limit=9))
    assert [key.id for key in older] == ["key_1"]
    assert await store.write(lambda c: delete_key(c, "acme", "key_3")) is None
    deleted = await store.write(lambda c: delete_key(c, None, "key_4"))
    assert deleted == a_key("key_4", None)
