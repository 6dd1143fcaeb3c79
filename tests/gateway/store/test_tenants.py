from gateway.store import Store
from gateway.store.audit import AuditRow, add_audit, list_audit
from gateway.store.tenants import (
    TenantRow,
    delete_tenant,
    list_tenants,
    put_tenant,
    read_tenant,
)
from gateway.store.users import UserRow, put_user, read_user


def acme(name: str = "Acme", *, id: str = "acme", key: bytes = b"key", now: int = 1) -> TenantRow:  # noqa: A002 - the row's own word
    return TenantRow(id, name, "en", "UTC", ("sg",), True, "anyone", key, now, now)


async def test_a_tenant_comes_back_as_it_was_put(store: Store) -> None:
    await store.write(lambda c: put_tenant(c, acme()))
    assert await store.read(lambda c: read_tenant(c, "acme")) == acme()
    assert await store.read(lambda c: read_tenant(c, "other")) is None


async def test_replacing_a_tenant_keeps_its_data_key_and_its_age(store: Store) -> None:
    await store.write(lambda c: put_tenant(c, acme()))
    await store.write(lambda c: put_tenant(c, acme("New", key=b"other", now=9)))
    found = await store.read(lambda c: read_tenant(c, "acme"))
    assert found is not None
    assert (found.name, found.data_key, found.created, found.updated) == ("New", b"key", 1, 9)


async def test_tenants_are_listed_by_name_behind_a_cursor(store: Store) -> None:
    rows = [acme(id=name) for name in ("b", "a", "c")]
    await store.write(lambda c: [put_tenant(c, row) for row in rows])
    page = await store.read(lambda c: list_tenants(c, after="a", limit=1))
    assert [row.id for row in page] == ["b"]


async def test_deleting_a_tenant_takes_its_own_and_nobody_elses(store: Store) -> None:
    user = UserRow("acme", "u", "", None, None, None, None, (), {}, 1, 1)
    other = UserRow("other", "u", "", None, None, None, None, (), {}, 1, 1)
    await store.write(lambda c: [put_user(c, row) for row in (user, other)])
    await store.write(lambda c: put_tenant(c, acme()))
    await store.write(lambda c: add_audit(c, AuditRow("a1", "acme", 1, "k", "x", "y")))
    assert await store.write(lambda c: delete_tenant(c, "acme")) is True
    assert await store.write(lambda c: delete_tenant(c, "acme")) is False
    assert await store.read(lambda c: read_user(c, "acme", "u")) is None
    assert await store.read(lambda c: read_user(c, "other", "u")) == other
    assert len(await store.read(lambda c: list_audit(c, "acme"))) == 1
