import json
import os
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.plugin import Card, ContentError, Identity
from gateway_lark.cards import MAX_BYTES, count_tags, render, size

from .conftest import Rig

GOLDEN = Path(__file__).parent / "golden"
KEY = "img_v3_golden"

CARDS: dict[str, dict[str, Any]] = {
    "title_only": {"title": "Backup finished"},
    "summary": {"title": "T", "summary": "one line for the lock screen"},
    **{
        f"severity_{name}": {"title": name, "severity": name}
        for name in ("neutral", "info", "success", "warning", "critical")
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
        "title": "<at id=all></at> **no**",
        "blocks": [
            {
                "type": "markdown",
                "text": "<at id=all></at> <font color='red'>x</font> :OK: ![p](https://x.y/z.png)\n"
                "# heading\n> quote\n    code\n---\n[x](javascript:alert)\n`<at id=all></at>`",
            },
            {"type": "fields", "fields": [{"label": "<at id=all>", "value": "**x** [y](z:1)"}]},
            {"type": "note", "text": "<at id=all></at>"},
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
    "image_key": {"title": "Image", "blocks": [{"type": "image", "key": KEY, "alt": "a chart"}]},
    "image_url": {
        "title": "Image",
        "blocks": [
            {"type": "image", "url": "https://example.com/chart_(1).png", "alt": "a [chart]"},
            {"type": "image", "url": "https://example.com/chart.png"},
        ],
    },
    "divider_and_note": {
        "title": "Small print",
        "blocks": [{"type": "divider"}, {"type": "note", "text": "Sent by **DMS**"}],
    },
    "url_button": {
        "title": "Open",
        "actions": [
            {"id": "open", "label": "Open", "kind": "url", "url": "https://example.com/4711"}
        ],
    },
    "buttons": {
        "title": "Approve export?",
        "severity": "warning",
        "actions": [
            {
                "id": "approve",
                "label": "Approve",
                "kind": "callback",
                "style": "primary",
                "confirm": "Really?",
                "value": {"ticket": 4711, "tag": "value"},
            },
            {"id": "reject", "label": "Reject", "kind": "callback", "style": "danger"},
            {
                "id": "open",
                "label": "Open",
                "kind": "url",
                "url": "https://example.com",
                "confirm": "Leave?",
            },
        ],
    },
    "link": {"title": "Link", "link": "https://example.com/4711?a=1&b=2"},
    "mention": {
        "title": "Mention",
        "blocks": [{"type": "mention", "users": ["user:li.wei", "user:no*body", "zhao"]}],
    },
    "chinese": {
        "title": "审批通知",
        "summary": "待审批",
        "blocks": [{"type": "markdown", "text": "**注意\uff1a**请在*今天*处理 `工单`"}],
    },
}


def neutral(name: str, open_id: str = "ou_golden") -> Card:
    return Card.model_validate(CARDS[name]).mentioning({"user:li.wei": open_id})


@pytest.mark.parametrize("name", CARDS)
def test_cards_look_as_they_always_did(name: str) -> None:
    """Compare with the golden file; `UPDATE_GOLDEN=1` writes it anew for a reader to judge."""
    golden = GOLDEN / f"{name}.json"
    written = json.dumps(render(neutral(name)), ensure_ascii=False, indent=2) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(written)
    assert written == golden.read_text()


def test_every_golden_file_has_its_card() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(CARDS)


@pytest.mark.parametrize("name", CARDS)
async def test_the_platform_takes_every_card(rig: Rig, name: str) -> None:
    person = rig.emulator.people["li.wei"]
    identity = Identity(rig.emulator.open_id(rig.app_id, person), "open_id")
    channel = rig.channel()
    key = await channel.upload(b"\x89PNG\r\n\x1a\n" + bytes(20), "image/png")
    said = json.dumps(render(neutral(name, identity.id))).replace(KEY, key)
    await channel.send(identity, json.loads(said), key="k")
    await channel.send_batch([identity], json.loads(said), key="k")
    assert len(rig.emulator.visible_messages(person)) == 2


@pytest.mark.parametrize("identity", ["all", "ou_1></at><at id=all", "", "a b", "ou_1,all"])
def test_an_identity_that_is_none_is_named_only(identity: str) -> None:
    block = {"type": "mention", "users": ["user:x"]}
    card = Card.model_validate({"title": "t", "blocks": [block]}).mentioning({"user:x": identity})
    (element,) = render(card)["body"]["elements"]
    assert element["content"] == "@x"


def long_card(characters: int) -> Card:
    blocks = [{"type": "markdown", "text": "x" * 10_000} for _ in range(characters // 10_000)]
    return Card.model_validate({"title": "t", "blocks": blocks})


def test_a_card_within_thirty_kilobytes_is_rendered() -> None:
    assert size(render(long_card(30_000))) <= MAX_BYTES


def test_a_card_over_thirty_kilobytes_is_refused() -> None:
    with pytest.raises(ContentError, match="bytes"):
        render(long_card(40_000))


def test_bytes_are_counted_not_characters() -> None:
    block = {"type": "markdown", "text": "中" * 11_000}
    with pytest.raises(ContentError):
        render(Card.model_validate({"title": "t", "blocks": [block]}))


def test_a_card_of_more_than_two_hundred_parts_is_refused() -> None:
    fields = {"type": "fields", "fields": [{"label": "a", "value": "b"}] * 50}
    render(Card.model_validate({"title": "t", "blocks": [fields] * 3}))
    with pytest.raises(ContentError, match="parts"):
        render(Card.model_validate({"title": "t", "blocks": [fields] * 4}))


def test_a_buttons_value_is_no_part_of_the_card() -> None:
    assert count_tags({"tag": "button", "behaviors": [{"value": {"tag": "x"}}]}) == 1


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, "\ud800", object()])
def test_a_value_that_no_json_can_carry_is_refused(value: object) -> None:
    action = {"id": "a", "label": "a", "kind": "callback", "value": {"x": value}}
    with pytest.raises(ContentError):
        render(Card.model_validate({"title": "t", "actions": [action]}))


def test_rendering_changes_nothing_and_is_the_same_twice() -> None:
    card = neutral("buttons")
    before = card.model_dump_json()
    assert render(card) == render(card)
    assert card.model_dump_json() == before


PIECES = [*"<>at id=all/[]()*_`~!:#&;\\\n -|=$\uff0c", "<at id=all></at>", "](javascript:x)"]
HOSTILE = st.lists(st.sampled_from(PIECES), min_size=1, max_size=60).map("".join)


@settings(max_examples=300, deadline=None)
@given(HOSTILE, HOSTILE, HOSTILE)
def test_user_text_makes_no_mention_tag_button_or_foreign_link(
    title: str, text: str, value: str
) -> None:
    card = Card.model_validate(
        {
            "title": title,
            "blocks": [
                {"type": "markdown", "text": text},
                {"type": "fields", "fields": [{"label": text, "value": value}]},
                {"type": "note", "text": value},
                {"type": "mention", "users": [text]},
            ],
        }
    )
    payload = render(card)
    for content in read_texts(payload["body"]):
        assert not re.search(r"</?\s*(at|person|link|raw|font)\b", content)
    assert count_tags(payload) <= 9
    assert "behaviors" not in json.dumps(payload)


def read_texts(part: object) -> list[str]:
    """Collect the texts in which the platform reads marks."""
    if isinstance(part, list):
        return [text for each in part for text in read_texts(each)]
    if not isinstance(part, dict):
        return []
    own = [part["content"]] if part.get("tag") in {"markdown", "lark_md"} else []
    return own + [text for each in part.values() for text in read_texts(each)]


async def test_content_is_a_string_in_a_single_message(rig: Rig) -> None:
    bodies = []

    async def listen(request: httpx.Request) -> None:
        bodies.append(json.loads(request.content or b"{}"))

    rig.http.event_hooks["request"] = [listen]
    person = rig.emulator.people["li.wei"]
    channel = rig.channel()
    await channel.send(Identity(person.id, "user_id"), render(neutral("chinese")), key="x" * 80)
    assert json.loads(bodies[-1]["content"]) == render(neutral("chinese"))
    assert bodies[-1]["uuid"] == "x" * 50
