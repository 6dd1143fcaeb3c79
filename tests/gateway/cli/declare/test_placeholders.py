"""`${NAME}` is a variable; anything else is itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cli.declare.placeholders import MissingVariableError, escaped, filled

JSON = st.recursive(
    st.text("${}AZ_ x"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab"), inner, max_size=3),
)


@given(JSON)
def test_what_is_escaped_is_filled_to_itself(value: object) -> None:
    assert filled(escaped(value), {}) == value


def test_variables_are_found_however_deep() -> None:
    value = {"headers": {"Authorization": "Bearer ${TOKEN}"}, "list": ["${A}${B}", 1, None]}
    environment = {"TOKEN": "t", "A": "a", "B": "b"}
    expected = {"headers": {"Authorization": "Bearer t"}, "list": ["ab", 1, None]}
    assert filled(value, environment) == expected


def test_every_variable_that_is_not_set_or_empty_is_named() -> None:
    with pytest.raises(MissingVariableError) as raised:
        filled(["${B}", "${A}", "${SET}"], {"SET": "x", "B": ""})
    assert raised.value.names == ("A", "B")
