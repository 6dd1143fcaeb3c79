"""Every behaviour of the seed products has its row, and every row its test or an honest word."""

import re

import pytest

from docs.seed_rows import GROUPS, Row, proofs, rows

COUNTS = {"A": 19, "B": 7, "C": 11, "D": 5, "E": 6, "F": 10, "G": 3, "H": 7}

LATER = {*(f"G{n}" for n in range(1, 4)), *(f"H{n}" for n in range(1, 8))}
"""Rows that belong to later work; one that gets a test leaves this list."""


def test_no_row_is_missing() -> None:
    wanted = [f"{letter}{n}" for letter, most in COUNTS.items() for n in range(1, most + 1)]
    assert [row.id for row in rows()] == wanted


def test_the_rows_without_a_test_are_those_that_are_told_to_come_later() -> None:
    known = proofs()
    assert {row.id for row in rows() if row.id not in known} == LATER


def test_every_test_of_a_row_is_of_one_there_is() -> None:
    assert set(proofs()) <= {row.id for row in rows()}


@pytest.mark.parametrize("row", list(rows()), ids=lambda row: row.id)
def test_a_row_that_comes_later_says_so(row: Row) -> None:
    assert row.does.endswith(".")
    if row.id in LATER:
        assert row.note


def test_the_groups_are_in_the_order_of_their_letters() -> None:
    assert [title[0] for title in GROUPS] == sorted(COUNTS)
    assert all(re.match(r"[A-H]\. ", title) for title in GROUPS)
