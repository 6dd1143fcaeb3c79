from typing import Any

import pytest

from gateway.card import Card
from gateway.template.cards import MOST_BYTES, MOST_HOLES, TemplateFaultError, card_text

APPROVAL: dict[str, Any] = {
    "title": "Approve {{ ticket.id }}?",
    "severity": "{{ level | default('info') }}",
    "link": "https://tickets.example/{{ ticket.id }}",
    "blocks": [
        {"type": "markdown", "text": "**{{ who }}** wants [this]({{ url }})"},
        {"type": "fields", "fields": [
            {"label": "Amount", "value": "{{ amount | number(2) }}"},
            {"$for": "row in ticket.rows", "label": "{{ row.name }}", "value": "{{ row.value }}"},
        ]},
        {"$if": "note", "type": "note", "text": "{{ note }}"},
        {"$for": "person in people", "$if": "person != 'li'",
         "type": "mention", "users": ["user:{{ person }}"]},
    ],
    "actions": [
        {"$for": "row in ticket.rows", "kind": "callback", "id": "choose-{{ row.name }}",
         "label": "{{ row.name }}", "value": {"name": "{{ row.name }}", "$for": "kept", "n": 1}},
    ],
}  # fmt: skip
A = {"name": "A", "value": "1"}
DATA: dict[str, Any] = {
    "ticket": {"id": "T/1", "rows": [A, {"name": "B", "value": "**2**"}]},
    "who": "*Li* <at id=all>",
    "url": "https://x.example/",
    "amount": 12345.6,
    "people": ["li", "tan", "wu"],
}


def faults(card: dict[str, Any], data: dict[str, Any] | None = None) -> list[tuple[Any, str]]:
    with pytest.raises(TemplateFaultError) as caught:
        card_text(card).fill(data or {})
    return [(fault.loc, fault.message) for fault in caught.value.faults]


def test_data_makes_a_card_of_it() -> None:
    card = card_text(APPROVAL).fill(DATA)
    assert card == Card.model_validate({
        "title": "Approve T/1?",
        "severity": "info",
        "link": "https://tickets.example/T%2F1",
        "blocks": [
            {"type": "markdown", "text": r"**\*Li\* \<at id=all\>** wants [this](https://x.example/)"},
            {"type": "fields", "fields": [
                {"label": "Amount", "value": "12,345.60"},
                {"label": "A", "value": "1"},
                {"label": "B", "value": "**2**"},
            ]},
            {"type": "mention", "users": ["user:tan"]},
            {"type": "mention", "users": ["user:wu"]},
        ],
        "actions": [
            {"kind": "callback", "id": "choose-A", "label": "A",
             "value": {"name": "A", "$for": "kept", "n": 1}},
            {"kind": "callback", "id": "choose-B", "label": "B",
             "value": {"name": "B", "$for": "kept", "n": 1}},
        ],
    })  # fmt: skip


def test_a_part_is_there_where_its_condition_holds() -> None:
    card = card_text(APPROVAL).fill({**DATA, "note": "Urgent"})
    assert [block.type for block in card.blocks][2] == "note"


def test_a_card_without_holes_is_a_template_too() -> None:
    assert card_text({"title": "Hi"}).fill({}) == Card(title="Hi")


