import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.template.filling import ESCAPED, FILTERS, HoleError
from gateway.template.holes import (
    LONGEST,
    MOST_TURNS,
    Place,
    Work,
    condition_of,
    has_holes,
    text_of,
)


def filled(source: str, place: Place = Place.PLAIN, **data: object) -> str:
    return text_of(source, place).fill(data, Work())


def refused(source: str, place: Place = Place.PLAIN) -> str:
    with pytest.raises(HoleError) as caught:
        text_of(source, place)
    return str(caught.value)


@pytest.mark.parametrize(
    ("source", "data", "shown"),
    [
        ("Ticket {{ ticket.id }}", {"ticket": {"id": 4711}}, "Ticket 4711"),
        ("{{ a[0] }}{{ b['c d'] }}", {"a": ["x"], "b": {"c d": "y"}}, "xy"),
        ("{% if amount > 100 %}much{% else %}little{% endif %}", {"amount": 101}, "much"),
        ("{% if nobody.there %}x{% else %}y{% endif %}", {}, "y"),
        ("{% for n in ns %}{{ n }}{% if not loop.last %}, {% endif %}{% endfor %}",
         {"ns": [1, 2.5, True]}, "1, 2.5, true"),
        ("{% for n in ns %}{{ n }}{% else %}none{% endfor %}", {"ns": []}, "none"),
        ("{{ 'a' if x == 1 or y in ['b', 'c'] else 'd' }}", {"x": 2, "y": "c"}, "a"),
        ("{{ note | default('-') }}{{ none | default('-') }}", {"none": None}, "--"),
        ("{# nobody reads this #}a\n", {}, "a\n"),
    ],
)  # fmt: skip
def test_a_text_is_filled(source: str, data: dict[str, Any], shown: str) -> None:
    assert filled(source, **data) == shown


@pytest.mark.parametrize(
    ("expression", "value", "shown"),
    [
        ("v | date", "2026-01-05T08:00:00Z", "2026-01-05 08:00"),
        ("v | date('%d %b %H:%M', 'Asia/Shanghai')", "2026-01-05T08:00:00Z", "05 Jan 16:00"),
        ("v | date('%Y')", 0, "1970"),
        ("v | number(2)", 1234567.891, "1,234,567.89"),
        ("v | number", 20000, "20,000"),
        ("v | truncate(5)", "abcdefgh", "abcd…"),
        ("v | truncate(8)", "abcdefgh", "abcdefgh"),
        ("v | upper | lower | trim", " Abc ", "abc"),
        ("v | join", ["a", 1], "a, 1"),
        ("v | join(' / ')", ["a", 1], "a / 1"),
        ("v | first", ["a", "b"], "a"),
        ("v | last", ["a", "b"], "b"),
        ("v | first | default('none')", [], "none"),
        ("v | length", ["a", "b"], "2"),
        ("v | length", "abc", "3"),
    ],
)
def test_a_filter_changes_a_value(expression: str, value: object, shown: str) -> None:
    assert filled(f"{{{{ {expression} }}}}", v=value) == shown


@pytest.mark.parametrize(
    ("expression", "value", "sentence"),
    [
        ("v", None, "null"),
        ("v", ["a"], "a list or an object has no text"),
        ("v | join", "abc", "wants a list"),
        ("v | number", "12", "wants a number"),
        ("v | number(99)", 12, "0 to 6 digits"),
        ("v | truncate('x')", "abc", "a number of characters"),
        ("v | date", "yesterday", "no moment"),
        ("v | date('%Y', 'Mars/Phobos')", 0, "no time zone"),
        ("v | date('%9999999d')", 0, "knows no %9"),
        ("v > 3", "abc", "does not fit"),
        ("w.x", "abc", "the data has no `w.x`"),
        ("v.__class__", "abc", "the data has no `v.__class__`"),
        ("v.upper", "abc", "the data has no `v.upper`"),
        ("v | upper | truncate(w)", "abc", "does not fit|no `w`|number of characters"),
    ],
)
def test_what_a_hole_cannot_take_is_told(expression: str, value: object, sentence: str) -> None:
    with pytest.raises(HoleError, match=sentence):
        filled(f"{{{{ {expression} }}}}", v=value)


