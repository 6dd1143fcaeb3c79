from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from gateway.store import Store
from gateway.store.migrate import SCRIPTS, current, migrate, newest, upgrade
from gateway.store.schema import metadata


@pytest.fixture
def postgres_url(new_postgres_url: str) -> str:
    return new_postgres_url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'gateway.db'}"


def differences(connection: Connection) -> list[object]:
    options = {"compare_type": True, "target_metadata": metadata}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


def emptied(connection: Connection) -> None:
    everything = sa.MetaData()
    everything.reflect(connection)
    everything.drop_all(connection)


async def test_a_new_database_has_the_declared_schema_without_any_migration(store: Store) -> None:
    assert await store.database.read(differences) == []
    assert await store.read(current) == newest()


async def test_the_migrations_lead_from_nothing_to_the_declared_schema(store: Store) -> None:
    await store.database.commit(emptied)
    await store.database.commit(migrate)
    assert await store.database.read(differences) == []
    assert await store.read(current) == newest()


async def test_a_database_of_the_first_version_is_upgraded_with_what_it_holds(
    store: Store,
) -> None:
    tenant = sa.table("tenant", sa.column("id"), sa.column("name"))

    def as_in_the_first_version(connection: Connection) -> None:
        emptied(connection)
        migrate(connection, to="0001")
        connection.execute(sa.text(_OLD_TENANT), {"key": b"sealed"})

    await store.database.commit(as_in_the_first_version)
    assert await store.read(current) == "0001"
    assert await store.database.commit(upgrade) == newest()
    assert await store.database.read(differences) == []
    assert await store.read(lambda c: c.execute(sa.select(tenant)).all()) == [("acme", "Acme")]


_OLD_TENANT = (
    "INSERT INTO tenant (id, name, locale, time_zone, regions, entitled, recipients, data_key,"
    " created, updated) VALUES ('acme', 'Acme', 'en', 'UTC', '[]', true, 'anyone', :key, 1, 1)"
)


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
