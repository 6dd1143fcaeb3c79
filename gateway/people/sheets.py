"""Tables as CSV that a spreadsheet opens without running anything. Pure.

A cell that begins as a formula does (`=`, `+`, `-`, `@`, a tab or a line end) is written with an
apostrophe before it, and so is one that begins with an apostrophe; reading takes one apostrophe
off again. A telephone number is let through: `+` and digits are a number to any spreadsheet.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gateway.problems import invalid

MOST_ROWS = 20_000

_RISKY = frozenset("=+-@\t\r\n'")
_NUMBER = re.compile(r"\+[0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table, by column; `line` is where it begins in the file."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RowError:
    """Why one row was passed over."""

    line: int
    column: str | None
    message: str


def safe(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in _RISKY and not _NUMBER.fullmatch(cell) else cell


def plain(cell: str) -> str:
    """Return what `safe` was given."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in _RISKY else cell


def line(cells: Sequence[str]) -> str:
    """Return one line of a file."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow([safe(cell) for cell in cells])
    return text.getvalue()


def read(body: bytes, known: Sequence[str], key: str) -> list[Row | RowError]:
    """Return the rows of a file, and an error for each that cannot be one.

    Args:
        body: UTF-8, with or without a byte order mark.
        known: The columns that may be there, in any order.
        key: The one that must.

    Raises:
        ProblemError: It is not a table of these columns at all, or has too many rows.
    """
    records = _records(_text(body))
    header = next(records, None)
    if header is None or isinstance(header, RowError):
        raise invalid(["body"], "the file is empty or is not CSV")
    columns = _columns(header[1], known, key)
    rows = [_row(each, columns) for each in records]
    if len(rows) > MOST_ROWS:
        raise invalid(["body"], f"a file has at most {MOST_ROWS:,} rows")
    return rows


def _text(body: bytes) -> str:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise invalid(["body"], "the file is not UTF-8: save it as CSV UTF-8") from None
    if "\x00" in text:
        raise invalid(["body"], "a text may not hold U+0000")
    return text


def _records(text: str) -> Iterator[tuple[int, list[str]] | RowError]:
    """Yield each record that is not blank with the line where it begins."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        begins = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield RowError(begins, None, "from here on this is not CSV: look at the quotes")
            return
        if any(cell.strip() for cell in cells):
            yield begins, cells


def _columns(header: Sequence[str], known: Sequence[str], key: str) -> list[str]:
    columns = [name.strip().casefold() for name in header]
    unknown = sorted({name for name in columns if name not in known})
    if unknown or key not in columns or len(set(columns)) < len(columns):
        names = ", ".join(known)
        said = f"the first line names the columns: {key} and any of {names}, each once"
        raise invalid(["body", 1], f"{said}; not: {', '.join(unknown)[:200]}" if unknown else said)
    return columns


def _row(found: tuple[int, list[str]] | RowError, columns: Sequence[str]) -> Row | RowError:
    if isinstance(found, RowError):
        return found
    begins, cells = found
    if len(cells) != len(columns):
        said = f"this row has {len(cells)} cells, the first line names {len(columns)} columns"
        return RowError(begins, None, said)
    return Row(
        begins, {name: plain(cell.strip()) for name, cell in zip(columns, cells, strict=True)}
    )