@pytest.mark.parametrize(
    "source",
    [
        *("{{ 'a' * 10**9 }}", "{{ 1 + 1 }}", "{{ a() }}", "{{ a.upper() }}", "{{ range(9) }}"),
        *("{{ a | attr('__class__') }}", "{{ a | safe }}", "{{ a | map('upper') }}", "{{ -a }}"),
        *("{% set a = 1 %}", "{% set a %}b{% endset %}", "{% include 'x' %}"),
        "{% import 'x' as y %}",
        *("{% extends 'x' %}", "{% block a %}{% endblock %}", "{% macro a() %}{% endmacro %}"),
        *("{% call a() %}{% endcall %}", "{% filter upper %}a{% endfilter %}", "{% raw"),
        *("{% for a in b recursive %}{% endfor %}", "{% for a in b if a %}{% endfor %}"),
        *("{% for a, b in c %}{% endfor %}", "{{ self }}", "{{ _work }}", "{{ a is defined }}"),
        *("{{ a ~ b }}", "{{ {'a': 1} }}", "{{ a[1:2] }}", "{{ a if b }}", "{{ a", "{% if a %}"),
        *("{{ a | truncate }}", "{{ a | truncate(length=3) }}", "{{ a | upper(1) }}"),
        *("{{ a | join(*b) }}", "{{ a | join(**b) }}", "{% autoescape true %}{% endautoescape %}"),
    ],
)  # fmt: skip
def test_a_text_does_nothing_but_what_is_in_the_list(source: str) -> None:
    assert refused(source)


@pytest.mark.parametrize(
    "source",
    [
        "{% if a %}" * 40 + "{% endif %}" * 40,
        "{{ a" + "[0]" * 300 + " }}",
        "{{ " + "not " * 3000 + "a }}",
        "{{ " + "(" * 5000 + "a" + ")" * 5000 + " }}",
        "{{ a }}" * 1000,
        "a" * (LONGEST + 1) + "{{ a }}",
    ],
)
def test_a_text_that_is_too_intricate_is_refused_soon(source: str) -> None:
    assert refused(source)


def test_loops_have_a_number_of_turns_for_the_whole_card() -> None:
    text = text_of("{% for a in xs %}{% for b in xs %}{% endfor %}{% endfor %}", Place.PLAIN)
    assert text.fill({"xs": list(range(20))}, work := Work()) == ""
    assert work.turns == MOST_TURNS - 20 - 400
    with pytest.raises(HoleError, match="turns"):
        text.fill({"xs": list(range(40))}, Work())


def test_filters_may_look_at_so_much_and_no_more() -> None:
    text = text_of("{% for a in xs %}{{ big | upper | truncate(1) }}{% endfor %}", Place.PLAIN)
    with pytest.raises(HoleError, match="too long"):
        text.fill({"xs": list(range(900)), "big": "a" * 60_000}, Work())


def test_a_text_cannot_grow_for_ever() -> None:
    text = text_of("{% for a in xs %}{{ big }}{% endfor %}", Place.PLAIN)
    with pytest.raises(HoleError, match="longer than"):
        text.fill({"xs": list(range(900)), "big": "a" * 1000}, Work())


def test_a_text_names_what_it_takes_from_the_data() -> None:
    text = text_of("{{ a.b }}{% for c in d %}{{ c }}{{ e | default(f) }}{% endfor %}", Place.PLAIN)
    assert text.variables == {"a", "d", "e", "f"}


def test_the_data_cannot_replace_what_the_language_needs() -> None:
    assert filled("{{ a }}", a="b", _work=None, self=1, loop=2) == "b"


