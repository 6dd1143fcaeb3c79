import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from gateway.store import Store
from gateway.store.migrate import SCRIPTS, current, newest, upgrade
from gateway.store.schema import metadata


def differences(connection: Connection) -> list[object]:
    options = {"compare_type": True, "target_metadata": metadata}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


async def test_the_migrated_schema_is_the_declared_one(store: Store) -> None:
    assert await store.database.read(differences) == []


async def test_a_second_upgrade_changes_nothing(store: Store) -> None:
    before = await store.read(lambda c: sorted(sa.inspect(c).get_table_names()))
    assert await store.database.commit(upgrade) == newest()
    assert await store.read(current) == newest()
    assert await store.read(lambda c: sorted(sa.inspect(c).get_table_names())) == before


async def test_partial_indexes_are_partial_on_both_databases(store: Store) -> None:
    def options(connection: Connection) -> dict[str | None, str]:
        indexes = sa.inspect(connection).get_indexes("delivery")
        key = f"{connection.dialect.name}_where"
        return {each["name"]: str(each.get("dialect_options", {}).get(key)) for each in indexes}

    found = await store.read(options)
    assert "due IS NOT NULL" in found["delivery_due"]


@pytest.mark.parametrize("table", sorted(metadata.tables))
def test_each_table_has_a_primary_key(table: str) -> None:
    assert list(metadata.tables[table].primary_key)


def test_migrations_are_one_line_without_branches() -> None:
    scripts = ScriptDirectory(str(SCRIPTS))
    assert len(scripts.get_heads()) == 1
    assert len(scripts.get_bases()) == 1


def test_the_newest_revision_is_the_one_alembic_goes_to() -> None:
    assert newest() == ScriptDirectory(str(SCRIPTS)).get_current_head()
