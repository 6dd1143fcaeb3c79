from dataclasses import fields, replace

from gateway.store import Store
from gateway.store.bindings import put_binding, read_bindings
from gateway.store.schema import user as users
from gateway.store.users import (
    UserRow,
    delete_user,
    list_users,
    put_user,
    read_user,
    read_users,
    read_users_by_email,
    read_users_by_mobile,
)
from tests.gateway.store.rows import a_user, bound


async def test_a_user_comes_back_as_it_was_put_and_keeps_its_age(store: Store) -> None:
    user = a_user("li", email="li@ex.com", departments=("dba",), preferences={"a": 1})
    await store.write(lambda c: put_user(c, user))
    await store.write(lambda c: put_user(c, replace(user, display_name="Li", created=9, updated=9)))
    found = await store.read(lambda c: read_user(c, "acme", "li"))
    assert found == replace(user, display_name="Li", updated=9)
    assert await store.read(lambda c: read_user(c, "other", "li")) is None


def test_a_row_has_the_columns_of_its_table_in_their_order() -> None:
    assert [each.name for each in fields(UserRow)] == [column.name for column in users.columns]


async def test_thousands_of_users_are_read_at_once(store: Store) -> None:
    await store.write(lambda c: [put_user(c, a_user(f"u{n}")) for n in range(3)])
    ids = [f"u{n}" for n in range(10_000)]
    assert set(await store.read(lambda c: read_users(c, "acme", ids))) == {"u0", "u1", "u2"}
    assert await store.read(lambda c: read_users(c, "acme", [])) == {}


async def test_an_address_or_number_names_its_user_the_first_by_id_of_several(
    store: Store,
) -> None:
    users = [a_user(name, email="x@ex.com", mobile="+6581234567") for name in ("b", "a")]
    await store.write(lambda c: [put_user(c, user) for user in users])
    by_email = await store.read(lambda c: read_users_by_email(c, "acme", ["x@ex.com", "y@ex.com"]))
    by_mobile = await store.read(lambda c: read_users_by_mobile(c, "acme", ["+6581234567"]))
    assert {key: user.id for key, user in by_email.items()} == {"x@ex.com": "a"}
    assert {key: user.id for key, user in by_mobile.items()} == {"+6581234567": "a"}


async def test_users_are_searched_literally_in_every_column(store: Store) -> None:
    users = [a_user("a_b"), a_user("axb"), a_user("c", display_name="Has A_B in it")]
    await store.write(lambda c: [put_user(c, user) for user in users])
    found = await store.read(lambda c: list_users(c, "acme", query="a_b"))
    assert [user.id for user in found] == ["a_b", "c"]
    rest = await store.read(lambda c: list_users(c, "acme", after="a_b", limit=1))
    assert [user.id for user in rest] == ["axb"]


async def test_a_deleted_user_leaves_no_binding_behind(store: Store) -> None:
    await store.write(lambda c: put_user(c, a_user("li")))
    await store.write(lambda c: put_binding(c, bound("user:li")))
    assert await store.write(lambda c: delete_user(c, "acme", "li"))
    assert not await store.write(lambda c: delete_user(c, "acme", "li"))
    assert await store.read(lambda c: read_bindings(c, "acme", "lark", ["user:li"])) == {}