def test_data_in_markdown_is_text_and_what_the_author_writes_is_markdown() -> None:
    shown = filled("**{{ who }}**:\n{{ what }}", Place.MARKDOWN, who="*L*", what="# h\n1. a\n- b")
    assert shown == "**\\*L\\***:\n\\# h\n1\\. a\n\\- b"


FENCED = "\n```\nx\n`\u2060``\ny\n```\n"


def test_data_may_be_markdown_or_code_where_the_author_says_so() -> None:
    assert filled("{{ a | markdown }}", Place.MARKDOWN, a="**b**") == "**b**"
    assert filled("{{ a | markdown | upper }}", Place.MARKDOWN, a="*b*") == "\\*B\\*"
    assert filled("{{ a | code }}", Place.MARKDOWN, a="x_y") == "`x_y`"
    assert filled("{{ a | code }}", Place.MARKDOWN, a="x\n```\ny") == FENCED
    assert filled("[{{ a | code }}]", Place.MARKDOWN, a=" ") == "[]"
    assert "markdown blocks" in refused("{{ a | markdown }}")


def test_data_in_an_address_stays_in_its_part_of_it() -> None:
    source = "https://tickets.example/{{ a }}"
    assert filled(source, Place.ADDRESS, a="../@x?y") == "https://tickets.example/..%2F%40x%3Fy"
    link = filled("[open](https://t.example/{{ a }})", Place.MARKDOWN, a="x) [b](https://c")
    assert link == "[open](https://t.example/x%29%20%5Bb%5D%28https%3A%2F%2Fc)"


def test_a_hole_that_begins_an_address_takes_a_whole_one_of_the_web() -> None:
    assert filled("{{ a }}", Place.ADDRESS, a="https://x.example/b?c=(d)") == (
        "https://x.example/b?c=%28d%29"
    )
    assert filled("[o]({{ a }})", Place.MARKDOWN, a="http://x/é") == "[o](http://x/%C3%A9)"
    for place, source in ((Place.ADDRESS, "{{ a }}"), (Place.MARKDOWN, "[o]({{ a }})")):
        with pytest.raises(HoleError, match="http"):
            filled(source, place, a="javascript:alert(1)")


def test_a_condition_is_one_expression() -> None:
    assert condition_of("a.b == 'c'").holds({"a": {"b": "c"}}, Work())
    assert not condition_of("a").holds({}, Work())
    for wrong in ("", "a %}{% endif %}{% if b", "a b"):
        with pytest.raises(HoleError):
            condition_of(wrong)


def test_what_has_holes_is_seen_at_a_glance() -> None:
    assert has_holes("a {{ b }}")
    assert has_holes("{% if a %}")
    assert not has_holes("{a} {'b': {}}")


ODD = st.sampled_from([
    *("{{", "}}", "{%", "%}", "{#", " a ", "|", "(", ")", ".", "[", "'", "if", "for", "in"),
    *("endif", "upper", "__class__", "not", "\n", "1", "self", "loop"),
])  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(ODD, max_size=20).map("".join), st.sampled_from(Place))
def test_whatever_is_written_is_a_text_or_a_hole_error(source: str, place: Place) -> None:
    with contextlib.suppress(HoleError):
        text_of(source, place).fill({"a": "x"}, Work())


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_data_is_never_read_as_a_text_with_holes(value: str) -> None:
    assert filled("<{{ a }}>", a=value) == f"<{value}>"
    assert filled("<{{ a }}>", a="{{ b }}{% c %}{# d #}" + value).startswith("<{{ b }}{% c %}")


@pytest.mark.parametrize("name", sorted({**FILTERS, **ESCAPED}))
@pytest.mark.parametrize("value", ["", "a", 0, -1.5, True, None, [], [None], {"a": 1}, "\ud800"])
def test_no_value_makes_a_filter_fail_but_with_a_sentence(name: str, value: object) -> None:
    arguments = {"default": "('x')", "truncate": "(3)"}.get(name, "")
    with contextlib.suppress(HoleError):
        filled(f"{{{{ v | {name}{arguments} }}}}", Place.MARKDOWN, v=value)
