"""Brings a database to the newest schema, with Alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

SCRIPTS = Path(__file__).parent / "migrations"


def upgrade(connection: Connection) -> str:
    """Apply every migration that is missing and return the revision reached."""
    config = _config()
    config.attributes["connection"] = connection
    if current(connection) != newest():
        command.upgrade(config, "head")
    return newest()


def current(connection: Connection) -> str | None:
    """Return the database's revision; None where it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def newest() -> str:
    """Return the revision this code works with."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    return config
