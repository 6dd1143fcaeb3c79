import json

import pytest

from gateway.plugin import Card, ContentError
from gateway_dingtalk.robot import MAX_BYTES, lost, message, param


def with_links(count: int, **more: object) -> Card:
    actions = [
        {"id": f"a{n}", "label": f"Open {n}", "kind": "url", "url": f"https://x.y/{n}"}
        for n in range(count)
    ]
    return Card.model_validate({"title": "T", "actions": actions, **more})


def test_without_a_link_it_is_plain_markdown() -> None:
    assert message(Card(title="T")) == {
        "msgKey": "sampleMarkdown",
        "msgParam": {"title": "T", "text": "### T"},
    }


def test_one_link_is_one_button() -> None:
    made = message(with_links(1))
    assert made["msgKey"] == "sampleActionCard"
    assert made["msgParam"]["singleTitle"] == "Open 0"
    assert made["msgParam"]["singleURL"] == "https://x.y/0"


@pytest.mark.parametrize("count", [2, 3, 4, 5])
def test_several_links_are_numbered_buttons(count: int) -> None:
    made = message(with_links(count))
    assert made["msgKey"] == f"sampleActionCard{count}"
    assert made["msgParam"][f"actionTitle{count}"] == f"Open {count - 1}"
    assert made["msgParam"][f"actionURL{count}"] == f"https://x.y/{count - 1}"


def test_more_links_than_buttons_are_links_in_the_text() -> None:
    made = message(with_links(7))
    assert made["msgKey"] == "sampleActionCard5"
    assert "[Open 6](https://x.y/6)" in made["msgParam"]["text"]
    assert "https://x.y/4)" not in made["msgParam"]["text"]


def test_a_cards_own_link_comes_last_and_speaks_its_language() -> None:
    made = message(with_links(1, link="https://x.y/own", title="审批"))
    assert made["msgParam"]["actionTitle2"] == "查看详情"
    same = message(with_links(1, link="https://x.y/0"))
    assert same["msgKey"] == "sampleActionCard"


def test_a_serious_card_says_so() -> None:
    assert message(Card(title="Disk", severity="critical"))["msgParam"]["title"] == "Critical: Disk"
    assert message(Card(title="磁盘", severity="warning"))["msgParam"]["title"] == "警告: 磁盘"


def test_buttons_that_report_back_become_text_and_are_told() -> None:
    action = {"id": "ok", "label": "Approve", "kind": "callback"}
    card = Card.model_validate({"title": "T", "actions": [action]})
    assert message(card)["msgParam"]["text"].endswith("Waiting for a decision: Approve")
    assert "Approve" in lost(card)
    assert lost(Card(title="T")) == ""


def test_bytes_are_counted_not_characters() -> None:
    def card(characters: int) -> Card:
        block = {"type": "markdown", "text": "中" * characters}
        return Card.model_validate({"title": "T", "blocks": [block]})

    assert len(param(message(card(4900))).encode()) <= MAX_BYTES
    with pytest.raises(ContentError, match="bytes"):
        message(card(5000))


@pytest.mark.parametrize("value", [{1}, "\ud800", object()])
def test_a_value_that_no_json_can_carry_is_refused(value: object) -> None:
    with pytest.raises(ContentError):
        param({"msgParam": {"text": value}})


def test_the_parameter_is_a_text() -> None:
    assert json.loads(param(message(Card(title="中")))) == {"title": "中", "text": "### 中"}
