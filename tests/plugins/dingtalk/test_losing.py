from typing import Any

import pytest

from gateway.plugin import Card
from gateway_dingtalk import cards, losing

URL = "https://dms.example/"
NO_LOSS: list[tuple[Any, str]] = []


def callback(name: str, **more: object) -> dict[str, Any]:
    return {"kind": "callback", "id": name, "label": name, **more}


def opening(name: str, url: str = "", **more: object) -> dict[str, Any]:
    return {"kind": "url", "id": name, "label": name, "url": url or URL + name, **more}


def lost(*, template: bool, **parts: Any) -> list[tuple[Any, str]]:  # noqa: ANN401 - as a card has them
    card = Card.model_validate({"title": "x", **parts})
    return [(loss.loc, loss.becomes) for loss in losing.losses(card, template=template)]


@pytest.mark.parametrize("template", [True, False])
def test_a_plain_card_loses_nothing(*, template: bool) -> None:
    blocks = [{"type": "markdown", "text": "**a**"}, {"type": "image", "url": URL, "alt": "b"}]
    parts = {"blocks": blocks, "actions": [opening("a")], "link": URL, "severity": "critical"}
    assert lost(template=template, **parts) == NO_LOSS


def test_a_template_has_two_buttons_that_report_back_and_one_that_opens_a_page() -> None:
    actions = [callback("a"), callback("b", confirm="Really?"), callback("c")]
    assert lost(template=True, actions=[*actions, opening("d"), opening("e")]) == [
        (("actions", 1, "confirm"), "nothing"),
        (("actions", 2), "nothing"),
        (("actions", 4), "link"),
    ]


def test_without_a_template_buttons_that_report_back_are_text() -> None:
    assert lost(template=False, actions=[callback("a"), opening("b")]) == [(("actions", 0), "text")]


def test_a_message_has_five_buttons_and_each_page_once() -> None:
    actions = [opening(f"a{n}") for n in range(6)]
    assert lost(template=False, actions=actions) == [(("actions", 5), "link")]
    twice = [opening("a", URL), opening("b", URL)]
    assert lost(template=False, actions=twice) == [(("actions", 1), "nothing")]


def test_a_message_says_less_than_a_card() -> None:
    blocks = [
        {"type": "markdown", "text": "`a`"},
        {"type": "mention", "users": ["user:li"]},
        {"type": "image", "key": "img_of_lark", "alt": "b"},
    ]
    parts = {"severity": "info", "summary": "s", "blocks": blocks}
    assert lost(template=False, **parts) == [
        (("severity",), "nothing"),
        (("summary",), "nothing"),
        (("blocks", 0), "text"),
        (("blocks", 1), "text"),
        (("blocks", 2), "text"),
    ]
    assert lost(template=True, **parts, actions=[callback("a")]) == [(("blocks", 2), "text")]


def test_a_card_without_buttons_may_go_as_a_message_and_is_told_as_one() -> None:
    assert lost(template=True, summary="s") == [(("summary",), "nothing")]


def test_what_is_too_long_for_a_variable_is_told() -> None:
    long = {"type": "markdown", "text": "x" * 2000}
    note = {"type": "note", "text": "李" * 500}
    found = lost(template=True, title="李" * 300, blocks=[long], actions=[callback("a")])
    assert found == [(("blocks",), "shortened")]
    found = lost(template=True, blocks=[note], actions=[callback("a")])
    assert found == [(("blocks", 0), "shortened")]


def test_a_card_that_can_not_be_written_at_all_loses_nothing_more() -> None:
    action = callback("a", value={"v": "x" * 2000})
    assert lost(template=True, actions=[action]) == NO_LOSS
    assert cards.cut(Card.model_validate({"title": "x", "actions": [action]})) == frozenset()
