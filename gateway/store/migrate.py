"""Brings a database to the newest schema: an empty one at once, an older one with Alembic."""

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.store.schema import metadata

SCRIPTS = Path(__file__).parent / "migrations"
# As Alembic makes it, so that the next upgrade finds what it expects.
_ALEMBIC = sa.MetaData()
_APPLIED = sa.Table(
    "alembic_version",
    _ALEMBIC,
    sa.Column("version_num", sa.String(32), nullable=False),
    sa.PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


def upgrade(connection: Connection) -> str:
    """Bring the schema to the newest revision and return that."""
    reached = current(connection)
    if reached is None and not sa.inspect(connection).get_table_names():
        _create(connection)
    elif reached != newest():
        migrate(connection)
    return newest()


def current(connection: Connection) -> str | None:
    """Return the database's revision; None where it is empty."""
    if not sa.inspect(connection).has_table(_APPLIED.name):
        return None
    return connection.execute(sa.select(_APPLIED.c.version_num)).scalar()


def newest() -> str:
    """Return the revision this code works with: scripts are named by theirs, `0001_words.py`."""
    return max(script.name.partition("_")[0] for script in SCRIPTS.glob("versions/[0-9]*.py"))


def _create(connection: Connection) -> None:
    """Make every table as declared; that the migrations lead to the same is tested."""
    metadata.create_all(connection)
    _ALEMBIC.create_all(connection)
    connection.execute(_APPLIED.insert().values(version_num=newest()))


def migrate(connection: Connection, to: str = "head") -> None:
    """Apply every migration that is missing, one after the other, up to the revision `to`."""
    # Alembic is a tenth of the process's memory, and nearly every start has nothing to migrate.
    from alembic import command  # noqa: PLC0415 - as said
    from alembic.config import Config  # noqa: PLC0415 - as said

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    command.upgrade(config, to)