def test_a_template_names_what_it_takes_and_where_first() -> None:
    variables = card_text(APPROVAL).variables
    assert variables["ticket"] == ("title",)
    assert variables["people"] == ("blocks", 3, "$for")
    assert set(variables) == {*DATA, "level", "note"}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"who": None}, (("blocks", 0, "text"), "null")),
        ({"url": "ftp://x"}, (("blocks", 0, "text"), "http")),
        ({"level": "bogus"}, (("severity",), "'neutral'")),
        ({"people": "tan"}, (("blocks", 3, "$for"), "`people` is no list")),
        ({"people": ["a b" * 50]}, (("blocks", 3, "users", 0), "at most 128")),
        ({"ticket": {"id": "T", "rows": [A, {"name": "B"}]}},
         (("blocks", 1, "fields", 1, "value"), "the data has no `row.value`")),
        ({"ticket": {"id": "T", "rows": [A, {"name": "B C", "value": ""}]}},
         (("actions", 0, "id"), "pattern")),
        ({"ticket": {"id": "T", "rows": [A] * 2}}, ((), "the same id")),
        ({"ticket": {"id": "T"}}, (("blocks", 1, "fields", 1, "$for"), "no `ticket.rows`")),
        ({"ticket": {"id": "T", "rows": [A] * 60}},
         (("blocks", 1, "fields"), "at most 50")),
        ({"ticket": {"id": "T", "rows": [A] * 2000}},
         (("blocks", 1, "fields", 1, "$for"), "1000")),
    ],
)  # fmt: skip
def test_data_that_makes_no_card_is_refused_at_its_place_in_the_template(
    change: dict[str, Any], fault: tuple[Any, str]
) -> None:
    loc, message = faults(APPROVAL, {**DATA, **change})[0]
    assert loc == fault[0]
    assert fault[1] in message


@pytest.mark.parametrize(
    ("card", "loc", "sentence"),
    [
        ({"title": "{{ a"}, ("title",), "unexpected"),
        ({"title": "{{ a.b() }}"}, ("title",), "no calls"),
        ({"title": "a", "b{{ c }}": 1}, ("b{{ c }}",), "not in the name"),
        ({"title": "a", "blocks": [{"type": "{{ b }}"}]}, ("blocks", 0, "type"), "written out"),
        ({"title": "a", "blocks": [{"type": "nope"}]}, ("blocks", 0), "nope"),
        ({"title": "a", "blocks": [{"type": "note"}]}, ("blocks", 0, "text"), "required"),
        ({"title": "a", "blocks": "{{ b }}"}, ("blocks",), "tuple"),
        ({"title": "a", "extra": 1}, ("extra",), "not permitted"),
        ({"title": "a", "$for": "b in c"}, ("$for",), "not permitted"),
        ({"title": "a", "blocks": [{"$for": "b", "type": "divider"}]}, ("blocks", 0, "$for"), "in"),
        ({"title": "a", "blocks": [{"$for": 1, "type": "divider"}]}, ("blocks", 0, "$for"), "in"),
        ({"title": "a", "blocks": [{"$if": [], "type": "divider"}]}, ("blocks", 0, "$if"), ""),
        ({"title": "a", "blocks": [{"type": "note", "text": "{{ b | markdown }}"}]},
         ("blocks", 0, "text"), "markdown blocks"),
        ({}, ("title",), "required"),
    ],
)  # fmt: skip
def test_what_can_be_no_card_is_refused_when_it_is_written(
    card: dict[str, Any], loc: tuple[Any, ...], sentence: str
) -> None:
    assert any(at == loc and sentence.lower() in told.lower() for at, told in faults(card))


def test_a_template_is_told_everything_that_is_wrong_with_it_at_once() -> None:
    found = faults({"title": "{{ a", "summary": "{{ b() }}", "link": "{{ c"})
    assert [loc for loc, _ in found] == [("title",), ("summary",), ("link",)]


def test_a_template_has_its_limits() -> None:
    many = [{"type": "note", "text": "{{ a }}"}] * (MOST_HOLES + 1)
    assert "texts with holes" in faults({"title": "a", "blocks": many})[0][1]
    assert "bytes" in faults({"title": "a", "summary": "x" * MOST_BYTES})[0][1]


def test_what_a_button_brings_back_may_be_called_anything() -> None:
    value = {"type": "{{ a }}", "url": "{{ a }}", "fields": [{"$if": "x"}], "link": "{{ a }}"}
    action = {"kind": "callback", "id": "go", "label": "Go", "value": value}
    card = card_text({"title": "a", "actions": [action]}).fill({"a": "b c"})
    assert card.actions[0].model_dump()["value"] == {
        **value,
        **dict.fromkeys(("type", "url", "link"), "b c"),
    }
