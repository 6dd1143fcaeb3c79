import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.expressions import ExpressionError, check, found
from gateway.matching import fits


@pytest.mark.parametrize(
    ("expression", "text", "does"),
    [
        ("^ticket", "ticket.created", True),
        ("^ticket", "a ticket", False),
        ("created$", "ticket.created", True),
        ("^(dms|dts)\\.", "dts.job", True),
        ("审批", "数据导出审批", True),
        ("", "anything", True),
        ("\\d{3}", "job 4711", True),
    ],
)
def test_an_expression_is_looked_for_anywhere(expression: str, text: str, *, does: bool) -> None:
    assert found(expression, text) is does


@given(st.text(alphabet="ab|()*+?.^$", max_size=8), st.text(alphabet="ab", max_size=10))
def test_an_expression_finds_what_pythons_own_finds(expression: str, text: str) -> None:
    try:
        theirs = bool(re.search(expression, text))
        ours = found(expression, text)
    except (re.error, ExpressionError):
        return
    assert ours is theirs


@pytest.mark.parametrize("expression", ["(", "(?=a)b", "(a)\\1", "(a{1000}){1000}", "[z-a]"])
def test_what_could_take_for_ever_or_is_none_is_refused(expression: str) -> None:
    with pytest.raises(ExpressionError, match="no regular expression"):
        check(expression)


def test_an_expression_that_makes_others_backtrack_is_read_once() -> None:
    assert not found("^(a+)+$", "a" * 100_000 + "b")


def test_in_a_rule_it_stands_behind_its_mark() -> None:
    assert fits("=~^dms\\.", "dms.export")
    assert not fits("=~^dms\\.", "other")
    assert not fits("dms.=~", "dms.export")
