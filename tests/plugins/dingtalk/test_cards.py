import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.plugin import Card, ContentError
from gateway_dingtalk.cards import (
    CUT,
    MAX_VALUE_BYTES,
    VARIABLES,
    WITHDRAWN,
    fit,
    render,
    summary_in,
)

from .test_markdown import HOSTILE, kinds

GOLDEN = Path(__file__).parent / "golden"
CALLBACKS = [
    {
        "id": "approve",
        "label": "Approve",
        "kind": "callback",
        "style": "primary",
        "confirm": "Really?",
        "value": {"ticket": 4711},
    },
    {"id": "reject", "label": "Reject", "kind": "callback", "style": "danger"},
]
CARDS: dict[str, dict[str, Any]] = {
    "title_only": {"title": "Backup finished"},
    "summary": {"title": "T", "summary": "one line for the lock screen"},
    **{
        f"severity_{name}": {"title": name, "severity": name}
        for name in ("info", "success", "warning", "critical")
    },
    "markdown": {
        "title": "Markdown",
        "blocks": [
            {
                "type": "markdown",
                "text": "**bold** *italic* `code` [page](https://example.com/a_b)\n"
                "- one\n  - two\n1. three\n\n```sql\nSELECT * FROM t;\n```",
            }
        ],
    },
    "inert": {
        "title": "<a atId=all>all</a> **no**",
        "blocks": [
            {
                "type": "markdown",
                "text": "<a atId=all>all</a> <font color='red'>x</font> [微笑] "
                "![p](https://x.y/z.png)\n# heading\n> quote\n    code\n---\n[x](javascript:alert)",
            },
            {"type": "fields", "fields": [{"label": "<br>", "value": "**x** [y](z:1)"}]},
            {"type": "note", "text": "<a atId=all></a>"},
        ],
    },
    "fields": {
        "title": "Fields",
        "blocks": [
            {
                "type": "fields",
                "fields": [
                    {"label": "Ticket", "value": "#4711"},
                    {"label": "Rows", "value": "1_000\n2_000", "short": False},
                    {"label": "", "value": "no label"},
                ],
            }
        ],
    },
    "image": {
        "title": "Image",
        "blocks": [
            {"type": "image", "url": "https://example.com/chart_(1).png", "alt": "a [chart]"},
            {"type": "image", "key": "@lADPDe7s1234", "alt": "uploaded"},
            {"type": "image", "key": "img_of_another_platform", "alt": "unknown"},
        ],
    },
    "divider_and_note": {
        "title": "Small print",
        "blocks": [
            {"type": "note", "text": "in **between**"},
            {"type": "divider"},
            {"type": "note", "text": "Sent by **DMS**"},
        ],
    },
    "links": {
        "title": "Open",
        "link": "https://example.com/own",
        "actions": [
            {"id": "a", "label": "Open", "kind": "url", "url": "https://example.com/4711?a=1&b=2"},
            {"id": "b", "label": "Log", "kind": "url", "url": "https://example.com/log"},
        ],
    },
    "buttons": {
        "title": "Approve export?",
        "severity": "warning",
        "actions": [
            *CALLBACKS,
            {"id": "open", "label": "Open", "kind": "url", "url": "https://example.com"},
        ],
    },
    "mention": {
        "title": "Mention",
        "blocks": [{"type": "mention", "users": ["user:li.wei", "user:no*body", "zhao"]}],
    },
    "chinese": {
        "title": "审批通知",
        "summary": "待审批",
        "severity": "critical",
        "link": "https://example.com",
        "blocks": [{"type": "markdown", "text": "**注意\uff1a**请在*今天*处理 `工单`"}],
        "actions": CALLBACKS[:1],
    },
}


def neutral(name: str, userid: str = "manager4711") -> Card:
    return Card.model_validate(CARDS[name]).mentioning({"user:li.wei": userid})


@pytest.mark.parametrize("template", [True, False], ids=["card", "robot"])
@pytest.mark.parametrize("name", CARDS)
def test_cards_look_as_they_always_did(name: str, template: bool) -> None:
    """Compare with the golden file; `UPDATE_GOLDEN=1` writes it anew for a reader to judge."""
    golden = GOLDEN / f"{name}.{'card' if template else 'robot'}.json"
    payload = render(neutral(name), template=template)
    written = json.dumps(payload, ensure_ascii=False, indent=2) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(written)
    assert written == golden.read_text()


def test_every_golden_file_has_its_card() -> None:
    assert {path.name.partition(".")[0] for path in GOLDEN.glob("*.json")} == set(CARDS)


@pytest.mark.parametrize("name", CARDS)
def test_every_variable_is_a_text_of_the_templates_contract(name: str) -> None:
    variables = render(neutral(name), template=True)["card"]["variables"]
    assert set(variables) == set(VARIABLES) - {"time"}
    assert all(isinstance(value, str) for value in variables.values())
    assert set(WITHDRAWN) <= set(VARIABLES)


def test_a_press_brings_back_the_neutral_action_and_its_value() -> None:
    variables = render(neutral("buttons"), template=True)["card"]["variables"]
    assert json.loads(variables["notice_id"]) == {
        "primary": {"action": "approve", "value": {"ticket": 4711}},
        "secondary": {"action": "reject", "value": {}},
    }
    assert (variables["status"], variables["show_actions"]) == ("pending", "true")


def test_a_card_without_buttons_can_be_batched_and_one_with_them_cannot() -> None:
    assert set(render(neutral("links"), template=True)) == {"single", "card", "robot"}
    assert set(render(neutral("buttons"), template=True)) == {"single", "card"}


