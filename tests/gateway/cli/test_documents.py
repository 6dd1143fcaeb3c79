"""YAML is read without its surprises, and what is written reads back the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cli.documents import parsed, written
from gateway.cli.output import CommandError

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(TEXTS, JSON, max_size=4))
def test_what_is_written_reads_back_the_same(value: object) -> None:
    assert parsed(written(value), "it") == value


@pytest.mark.parametrize(
    "word",
    ["no", "on", "Yes", "22:00", "+6581234567", "2026-01-05", "010", "1_000", "0x1F", ".inf", "="],
)
def test_what_readers_of_yaml_disagree_about_is_refused_with_its_line(word: str) -> None:
    with pytest.raises(CommandError, match=r"^it, line 2: .* write it in quotes"):
        parsed(f"a: 1\nb: {word}\n", "it")
    assert parsed(f'a: 1\nb: "{word}"\n', "it") == {"a": 1, "b": word}


def test_numbers_truth_values_and_nothing_are_what_they_look_like() -> None:
    text = "[1, -2.5, true, false, null, ~, text, 'no']"
    assert parsed(text, "it") == [1, -2.5, True, False, None, None, "text", "no"]


def test_a_name_that_is_a_number_is_refused() -> None:
    with pytest.raises(CommandError, match=r"line 2: a name is a text: write it in quotes"):
        parsed("a:\n  1001: x\n", "it")


def test_a_name_that_is_there_twice_is_refused() -> None:
    with pytest.raises(CommandError, match="line 2: a is there twice"):
        parsed("a: 1\na: 2\n", "it")


def test_parts_may_be_written_once_and_used_again() -> None:
    assert parsed("a: &x {b: 1}\nc: {<<: *x, d: 2}\n", "it")["c"] == {"b": 1, "d": 2}


def test_nothing_but_data_is_ever_made() -> None:
    with pytest.raises(CommandError):
        parsed("a: !!python/object/apply:os.getcwd []", "it")


def test_json_is_read_as_json() -> None:
    assert parsed('{"a": "\\ud83d\\ude00"}', "it") == {"a": "😀"}


def test_long_texts_are_written_line_by_line() -> None:
    assert written({"a": "one\ntwo\n"}) == "a: |\n  one\n  two\n"
