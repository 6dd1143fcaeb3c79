"""Whole payloads against files; `GOLDEN=write pytest …` writes them anew."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from gateway.plugin import Card
from gateway.testing import FakeClock, ScriptedTransport
from gateway_webhook.robot import Robot
from gateway_webhook.robots import DINGTALK_ROBOT, LARK_ROBOT, ROBOTS

from .conftest import robot_channel

GOLDEN = Path(__file__).parent / "golden"
LINK = "https://dms.example/ticket?id=4711&tab=(log)"
OPEN = {"kind": "url", "id": "open", "label": "Open [4711]", "url": "https://dms.example/4711"}
MORE = {"kind": "url", "id": "more", "label": "Log", "url": "https://dms.example/log"}
APPROVE = {"kind": "callback", "id": "approve", "label": "Approve", "once": True, "value": {"n": 1}}
FULL: dict[str, Any] = {
    "title": "Approve [export]?",
    "severity": "warning",
    "summary": "Li Wei wants an export",
    "blocks": [
        {"type": "markdown", "text": "**SQL** _result_ `x*y` [a](https://e.example/a_(b))\n# no"},
        {"type": "markdown", "text": "l:\n- one\n  - two **b**\n1) three\n\n```sql\n  a < b\n```"},
        {"type": "fields", "fields": [
            {"label": "Ticket", "value": "#4711"}, {"label": "", "value": "<b>1</b>\n2"},
        ]},
        {"type": "image", "url": "https://e.example/c.png", "alt": "chart"},
        {"type": "divider"},
        {"type": "note", "text": "Sent by *DMS*"},
    ],
}  # fmt: skip
MENTION = {"type": "mention", "users": ["user:li.wei", "user:tan", "user:unknown"]}
KNOWN = {"user:li.wei": "0123-li", "user:tan": "13800000000"}

CARDS: dict[str, dict[str, Any]] = {
    "title_only": {"title": "Backup finished"},
    "full": FULL,
    "one_button": {**FULL, "actions": [OPEN]},
    "two_buttons": {"title": "Open", "actions": [OPEN, MORE]},
    "callback_with_link": {"title": "Approve?", "actions": [OPEN, APPROVE, MORE], "link": LINK},
    "callback_without_link": {"title": "Approve?", "actions": [APPROVE, OPEN]},
    "mentions": {"title": "Look", "blocks": [MENTION], "actions": [OPEN]},
    "inert": {
        "title": "<at id=all></at> @all",
        "blocks": [
            {"type": "markdown", "text": "@13800000000 <at id=all></at> [x](javascript:alert(1))"},
            {"type": "note", "text": "[a](https://evil.example) ![a](https://evil.example/a.png)"},
        ],
    },
    "too_long": {"title": "Long", "link": LINK, "actions": [OPEN], "blocks": [
        {"type": "markdown", "text": "第一行 🚑\n" * 2500}, {"type": "note", "text": "lost"},
    ]},
}  # fmt: skip


@pytest.mark.parametrize("name", CARDS)
@pytest.mark.parametrize("robot", [LARK_ROBOT, DINGTALK_ROBOT], ids=lambda robot: robot.name)
def test_a_card_is_written_as_before(
    robot: Robot, name: str, far_end: ScriptedTransport, fake_clock: FakeClock
) -> None:
    channel = robot_channel(robot, far_end, fake_clock, keyword="ops [!]")
    payload = channel.render(Card.model_validate(CARDS[name]).mentioning(KNOWN))
    shown = json.dumps(payload, ensure_ascii=False, indent=1) + "\n"
    file = GOLDEN / f"{robot.name}.{name}.json"
    if os.environ.get("GOLDEN") == "write":
        file.write_text(shown, encoding="utf-8")
    assert json.loads(shown) == json.loads(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("robot", ROBOTS, ids=lambda robot: robot.name)
@pytest.mark.parametrize("title", ["ops [!] disk", "disk"])
def test_the_keyword_is_added_where_the_card_lacks_it(
    robot: Robot, title: str, far_end: ScriptedTransport, fake_clock: FakeClock
) -> None:
    card = Card(title=title)
    written = json.dumps(robot_channel(robot, far_end, fake_clock, keyword="ops [!]").render(card))
    bare = json.dumps(robot_channel(robot, far_end, fake_clock).render(card))
    assert "ops [!]" in written
    assert ("ops" in bare) == ("ops" in title)


def test_the_preview_alone_is_no_place_for_a_keyword(
    far_end: ScriptedTransport, fake_clock: FakeClock
) -> None:
    channel = robot_channel(LARK_ROBOT, far_end, fake_clock, keyword="ops")
    written = channel.render(Card(title="disk", summary="ops"))["card"]
    assert "ops" in json.dumps(written["body"])


def test_the_same_keyword_is_not_added_twice(
    far_end: ScriptedTransport, fake_clock: FakeClock
) -> None:
    channel = robot_channel(LARK_ROBOT, far_end, fake_clock, keyword="disk")
    assert channel.render(Card(title="the disk"))["card"]["body"] == {"elements": []}
