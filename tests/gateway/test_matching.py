import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.matching import RuleFacts, fits, judge, texts
from gateway.request import NotifyRequest


def request(**attributes: Any) -> NotifyRequest:  # noqa: ANN401 - attributes are any JSON
    body = {"type": "ticket.created", "card": {"title": "T"}, "attributes": attributes}
    return NotifyRequest.model_validate(body)


def matches(match: dict[str, list[str]], **attributes: Any) -> bool:  # noqa: ANN401 - as above
    [verdict] = judge([RuleFacts("r", match=match)], request(**attributes))
    return verdict.matches


@pytest.mark.parametrize(
    ("pattern", "text", "does"),
    [
        ("ticket", "ticket", True),
        ("ticket", "tickets", False),
        ("ticket.*", "ticket.created", True),
        ("ticket.*", "ticket", False),
        ("*.created", "ticket.created", True),
        ("t*t.*d", "ticket.created", True),
        ("*", "", True),
        ("**", "anything", True),
        ("a*a", "a", False),
        ("a*b*c", "axbxbxc", True),
        ("a*bc*c", "abc", False),
        ("ticket.?reated", "ticket.created", False),
        ("[t]icket", "ticket", False),
    ],
)
def test_a_star_stands_for_any_text_and_nothing_else_is_special(
    pattern: str, text: str, *, does: bool
) -> None:
    assert fits(pattern, text) is does


@given(st.text(alphabet="ab*", max_size=8), st.text(alphabet="ab*", max_size=12))
def test_a_pattern_fits_as_the_expression_would_in_which_a_star_is_any_text(
    pattern: str, text: str
) -> None:
    expression = ".*".join(map(re.escape, pattern.split("*")))
    assert fits(pattern, text) is bool(re.fullmatch(expression, text, re.DOTALL))


def test_the_worst_pattern_is_read_once() -> None:
    assert not fits("*a" * 100 + "*b", "a" * 100_000)


def test_every_condition_has_to_hold_and_any_of_its_texts_will_do() -> None:
    match = {"type": ["ticket.*"], "module": ["data_export", "data_change"]}
    assert matches(match, module="data_change")
    assert not matches(match, module="sql_review")
    assert not matches(match)


def test_a_rule_without_conditions_always_matches() -> None:
    assert matches({})


def test_an_attribute_with_several_values_needs_one_that_will_do() -> None:
    assert matches({"tag": ["db*"]}, tag=["web", "db-7"])
    assert not matches({"tag": ["db*"]}, tag=[])


@pytest.mark.parametrize(
    ("value", "known"),
    [
        ("a", ("a",)),
        (True, ("true",)),
        (7, ("7",)),
        (1.5, ("1.5",)),
        (["a", 1, ["b"]], ("a", "1", "b")),
        (None, ()),
        ({"a": 1}, ()),
    ],
)
def test_numbers_and_switches_are_compared_as_json_writes_them(
    value: object, known: tuple[str, ...]
) -> None:
    assert texts(value) == known


def test_an_attribute_called_type_is_not_the_type() -> None:
    assert matches({"type": ["ticket.created"]}, type="other")
    assert not matches({"type": ["other"]}, type="other")


def test_a_verdict_tells_what_was_wanted_and_what_was_there() -> None:
    [verdict] = judge([RuleFacts("r", match={"state": ["open"]})], request(state="closed"))
    [finding] = verdict.findings
    assert (finding.name, finding.wanted, finding.found) == ("state", ["open"], ("closed",))
    assert not finding.holds


def test_a_tenant_without_rules_judges_nothing() -> None:
    assert judge([], request(state="open")) == ()
