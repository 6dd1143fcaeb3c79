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

from .conftest import Connect, robot_channel

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
KINDS = {"user:li.wei": "user_id", "user:tan": "mobile"}

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
    payload = channel.render(Card.model_validate(CARDS[name]).mentioning(KNOWN, KINDS))
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


@pytest.mark.parametrize(
    ("identity", "kind", "at"),
    [
        ("+8613800000000", "mobile", {"atMobiles": ["13800000000"]}),
        ("+86 138 (0000) 0000", "mobile", {"atMobiles": ["13800000000"]}),
        ("+6591230001", "mobile", {"atMobiles": ["+6591230001"]}),
        ("+65-91230001", "mobile", {"atMobiles": ["+65-91230001"]}),
        ("13800000000", "user_id", {"atUserIds": ["13800000000"]}),
        ("li.wei", "user_id", {"atUserIds": ["li.wei"]}),
        ("all", "mobile", None),
        ("a b", "user_id", None),
    ],
)
def test_dingtalk_calls_by_number_or_by_userid_as_it_was_bound(
    identity: str,
    kind: str,
    at: dict[str, list[str]] | None,
    dingtalk_robot: Connect,
) -> None:
    block = {"type": "mention", "users": ["user:x"]}
    card = Card.model_validate({"title": "T", "blocks": [block]})
    payload = dingtalk_robot().render(card.mentioning({"user:x": identity}, {"user:x": kind}))
    assert payload.get("at") == at
    called = next(iter(at.values()))[0] if at else "x"
    assert f"@{called}" in payload["markdown"]["text"]


def test_dingtalk_calls_fifty_people_at_most(dingtalk_robot: Connect) -> None:
    users = [f"user:{number}" for number in range(50)]
    blocks = [{"type": "mention", "users": users}, {"type": "mention", "users": ["user:last"]}]
    known = {user: user.partition(":")[2] for user in [*users, "user:last"]}
    card = Card.model_validate({"title": "T", "blocks": blocks}).mentioning(known)
    assert len(dingtalk_robot().render(card)["at"]["atUserIds"]) == 50
