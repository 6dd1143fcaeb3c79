"""Files that spreadsheets open safely, and that come back as they went."""

import contextlib
import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.people.sheets import MOST_ROWS, Row, RowError, line, plain, read, safe
from gateway.problems import ProblemError

COLUMNS = ("id", "name", "mobile")
TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))


def rows(text: str) -> list[Row | RowError]:
    return read(text.encode(), COLUMNS, "id")


@pytest.mark.parametrize("cell", ["=1+1", "+cmd|x", "-2", "@SUM(A1)", "\tx", "\rx", "'=1", "+65x"])
def test_a_formula_is_written_as_text(cell: str) -> None:
    assert safe(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["+6591234567", "Li Wei", "李伟", "", "a=b", "1-2"])
def test_anything_else_is_written_as_it_is(cell: str) -> None:
    assert safe(cell) == cell


@given(st.text())
def test_every_cell_comes_back_as_it_went(cell: str) -> None:
    assert plain(safe(cell)) == cell


@given(st.text())
def test_no_cell_begins_a_formula(cell: str) -> None:
    written = safe(cell)
    assert written[:1] not in {*"=-@\t\r\n"}
    assert written[:1] != "+" or written[1:].isdecimal()


@given(st.lists(TEXT.map(str.strip).filter(bool), min_size=3, max_size=3))
def test_a_row_comes_back_as_it_went(cells: list[str]) -> None:
    (found,) = rows(line(COLUMNS) + line(cells))
    assert isinstance(found, Row)
    assert [found.cells[name] for name in COLUMNS] == [plain(safe(cell)) for cell in cells]


def test_the_columns_come_in_any_order_and_with_a_byte_order_mark() -> None:
    assert rows("\ufeffName,ID\r\nLi,li\r\n") == [Row(2, {"id": "li", "name": "Li"})]


def test_a_row_is_named_by_the_line_where_it_begins() -> None:
    found = rows('id,name\n"a","two\nlines"\n\nb,B\n,\n')
    assert [(each.line) for each in found] == [2, 5]


def test_a_row_of_another_length_is_passed_over_alone() -> None:
    short, good = rows("id,name\na\nb,B\n")
    assert isinstance(short, RowError)
    assert (short.line, good) == (2, Row(3, {"id": "b", "name": "B"}))


def test_an_open_quote_is_told_and_ends_the_file() -> None:
    good, bad = rows('id,name\na,A\nb,"B\nc,C\n')
    assert isinstance(good, Row)
    assert isinstance(bad, RowError)
    assert bad.line == 3


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\n",
        b"name\nLi\n",
        b"id,fax\n1,2\n",
        b"id,id\n1,2\n",
        b"\xff\xfe",
        b"id\n\x00\n",
        b'"',
    ],
)
def test_what_is_no_such_table_is_refused(body: bytes) -> None:
    with pytest.raises(ProblemError):
        read(body, COLUMNS, "id")


def test_a_file_has_an_end() -> None:
    with pytest.raises(ProblemError, match="at most"):
        rows("id\n" + "a\n" * (MOST_ROWS + 1))


@given(st.binary())
def test_no_body_breaks_the_reader(body: bytes) -> None:
    with contextlib.suppress(ProblemError):
        read(b"id,name\n" + body, COLUMNS, "id")


def test_a_line_is_what_other_programs_read() -> None:
    assert next(csv.reader(io.StringIO(line(["a,b", 'say "hi"'])))) == ["a,b", 'say "hi"']
