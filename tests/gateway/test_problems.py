import pytest
from pydantic import ValidationError

from gateway.api.channel_tools import TestBody as SampleTo
from gateway.house_rules import RuleBody
from gateway.problems import field_errors, place_in_body
from gateway.request import BatchRequest, NotifyRequest

CARD = {"title": "Backup"}
BUTTON = {"id": "open", "label": "Open", "kind": "url"}


def errors_of(model: type, body: object) -> list[tuple[list[str | int], str]]:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(body)  # type: ignore[attr-defined] - one of pydantic's models
    return [
        (each["loc"], each["message"]) for each in field_errors(caught.value.errors(), ["body"])
    ]


@pytest.mark.parametrize(
    ("parts", "loc"),
    [
        ({"to": [{"user": "no spaces"}]}, ["to", 0, "user"]),
        ({"to": ["user:li", {"mobile": "1"}]}, ["to", 1, "mobile"]),
        ({"to": [{"user": "li", "email": "a@ex.com"}]}, ["to", 0, "email"]),
        ({"to": [{"chat": "oc_1"}]}, ["to", 0, "channel"]),
        ({"to": [{"nobody": 1}]}, ["to", 0]),
        ({"card": {**CARD, "actions": [BUTTON]}}, ["card", "actions", 0, "url"]),
        ({"card": {**CARD, "blocks": [{"type": "note"}]}}, ["card", "blocks", 0, "text"]),
        ({"card": {**CARD, "blocks": [{"type": "fields", "fields": [{}]}]}},
         ["card", "blocks", 0, "fields", 0, "label"]),
    ],
)  # fmt: skip
def test_a_fault_is_named_at_its_place_in_the_body(
    parts: dict[str, object], loc: list[str | int]
) -> None:
    found = errors_of(NotifyRequest, {"type": "t", "card": CARD, **parts})
    assert found[0][0] == ["body", *loc]


def test_a_rules_recipient_is_named_at_its_place_too() -> None:
    [(loc, _)] = errors_of(RuleBody, {"recipients": [{"email": "nobody"}]})
    assert loc == ["body", "recipients", 0, "email"]


def test_the_one_recipient_of_a_sample_is_named_at_its_place_too() -> None:
    [(loc, _)] = errors_of(SampleTo, {"to": {"email": "nobody"}})
    assert loc == ["body", "to", "email"]


def test_a_recipient_of_no_known_form_is_told_the_forms() -> None:
    [(loc, message)] = errors_of(NotifyRequest, {"type": "t", "card": CARD, "to": [{"who": 1}]})
    assert loc == ["body", "to", 0]
    assert message.startswith("a recipient is `user:<id>`")


def test_a_place_without_kinds_stays_as_it_is() -> None:
    for loc in (["to"], ["to", 0], ["items", 0, "user"], []):
        assert place_in_body(loc) == loc


def test_a_list_is_not_called_too_short_for_what_is_wrong_inside() -> None:
    [(loc, _)] = errors_of(BatchRequest, {"notifications": ["text"]})
    assert loc == ["body", "notifications", 0]


def test_a_list_of_the_wrong_length_is_told_so_in_the_words_of_json() -> None:
    [(_, none)] = errors_of(BatchRequest, {"notifications": []})
    [(_, many)] = errors_of(BatchRequest, {"notifications": [{}] * 101})
    assert none == "List should have at least 1 item, not 0"
    assert many == "List should have at most 100 items, not 101"
