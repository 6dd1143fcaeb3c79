"""Insert or update, in the words that both databases share."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

CHUNK = 1000  # bind variables per statement; both databases allow 32,767
Insert = postgresql.Insert | sqlite.Insert
INSERTS: Mapping[str, Callable[[sa.Table], Insert]] = {
    "postgresql": postgresql.insert,
    "sqlite": sqlite.insert,
}


def insert(connection: Connection, table: sa.Table) -> Insert:
    """Return the dialect's own insert, which knows `on_conflict_…`."""
    return INSERTS[connection.dialect.name](table)


def upsert(connection: Connection, table: sa.Table, values: Mapping[str, Any]) -> None:
    """Insert one row, or change everything but the key and `created` where it is there."""
    upsert_all(connection, table, [values])


def upsert_all(connection: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Do the same for many rows of the same columns."""
    if not rows:
        return
    keys = [column.name for column in table.primary_key]
    kept = {*keys, "created"}
    statement = insert(connection, table)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in kept}
    connection.execute(
        statement.on_conflict_do_update(index_elements=keys, set_=changed), list(map(dict, rows))
    )


def chunks(values: Sequence[str]) -> list[Sequence[str]]:
    """Split what goes into one `IN (…)`."""
    return [values[start : start + CHUNK] for start in range(0, len(values), CHUNK)]


def contains(column: sa.ColumnElement[Any], text: str) -> sa.ColumnElement[bool]:
    """Match `text` anywhere, in any case, with its `%` and `_` taken literally."""
    return sa.func.lower(column).contains(text.lower(), autoescape=True)
