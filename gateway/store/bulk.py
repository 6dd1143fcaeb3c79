"""Many rows by one statement: they travel as one JSON text, and the database unpacks them.

Python's SQLite lets go of the interpreter for every row that it steps through, and then waits
its turn to have it back; while deliveries keep the event loop busy, a bulk of a few hundred rows
waits a few hundred times. As one text they are one step.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

Row = Mapping[str, Any]
Fields = tuple[tuple[str, sa.types.TypeEngine[Any]], ...]
"""Names and types, in the order in which a row's values travel; two at least."""
ROWS = "rows"
LISTED = "listed"
_TEXT = sa.bindparam(ROWS, type_=sa.Text)
_LISTED = sa.bindparam(LISTED, type_=sa.Text)


def run(
    connection: Connection,
    statement: Callable[[str], sa.sql.dml.UpdateBase],
    fields: Fields,
    rows: Sequence[Row],
) -> None:
    """Execute what `statement` returns for the dialect, which reads `rows` by `unpacked`."""
    if rows:
        connection.execute(statement(connection.dialect.name), packed(fields, rows))


def packed(fields: Fields, rows: Sequence[Row]) -> dict[str, str]:
    """Return the one parameter of a statement that reads `rows` by `unpacked`."""
    values = map(itemgetter(*(name for name, _ in fields)), rows)
    return {ROWS: json.dumps(list(values), ensure_ascii=False, separators=(",", ":"))}


@cache
def unpacked(dialect: str, fields: Fields) -> sa.Subquery:
    """Return the rows as a table, for both databases."""
    value, read = _READERS[dialect]
    columns = [read(value, place, kind).label(name) for place, (name, kind) in enumerate(fields)]
    return sa.select(*columns).subquery("given")


@cache
def listed(dialect: str) -> sa.Select[Any]:
    """Return the texts of `listing`, any number of them, for an `IN`."""
    return sa.select(_LISTS[dialect].table_valued("value").c.value)


def listing(texts: Iterable[str]) -> dict[str, str]:
    """Return the one parameter of a statement that reads texts by `listed`."""
    return {LISTED: json.dumps(list(texts), separators=(",", ":"))}


def _of_sqlite(
    value: sa.ColumnElement[Any], place: int, kind: sa.types.TypeEngine[Any]
) -> sa.ColumnElement[Any]:
    return sa.type_coerce(sa.func.json_extract(value, f"$[{place}]"), kind)


def _of_postgres(
    value: sa.ColumnElement[Any], place: int, kind: sa.types.TypeEngine[Any]
) -> sa.ColumnElement[Any]:
    return sa.cast(value[place].as_string(), kind)


_READERS: Mapping[str, tuple[sa.ColumnElement[Any], Callable[..., sa.ColumnElement[Any]]]] = {
    "sqlite": (sa.func.json_each(_TEXT).table_valued("value").c.value, _of_sqlite),
    "postgresql": (
        sa.func.json_array_elements(sa.cast(_TEXT, sa.JSON))
        .table_valued(sa.column("value", sa.JSON))
        .c.value,
        _of_postgres,
    ),
}
_LISTS: Mapping[str, sa.FunctionElement[Any]] = {
    "sqlite": sa.func.json_each(_LISTED),
    "postgresql": sa.func.json_array_elements_text(sa.cast(_LISTED, sa.JSON)),
}
