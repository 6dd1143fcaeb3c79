from typing import Any

from gateway.card import Card
from gateway.variants import Content, on_phones

APPROVE = {"kind": "callback", "id": "ok", "label": "OK"}
OPEN = {"kind": "url", "id": "open", "label": "Open", "url": "https://x.example"}


def content(*actions: dict[str, Any]) -> Content:
    return Content(Card.model_validate({"title": "T", "actions": actions}), {})


def test_a_card_for_phones_is_made_once_and_only_when_somebody_needs_it() -> None:
    made = content(APPROVE, OPEN)
    assert made.key_for(mobile_only=False) == made.key
    assert made.variants == {}
    key = made.key_for(mobile_only=True)
    assert key == made.key_for(mobile_only=True) != made.key
    [(kept, text)] = made.variants.items()
    approve, link = Card.model_validate_json(text).actions
    assert (kept, getattr(approve, "mobile_only", None)) == (key, True)
    assert link.model_dump() == OPEN | {"style": "default", "confirm": None}


def test_a_card_that_nobody_decides_on_is_the_same_everywhere() -> None:
    made = content(OPEN)
    assert made.key_for(mobile_only=True) == made.key
    assert made.variants == {}


def test_a_card_that_was_for_phones_all_along_has_no_variant() -> None:
    made = content({**APPROVE, "mobile_only": True})
    assert made.key_for(mobile_only=True) == made.key
    assert made.variants == {}


def test_what_goes_to_phones_is_otherwise_the_same_card() -> None:
    card = content(APPROVE, OPEN).card
    assert on_phones(card).model_copy(update={"actions": card.actions}) == card