def test_a_third_button_is_left_out_and_told() -> None:
    third = {"id": "later", "label": "Later", "kind": "callback"}
    payload = render(
        Card.model_validate({"title": "t", "actions": [*CALLBACKS, third]}), template=True
    )
    assert "Later" in payload["notes"]["card"]


def test_buttons_without_a_template_are_told() -> None:
    payload = render(neutral("buttons"), template=False)
    assert payload["single"] == "robot"
    assert "Approve, Reject" in payload["notes"]["robot"]


def long(characters: int, text: str = "x", **more: object) -> Card:
    block = {"type": "markdown", "text": text * characters}
    return Card.model_validate({"title": "t", "blocks": [block], **more})


def test_a_long_card_without_buttons_goes_as_a_message_that_holds_all_of_it() -> None:
    payload = render(long(2000), template=True)
    assert payload["single"] == "robot"
    assert "x" * 2000 in payload["robot"]["msgParam"]["text"]


def test_a_long_card_with_buttons_is_shortened_and_told() -> None:
    payload = render(long(2000, actions=CALLBACKS), template=True)
    text = payload["card"]["variables"]["markdown"]
    assert payload["single"] == "card"
    assert text.endswith(CUT)
    assert len(text.encode()) == MAX_VALUE_BYTES
    assert "markdown" in payload["notes"]["card"]


def test_pictures_people_and_links_outlast_words() -> None:
    blocks = [
        {"type": "markdown", "text": "x" * 3000},
        {"type": "image", "url": "https://x.y/chart.png", "alt": "chart"},
        {"type": "mention", "users": ["user:li.wei"]},
    ]
    links = [
        {"id": f"a{n}", "label": f"L{n}", "kind": "url", "url": f"https://x.y/{n}"} for n in (1, 2)
    ]
    card = Card.model_validate({"title": "t", "blocks": blocks, "actions": [*CALLBACKS, *links]})
    made = render(card.mentioning({"user:li.wei": "u1"}), template=True)["card"]
    text = made["variables"]["markdown"]
    assert "![chart](https://x.y/chart.png)" in text
    assert "<a atId=u1>li.wei</a>" in text
    assert "[L2](https://x.y/2)" in text
    assert made["mentions"] == ["u1"]
    assert len(text.encode()) <= MAX_VALUE_BYTES


def test_an_address_that_does_not_fit_is_left_out_rather_than_cut() -> None:
    card = Card.model_validate({"title": "t", "link": "https://x.y/" + "a" * 1500})
    payload = render(card, template=True)
    assert payload["card"]["variables"]["detail_url"] == ""
    assert payload["single"] == "robot"


@pytest.mark.parametrize("template", [True, False])
def test_a_card_over_fifteen_thousand_bytes_is_refused(template: bool) -> None:
    with pytest.raises(ContentError, match="bytes"):
        render(long(16_000), template=template)


@pytest.mark.parametrize("value", ["x" * 1100, float("nan"), {1, 2}, object()])
def test_a_buttons_value_that_cannot_come_back_is_refused(value: object) -> None:
    action = {"id": "a", "label": "a", "kind": "callback", "value": {"x": value}}
    card = Card.model_validate({"title": "t", "actions": [action]})
    with pytest.raises(ContentError):
        render(card, template=True)


@given(st.text(max_size=600), st.integers(min_value=0, max_value=400))
def test_what_is_cut_fits(text: str, most: int) -> None:
    kept = fit(text, most)
    assert len(kept.encode()) <= most
    assert kept in {text, ""} or kept.endswith(CUT)


def test_a_text_is_cut_at_the_end_of_a_line() -> None:
    assert fit("one\ntwo\nthree", 10) == "one…"
    assert fit("中" * 10, 10) == "中中…"


@pytest.mark.parametrize("identity", ["all>", "a b", "", "x><a atId=all"])
def test_an_identity_that_is_none_is_named_only(identity: str) -> None:
    block = {"type": "mention", "users": ["user:x"]}
    card = Card.model_validate({"title": "t", "blocks": [block]}).mentioning({"user:x": identity})
    made = render(card, template=True)["card"]
    assert made["variables"]["markdown"] == "@x"
    assert "mentions" not in made


def test_rendering_changes_nothing_and_is_the_same_twice() -> None:
    card = neutral("buttons")
    before = card.model_dump_json()
    assert render(card, template=True) == render(card, template=True)
    assert card.model_dump_json() == before


def test_the_summary_of_a_payload_can_be_read_again() -> None:
    assert summary_in(render(neutral("summary"), template=True)) == "one line for the lock screen"
    assert summary_in(render(neutral("summary"), template=False)) == "T"
    assert summary_in({"robot": 1}) == ""


@settings(max_examples=200, deadline=None)
@given(HOSTILE, HOSTILE, HOSTILE)
def test_user_text_makes_no_mention_link_image_or_html(title: str, text: str, value: str) -> None:
    blocks = [
        {"type": "fields", "fields": [{"label": text, "value": value}]},
        {"type": "note", "text": value},
        {"type": "mention", "users": [text[:128]]},
        {"type": "divider"},
    ]
    card = Card.model_validate({"title": title, "blocks": blocks})
    payload = render(card, template=True)
    for written in (payload["card"]["variables"]["markdown"], payload["robot"]["msgParam"]["text"]):
        assert not kinds(written) & {"html_inline", "html_block", "image", "link", "table"}
