"""Brings a database to the newest schema, with Alembic."""

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection

SCRIPTS = Path(__file__).parent / "migrations"
_APPLIED = sa.table("alembic_version", sa.column("version_num", sa.String))


def upgrade(connection: Connection) -> str:
    """Apply every migration that is missing and return the revision reached."""
    if current(connection) != newest():
        _run(connection)
    return newest()


def current(connection: Connection) -> str | None:
    """Return the database's revision; None where it is empty."""
    if not sa.inspect(connection).has_table(_APPLIED.name):
        return None
    return connection.execute(sa.select(_APPLIED.c.version_num)).scalar()


def newest() -> str:
    """Return the revision this code works with: scripts are named by theirs, `0001_words.py`."""
    return max(script.name.partition("_")[0] for script in SCRIPTS.glob("versions/[0-9]*.py"))


def _run(connection: Connection) -> None:
    # Alembic is a tenth of the process's memory, and nearly every start has nothing to migrate.
    from alembic import command  # noqa: PLC0415 - as said
    from alembic.config import Config  # noqa: PLC0415 - as said

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
