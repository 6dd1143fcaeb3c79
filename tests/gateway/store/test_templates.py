import pytest

from gateway.store import Store
from gateway.store.templates import (
    TemplateRow,
    add_template,
    count_templates,
    delete_template,
    list_templates,
    list_versions,
    next_version,
    read_many,
    read_template,
)
from gateway.store.tenants import delete_tenant


def version(name: str, number: int, tenant: str = "acme") -> TemplateRow:
    return TemplateRow(tenant, name, number, {"title": f"{name} {number}"}, {}, {}, number)


@pytest.fixture
async def filled(store: Store) -> Store:
    for row in (version("a", 1), version("a", 2), version("b", 1), version("a", 1, "other")):
        await store.write(lambda c: add_template(c, row))  # noqa: B023 - awaited here
    return store


async def test_the_newest_version_is_in_use_and_the_others_stay(filled: Store) -> None:
    assert await filled.read(lambda c: read_template(c, "acme", "a")) == version("a", 2)
    assert await filled.read(lambda c: read_template(c, "acme", "a", 1)) == version("a", 1)
    assert await filled.read(lambda c: read_template(c, "acme", "a", 3)) is None
    assert await filled.read(lambda c: read_template(c, "acme", "c")) is None


async def test_a_list_shows_each_template_once(filled: Store) -> None:
    found = await filled.read(lambda c: list_templates(c, "acme"))
    assert found == [version("a", 2), version("b", 1)]
    assert await filled.read(lambda c: list_templates(c, "acme", limit=1)) == found[:1]
    assert await filled.read(lambda c: list_templates(c, "acme", after="a")) == found[1:]
    assert await filled.read(lambda c: count_templates(c, "acme")) == 2


async def test_versions_are_listed_from_the_newest(filled: Store) -> None:
    found = await filled.read(lambda c: list_versions(c, "acme", "a"))
    assert found == [version("a", 2), version("a", 1)]
    older = await filled.read(lambda c: list_versions(c, "acme", "a", before=2, limit=1))
    assert older == [version("a", 1)]


async def test_the_next_version_is_one_more_for_each_tenant(filled: Store) -> None:
    numbers = [("acme", "a", 3), ("acme", "b", 2), ("acme", "c", 1), ("other", "a", 2)]
    for tenant, name, number in numbers:
        found = await filled.write(lambda c: next_version(c, tenant, name))  # noqa: B023 - awaited here
        assert found == number


async def test_many_are_read_at_once_each_its_own(filled: Store) -> None:
    wanted = [("other", "a"), ("acme", "a"), ("acme", "none"), ("other", "a")]
    found = await filled.read(lambda c: read_many(c, wanted))
    assert found == [version("a", 1, "other"), version("a", 2), None, version("a", 1, "other")]


async def test_all_versions_are_deleted_together_and_no_other_tenants(filled: Store) -> None:
    assert await filled.write(lambda c: delete_template(c, "acme", "a"))
    assert not await filled.write(lambda c: delete_template(c, "acme", "a"))
    assert await filled.read(lambda c: list_templates(c, "acme")) == [version("b", 1)]
    await filled.write(lambda c: delete_tenant(c, "acme"))
    assert await filled.read(lambda c: list_templates(c, "acme")) == []
    assert await filled.read(lambda c: list_templates(c, "other")) == [version("a", 1, "other")]
