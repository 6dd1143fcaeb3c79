import json
import os
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.plugin import Card, ContentError
from gateway_dingtalk.notice import MAX_BYTES, form, losses, message, numbered

from .test_cards import CARDS, GOLDEN, long, neutral
from .test_markdown import HOSTILE, kinds

KEY = "0123456789abcdef" * 2
LONG_TEXTS = st.text(max_size=2000)


def said(card: Card) -> dict[str, Any]:
    """Return a card's notice as it goes out."""
    return numbered(form(card, {}), KEY)


def widest(msg: dict[str, Any]) -> int:
    return len(json.dumps(msg, ensure_ascii=False).encode())


@pytest.mark.parametrize("name", CARDS)
def test_notices_look_as_they_always_did(name: str) -> None:
    """Compare with the golden file; `UPDATE_GOLDEN=1` writes it anew for a reader to judge."""
    golden = GOLDEN / f"{name}.notice.json"
    written = json.dumps(form(neutral(name), {}), ensure_ascii=False, indent=2) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(written)
    assert written == golden.read_text()


def test_the_same_delivery_has_the_same_words_and_another_has_others() -> None:
    payload = form(neutral("links"), {})
    assert numbered(payload, KEY) == numbered(payload, KEY)
    assert numbered(payload, KEY) != numbered(payload, "f" * 32)
    assert "> Ref 01234567" in numbered(payload, KEY)["action_card"]["markdown"]
    assert "> 编号 01234567" in said(neutral("chinese"))["action_card"]["markdown"]


@pytest.mark.parametrize(
    ("count", "shown"), [(0, None), (1, "single_title"), (2, "btn_json_list"), (7, "btn_json_list")]
)
def test_links_are_buttons_up_to_five_and_lines_of_text_beyond(
    count: int, shown: str | None
) -> None:
    links = [
        {
            "id": f"a{n}",
            "label": f"Open the page number {n}",
            "kind": "url",
            "url": f"https://x/{n}",
        }
        for n in range(count)
    ]
    msg = said(Card.model_validate({"title": "t", "actions": links}))
    content = msg[msg["msgtype"]]
    assert msg["msgtype"] == ("action_card" if count else "markdown")
    assert shown is None or shown in content
    rows = content.get("btn_json_list", [])
    assert len(rows) == (min(count, 5) if count > 1 else 0)
    assert all(len(row["title"]) <= 20 for row in rows)
    assert ("https://x/6" in content.get("markdown", "")) == (count > 6)


def test_an_address_too_long_for_one_button_is_a_row_or_a_line() -> None:
    row = said(Card(title="t", link="https://x.y/" + "a" * 600))["action_card"]
    assert row["btn_orientation"] == "0"
    assert len(row["btn_json_list"]) == 1
    line = said(Card(title="t", link="https://x.y/" + "a" * 900))
    assert line["msgtype"] == "markdown"
    assert "a" * 900 in line["markdown"]["text"]


def test_a_long_text_is_shortened_told_and_keeps_its_links() -> None:
    card = long(3000, link="https://x.y/4711")
    payload = form(card, {"notes": {"robot": "r"}})
    msg = numbered(payload, KEY)
    assert widest(msg) <= MAX_BYTES
    assert widest(msg) > MAX_BYTES - 10
    assert msg["action_card"]["single_url"] == "https://x.y/4711"
    assert "Shortened" in payload["notes"]["notice"]
    assert payload["notes"]["robot"] == "r"
    assert [(loss.loc, loss.becomes) for loss in losses(card)] == [(("blocks",), "shortened")]


def test_links_that_leave_no_room_are_left_out_from_the_last_and_told() -> None:
    links = [
        {"id": f"a{n}", "label": f"L{n}", "kind": "url", "url": f"https://x.y/{n}" + "a" * 800}
        for n in range(4)
    ]
    card = Card.model_validate({"title": "t", "actions": links, "link": "https://x.y/" + "b" * 900})
    payload = form(card, {})
    assert widest(numbered(payload, KEY)) <= MAX_BYTES
    assert "left out: L2, L3, Details" in payload["notes"]["notice"]
    assert [loss.loc for loss in losses(card)] == [("actions", 2), ("actions", 3), ("link",)]


def test_a_title_of_any_length_fits_and_one_of_quotes_alone_may_not() -> None:
    assert widest(said(Card(title="中" * 300))) <= MAX_BYTES
    card = Card(title="\\" * 300, severity="critical")
    assert widest(said(card)) <= MAX_BYTES


@pytest.mark.parametrize(
    "notice",
    [
        None,
        {},
        {"msg": 1},
        {"msg": {"msgtype": "oa", "oa": {"body": {}}}},
        {"msg": {"msgtype": "markdown", "markdown": {"title": "t"}}},
        {"msg": {"msgtype": "markdown", "markdown": 1}},
    ],
)
def test_a_notice_that_overrides_broke_is_refused(notice: object) -> None:
    with pytest.raises(ContentError):
        numbered({"notice": notice}, KEY)


def test_overrides_may_change_the_words_and_the_kind() -> None:
    payload = {"notice": {"msg": {"msgtype": "text", "text": {"content": "hi"}}}}
    assert numbered(payload, KEY)["text"]["content"] == "hi\n\n> Ref 01234567"


@settings(max_examples=200, deadline=None)
@given(st.text(min_size=1, max_size=300), LONG_TEXTS, LONG_TEXTS)
def test_whatever_fits_into_a_card_fits_into_a_notice(title: str, text: str, value: str) -> None:
    blocks = [
        {"type": "markdown", "text": text},
        {"type": "fields", "fields": [{"label": "l", "value": value}]},
    ]
    card = Card.model_validate({"title": title, "blocks": blocks, "link": "https://x.y/z"})
    assert widest(said(card)) <= MAX_BYTES


@settings(max_examples=100, deadline=None)
@given(HOSTILE, HOSTILE, HOSTILE)
def test_user_text_makes_no_mention_link_image_or_html(title: str, text: str, value: str) -> None:
    blocks = [
        {"type": "fields", "fields": [{"label": text, "value": value}]},
        {"type": "mention", "users": [text[:128]]},
    ]
    msg = message(Card.model_validate({"title": title, "blocks": blocks})).msg
    assert not kinds(msg["markdown"]["text"]) & {"html_inline", "html_block", "image", "link"}
