from collections.abc import Sequence
from typing import Any

import pytest

from gateway.models import Audience
from gateway.reasons import Reason
from gateway.request import NotifyRequest
from gateway.rules import ChannelFacts, Facts, PersonFacts, concern


def channel(name: str, *, enabled: bool = True, group: bool = False) -> ChannelFacts:
    audience = Audience.GROUP if group else Audience.PERSON
    return ChannelFacts(name, f"acme/{name}", enabled, audience)


LARK, DING = channel("lark"), channel("ding")
OFF, ROBOT = channel("off", enabled=False), channel("robot", group=True)


def facts(*channels: ChannelFacts, users_only: bool = False) -> Facts:
    return Facts(
        channels={each.name: each for each in channels or (LARK, DING, OFF, ROBOT)},
        people=dict.fromkeys(("li", "tan"), PersonFacts()),
        by_email={"li@x.example": "li"},
        by_mobile={"+6591230001": "li"},
        users_only=users_only,
    )


def pairs(
    to: Sequence[Any], known: Facts | None = None, channels: Sequence[str] | None = None
) -> list[tuple[str, str | None, Reason | None]]:
    body = {"type": "t", "to": to, "card": {"title": "T"}, "routing": {"channels": channels}}
    found = concern(NotifyRequest.model_validate(body), known or facts())
    return [
        (pair.recipient.key, pair.channel.name if pair.channel else None, pair.reason)
        for pair in found
    ]


def test_a_person_hears_on_every_enabled_channel_for_persons() -> None:
    assert pairs(["user:li"]) == [("user:li", "lark", None), ("user:li", "ding", None)]


def test_named_channels_are_the_only_ones_and_in_their_order() -> None:
    found = pairs(["user:li", "user:tan"], channels=["ding", "lark"])
    assert found == [
        ("user:li", "ding", None),
        ("user:li", "lark", None),
        ("user:tan", "ding", None),
        ("user:tan", "lark", None),
    ]


def test_a_named_channel_that_is_off_is_told_as_such() -> None:
    assert pairs(["user:li"], channels=["off", "lark"]) == [
        ("user:li", "off", Reason.CHANNEL_DISABLED),
        ("user:li", "lark", None),
    ]


def test_where_every_channel_is_off_each_says_so() -> None:
    assert pairs(["user:li"], facts(OFF)) == [("user:li", "off", Reason.CHANNEL_DISABLED)]


@pytest.mark.parametrize("known", [facts(ROBOT), Facts({}, {"li": PersonFacts()}, {}, {})])
def test_without_a_channel_for_persons_there_is_one_pair_that_says_so(known: Facts) -> None:
    assert pairs(["user:li"], known) == [("user:li", None, Reason.NO_MATCHING_CHANNEL)]


def test_nobody_is_named_on_no_channels() -> None:
    assert pairs(["user:li"], channels=[]) == [("user:li", None, Reason.NO_MATCHING_CHANNEL)]


def test_an_unknown_user_is_told_on_each_channel_and_spares_the_others() -> None:
    assert pairs(["user:zhao", "user:li"], facts(LARK)) == [
        ("user:zhao", "lark", Reason.UNKNOWN_USER),
        ("user:li", "lark", None),
    ]


def test_an_unknown_user_is_named_before_a_channel_that_is_off() -> None:
    assert pairs(["user:zhao"], facts(OFF)) == [("user:zhao", "off", Reason.UNKNOWN_USER)]


def test_an_unknown_user_is_named_before_a_missing_channel() -> None:
    assert pairs(["user:zhao"], facts(ROBOT)) == [("user:zhao", None, Reason.UNKNOWN_USER)]


@pytest.mark.parametrize("to", [{"email": "li@x.example"}, {"mobile": "+6591230001"}])
def test_an_address_of_a_user_is_that_user(to: dict[str, str]) -> None:
    assert pairs([to], facts(LARK)) == [("user:li", "lark", None)]


def test_an_address_of_nobody_in_particular_stays_an_address() -> None:
    assert pairs([{"email": "new@x.example"}], facts(LARK)) == [
        ("email:new@x.example", "lark", None)
    ]


@pytest.mark.parametrize("to", [{"email": "new@x.example"}, {"mobile": "+6590000000"}])
def test_where_only_users_may_be_reached_an_address_of_nobody_is_unknown(
    to: dict[str, str],
) -> None:
    [(_, _, reason)] = pairs([to], facts(LARK, users_only=True))
    assert reason is Reason.UNKNOWN_USER


def test_where_only_users_may_be_reached_a_users_address_still_works() -> None:
    known = facts(LARK, users_only=True)
    assert pairs([{"email": "li@x.example"}], known) == [("user:li", "lark", None)]


def test_one_person_under_three_names_hears_once_on_each_channel() -> None:
    everyone = ["user:li", {"email": "li@x.example"}, {"mobile": "+6591230001"}, "user:li"]
    assert pairs(everyone) == [("user:li", "lark", None), ("user:li", "ding", None)]


def test_a_group_channel_is_addressed_by_its_own_name() -> None:
    assert pairs([{"channel": "robot"}]) == [("channel:robot", "robot", None)]


def test_naming_a_group_channel_in_the_routing_is_the_same() -> None:
    assert pairs([], channels=["robot"]) == [("channel:robot", "robot", None)]
    assert pairs([{"channel": "robot"}], channels=["robot"]) == [("channel:robot", "robot", None)]


def test_group_channels_are_never_used_by_default() -> None:
    assert all(name != "robot" for _, name, _ in pairs(["user:li"]))


def test_a_group_channel_that_is_off_is_told_as_such() -> None:
    known = facts(channel("robot", enabled=False, group=True))
    assert pairs([{"channel": "robot"}], known) == [
        ("channel:robot", "robot", Reason.CHANNEL_DISABLED)
    ]


def test_persons_and_a_group_in_one_routing_each_get_theirs() -> None:
    assert pairs(["user:li"], channels=["robot", "lark"]) == [
        ("channel:robot", "robot", None),
        ("user:li", "lark", None),
    ]


def test_a_chat_is_reached_on_the_channel_it_names_alone() -> None:
    chat = {"chat": "oc_1", "channel": "lark"}
    assert pairs([chat, chat]) == [("chat:oc_1", "lark", None)]
    assert pairs([{"chat": "oc_1", "channel": "off"}]) == [
        ("chat:oc_1", "off", Reason.CHANNEL_DISABLED)
    ]


def test_the_same_chat_id_on_two_channels_is_two_chats() -> None:
    to = [{"chat": "oc_1", "channel": "lark"}, {"chat": "oc_1", "channel": "ding"}]
    assert [name for _, name, _ in pairs(to)] == ["lark", "ding"]


def test_only_users_are_meant_by_users_only_not_groups() -> None:
    known = facts(LARK, ROBOT, users_only=True)
    to = [{"channel": "robot"}, {"chat": "oc_1", "channel": "lark"}]
    assert [reason for _, _, reason in pairs(to, known)] == [None, None]


def test_nobody_named_is_nobody_told() -> None:
    assert pairs([]) == []
