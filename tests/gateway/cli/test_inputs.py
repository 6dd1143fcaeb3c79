"""What people type becomes bodies; what cannot is told, and no value is repeated."""

import io
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cli.inputs import agreed, nested, overlaid, pairs, read_body, recipients
from gateway.cli.output import CommandError

TREES = st.recursive(
    st.integers(0, 3) | st.none(), lambda inner: st.dictionaries(st.text("ab"), inner, max_size=2)
).filter(lambda tree: isinstance(tree, dict))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "agrees"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_somebody_at_a_terminal_is_asked(
    monkeypatch: pytest.MonkeyPatch, answer: str, *, agrees: bool
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    assert agreed("Go on?", yes=False) is agrees


def test_nobody_is_asked_where_nobody_can_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert agreed("Go on?", yes=True)
    with pytest.raises(CommandError, match="say --yes"):
        agreed("Go on?", yes=False)


@given(TREES)
def test_nothing_laid_over_a_body_leaves_it(tree: dict[str, Any]) -> None:
    assert overlaid(tree, {}) == tree == overlaid({}, tree) == overlaid(tree, tree)


def test_a_null_laid_over_a_field_stays_a_null() -> None:
    assert overlaid({"a": {"b": 1, "c": 2}}, {"a": {"b": None}}) == {"a": {"b": None, "c": 2}}


def test_paths_become_objects() -> None:
    assert nested([("a.b", 1), ("a.c", 2), ("d", 3)]) == {"a": {"b": 1, "c": 2}, "d": 3}


def test_a_value_may_hold_an_equals_sign() -> None:
    assert pairs(["a=b=c", "d="], "--config") == [("a", "b=c"), ("d", "")]


def test_recipients_have_their_forms() -> None:
    named = recipients(["user:li.wei", "email:a@ex.com", "chat:oc_1@lark"], "--to")
    expected = [{"user": "li.wei"}, {"email": "a@ex.com"}, {"chat": "oc_1", "channel": "lark"}]
    assert named == expected


def test_the_input_is_a_file_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("a: 1\n"))
    assert read_body(Path("-")) == {"a": 1}


def test_a_file_that_is_not_utf_8_is_told(folder: Path) -> None:
    (folder / "latin.yaml").write_bytes(b"a: \xe9\n")
    with pytest.raises(CommandError, match=r"is not UTF-8"):
        read_body(folder / "latin.yaml")
