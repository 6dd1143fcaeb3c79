from typing import Any

import pytest

from gateway.plugin import Card
from gateway.testing import FakeClock, ScriptedTransport
from gateway_webhook import losing
from gateway_webhook.robot import Robot
from gateway_webhook.robots import ROBOTS

from .conftest import robot_channel

URL = "https://dms.example/"
APPROVE = {"kind": "callback", "id": "a", "label": "A", "confirm": "Really?"}
OPEN = {"kind": "url", "id": "b", "label": "B", "url": URL, "confirm": "Really?"}
MENTION = {"type": "mention", "users": ["user:li"]}


def card(**parts: Any) -> Card:  # noqa: ANN401 - as a card has them
    return Card.model_validate({"title": "x", **parts})


def test_a_lark_robot_opens_the_link_instead_of_reporting_back() -> None:
    found = losing.for_lark(card(actions=[APPROVE, OPEN], link=URL))
    assert [(loss.loc, loss.becomes) for loss in found] == [
        (("actions", 0), "page"),
        (("actions", 0, "confirm"), "nothing"),
    ]
    without = losing.for_lark(card(actions=[APPROVE]))
    assert next(iter(without)).becomes == "text"


def test_a_lark_robot_links_to_pictures() -> None:
    blocks = [{"type": "image", "url": URL}, {"type": "image", "key": "img_1"}]
    found = losing.for_lark(card(blocks=blocks))
    assert [(loss.loc, loss.becomes) for loss in found] == [(("blocks", 0), "link")]


def test_a_dingtalk_robot_calls_people_or_has_buttons() -> None:
    found = losing.for_dingtalk(card(blocks=[MENTION], actions=[OPEN, APPROVE]))
    assert [(loss.loc, loss.becomes) for loss in found] == [
        (("actions", 0), "link"),
        (("actions", 0, "confirm"), "nothing"),
        (("actions", 1), "text"),
        (("actions", 1, "confirm"), "nothing"),
    ]
    nobody = losing.for_dingtalk(card(actions=[{**OPEN, "confirm": None}]))
    assert list(nobody) == []


def test_a_dingtalk_robot_shows_neither_code_nor_keys_of_pictures() -> None:
    blocks = [
        {"type": "markdown", "text": "~~~\na\n~~~"},
        {"type": "image", "key": "img_1"},
        {"type": "image", "url": URL},
    ]
    found = losing.for_dingtalk(card(blocks=blocks))
    assert [(loss.loc, loss.becomes) for loss in found] == [
        (("blocks", 0), "text"),
        (("blocks", 1), "text"),
    ]


@pytest.mark.parametrize("robot", ROBOTS, ids=lambda robot: robot.name)
def test_a_card_that_is_cut_is_told_and_one_in_parts_is_whole(
    robot: Robot, far_end: ScriptedTransport, fake_clock: FakeClock
) -> None:
    channel = robot_channel(robot, far_end, fake_clock)
    long = [{"type": "markdown", "text": "x " * 9000}] * 2
    assert [loss.loc for loss in channel.losses(card(blocks=long, link=URL))] == [("blocks",)]
    assert list(channel.losses(card(blocks=long))) == []
    assert list(channel.losses(card(link=URL))) == []
