from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.accepting import (
    LISTED,
    Routed,
    acceptance,
    answer_for,
    body_of,
    once_key,
    route,
)
from gateway.clock import from_millis, to_millis
from gateway.matching import RuleFacts, judge
from gateway.models import Audience, State
from gateway.problems import ProblemError
from gateway.reasons import Reason
from gateway.request import MAX_RECIPIENTS, NotifyRequest, ToTopic, ToUser
from gateway.rules import ChannelFacts, Facts, PersonFacts
from gateway.store.standing import shard_of

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
MILLIS = to_millis(NOW)
LARK = ChannelFacts("lark", "lark/cli_1", enabled=True, audience=Audience.PERSON)
OFF = ChannelFacts("off", "acme/off", enabled=False, audience=Audience.PERSON)
ROBOT = ChannelFacts("robot", "acme/robot", enabled=True, audience=Audience.GROUP)
PEOPLE = dict.fromkeys(("li", "tan"), PersonFacts())
FACTS = Facts({each.name: each for each in (LARK, OFF, ROBOT)}, PEOPLE, {}, {})
APPROVE = {"kind": "callback", "id": "approve", "label": "Approve"}


def request(**parts: Any) -> NotifyRequest:  # noqa: ANN401 - parts as an application writes them
    body = {"type": "t", "to": ["user:li"], "card": {"title": "Backup"}, **parts}
    return NotifyRequest.model_validate(body)


def routed(**parts: Any) -> Routed:  # noqa: ANN401 - as above
    return route("acme", request(**parts), FACTS, NOW)


def refused(**parts: Any) -> ProblemError:  # noqa: ANN401 - as above
    with pytest.raises(ProblemError) as caught:
        routed(**parts)
    return caught.value


def test_a_plain_notification_is_due_at_once_and_for_a_day() -> None:
    made = routed()
    [delivery] = made.deliveries
    assert (delivery["state"], delivery["reason"]) == (State.QUEUED, None)
    assert (delivery["due"], delivery["expires"]) == (MILLIS, MILLIS + 86_400_000)
    assert delivery["lane"] == "lark/cli_1"
    assert delivery["id"].startswith("dlv_")
    assert delivery["notification"] == made.id


def test_send_at_holds_until_then_and_the_day_begins_there() -> None:
    later = NOW + timedelta(hours=5)
    made = routed(send_at=later.isoformat())
    [delivery] = made.deliveries
    assert (delivery["state"], delivery["reason"]) == (State.HELD, Reason.SCHEDULED)
    assert from_millis(delivery["due"]) == later
    assert from_millis(delivery["expires"]) == later + timedelta(days=1)
    assert made.lanes[0]["next_due"] == delivery["due"]


def test_send_at_in_the_past_is_now() -> None:
    [delivery] = routed(send_at=(NOW - timedelta(hours=1)).isoformat()).deliveries
    assert (delivery["state"], delivery["due"]) == (State.QUEUED, MILLIS)


def test_expires_at_is_kept() -> None:
    soon = NOW + timedelta(minutes=1)
    assert from_millis(routed(expires_at=soon.isoformat()).expires) == soon


@pytest.mark.parametrize(
    ("times", "sentence"),
    [
        ({"send_at": NOW + timedelta(days=91)}, "90 days"),
        ({"expires_at": NOW}, "in the past"),
        ({"expires_at": NOW - timedelta(seconds=1)}, "in the past"),
        (
            {"send_at": NOW + timedelta(hours=2), "expires_at": NOW + timedelta(hours=1)},
            "not after send_at",
        ),
    ],
)
def test_times_that_make_no_sense_are_refused(times: dict[str, datetime], sentence: str) -> None:
    error = refused(**{name: moment.isoformat() for name, moment in times.items()})
    assert error.problem.code == "validation_failed"
    assert sentence in error.problem.errors[0]["message"]


def test_90_days_ahead_is_permitted() -> None:
    routed(send_at=(NOW + timedelta(days=90)).isoformat())


@pytest.mark.parametrize(
    ("parts", "loc"),
    [
        ({"routing": {"channels": ["lark", "fax"]}}, ["body", "routing", "channels", 1]),
        ({"to": [{"channel": "fax"}]}, ["body", "to", 0, "channel"]),
        ({"to": ["user:li", {"channel": "lark"}]}, ["body", "to", 1, "channel"]),
        ({"to": ["user:li", {"chat": "oc_1", "channel": "fax"}]}, ["body", "to", 1, "channel"]),
        ({"overrides": {"fax": {}}}, ["body", "overrides", "fax"]),
        ({"to": [{"topic": "ops"}]}, ["body", "to", 0, "topic"]),
        ({"to": [{"department": "d", "channel": "lark"}]}, ["body", "to", 0, "department"]),
        ({"card": None, "template": "welcome"}, ["body", "template"]),
    ],
)
def test_what_is_not_there_is_refused_with_its_place(parts: dict[str, Any], loc: list[Any]) -> None:
    assert list(refused(**parts).problem.errors[0]["loc"]) == loc


def test_a_channel_that_addresses_persons_is_no_recipient() -> None:
    problem = refused(to=[{"channel": "lark"}]).problem
    assert problem.code == "validation_failed"
    assert problem.errors[0]["message"] == (
        "the channel lark addresses persons: name them, and it in `routing.channels`"
    )


@pytest.mark.parametrize(
    "user",
    [
        "li.wei",
        "user:",
        "user:li wei",
        "ops@x.example",
        "email:ops",
        "mobile:138",
        "@all",
        "chat:c",
    ],
)
def test_a_mention_in_no_form_there_is_is_refused_with_its_place(user: str) -> None:
    blocks = [{"type": "divider"}, {"type": "mention", "users": ["user:nobody", user]}]
    problem = refused(card={"title": "T", "blocks": blocks}).problem
    assert problem.errors[0]["loc"] == ["body", "card", "blocks", 1, "users", 1]
    assert "`user:<id>`" in problem.errors[0]["message"]


def test_whom_a_card_mentions_need_not_be_known() -> None:
    users = ["user:nobody", "email:a@ex.com", "mobile:+6581234567"]
    made = routed(card={"title": "T", "blocks": [{"type": "mention", "users": users}]})
    assert "user:nobody" in made.card


def test_a_disabled_channel_and_an_unknown_user_are_stored_as_suppressed_and_never_due() -> None:
    made = routed(to=["user:li", "user:zhao"], routing={"channels": ["off", "lark"]})
    shown = [(d["recipient"], d["channel"], d["state"], d["reason"]) for d in made.deliveries]
    assert shown == [
        ("user:li", "off", State.SUPPRESSED, Reason.CHANNEL_DISABLED),
        ("user:li", "lark", State.QUEUED, None),
        ("user:zhao", "off", State.SUPPRESSED, Reason.UNKNOWN_USER),
        ("user:zhao", "lark", State.SUPPRESSED, Reason.UNKNOWN_USER),
    ]
    assert [d["due"] is None for d in made.deliveries] == [True, False, True, True]
    assert [lane["key"] for lane in made.lanes] == ["lark/cli_1"]


def test_what_is_suppressed_stays_so_also_for_later() -> None:
    later = (NOW + timedelta(hours=1)).isoformat()
    [delivery] = routed(to=["user:zhao"], send_at=later).deliveries
    assert (delivery["state"], delivery["due"]) == (State.SUPPRESSED, None)


def test_each_lane_is_named_once_with_its_shard() -> None:
    made = routed(to=["user:li", "user:tan", {"channel": "robot"}])
    assert [lane["key"] for lane in made.lanes] == ["acme/robot", "lark/cli_1"]
    assert [lane["shard"] for lane in made.lanes] == [
        shard_of("acme/robot"),
        shard_of("lark/cli_1"),
    ]


def test_the_answer_counts_what_the_rows_say() -> None:
    made = routed(to=["user:li", "user:zhao"])
    answer = answer_for(made)
    assert answer["status"] == "accepted"
    assert answer["counts"] == {"recipients": 2, "deliveries": 2, "suppressed": 1}
    assert answer["deliveries"][0] == {
        "id": made.deliveries[0]["id"],
        "recipient": "user:li",
        "channel": "lark",
        "state": "queued",
        "reason": None,
    }
    assert answer["links"]["explain"] == f"/v1/notifications/{made.id}/explain"


def test_where_nobody_is_reached_the_answer_says_so() -> None:
    assert answer_for(routed(to=["user:zhao"]))["status"] == "suppressed"
    nobody = answer_for(routed(to=[]))
    assert (nobody["status"], nobody["reason"]) == ("suppressed", Reason.NO_RECIPIENTS)


def test_the_answer_lists_a_hundred_deliveries_at_most() -> None:
    answer = answer_for(routed(to=[f"user:u{n}" for n in range(LISTED + 50)]))
    assert len(answer["deliveries"]) == LISTED
    assert answer["counts"]["deliveries"] == LISTED + 50


def test_equal_content_shares_a_key_and_overrides_are_content() -> None:
    plain = routed().card_key
    assert routed(to=["user:tan"], priority="urgent").card_key == plain
    assert routed(card={"title": "Other"}).card_key != plain
    one = routed(overrides={"lark": {"a": 1, "b": 2}}).card_key
    other = routed(overrides={"lark": {"b": 2, "a": 1}}).card_key
    assert one == other
    assert one != plain


@pytest.mark.parametrize(("actions", "stateless"), [([], True), ([APPROVE], False)])
def test_a_card_that_can_change_later_is_no_stateless_one(
    actions: list[dict[str, Any]], stateless: bool
) -> None:
    made = routed(card={"title": "T", "actions": actions})
    assert made.deliveries[0]["stateless"] is stateless


def test_the_row_keeps_what_was_asked_but_no_card_and_no_recipients() -> None:
    asked = request(metadata={"n": 1}, subject="db1", cancellation_key="c", priority="high")
    row = acceptance(asked, route("acme", asked, FACTS, NOW), None).notification
    assert row["body"] == body_of(asked)
    assert row["body"] == {
        "type": "t",
        "subject": "db1",
        "metadata": {"n": 1},
        "cancellation_key": "c",
        "priority": "high",
    }
    assert (row["recipients"], row["priority"], row["cancellation_key"]) == (1, 1, "c")


def test_an_idempotency_key_is_remembered_for_a_day() -> None:
    once = once_key(routed(), "k", "digest", "{}")
    assert once
    assert (once.tenant, once.key, once.digest, once.answer) == ("acme", "k", "digest", "{}")
    assert once.expires == MILLIS + 86_400_000
    assert once_key(routed(), None, "digest", "{}") is None


def test_what_a_person_does_not_want_is_suppressed_and_says_so() -> None:
    likes = PersonFacts(preferences={"types": {"t": {"channels": {"lark": False}}}})
    facts = Facts(FACTS.channels, {"li": likes, "tan": PersonFacts()}, {}, {})
    made = route("acme", request(to=["user:li", "user:tan"]), facts, NOW)
    assert [d["reason"] for d in made.deliveries] == [Reason.PREFERENCE, None]


def test_quiet_hours_are_written_down_in_the_persons_own_time_zone() -> None:
    quiet = {"quiet_hours": {"start": "22:00", "end": "07:00"}}
    li = PersonFacts(time_zone="Asia/Tokyo", preferences=quiet)
    people = {"li": li, "tan": PersonFacts(preferences=quiet)}
    facts = Facts(FACTS.channels, people, {}, {}, time_zone="Asia/Shanghai")
    made = route("acme", request(to=["user:li", "user:tan"]), facts, NOW)
    assert [d["quiet"] for d in made.deliveries] == [
        "22:00-07:00 Asia/Tokyo",
        "22:00-07:00 Asia/Shanghai",
    ]


def ruled(*rules: RuleFacts, topics: dict[str, Any] | None = None, **parts: Any) -> Routed:  # noqa: ANN401 - as above
    asked = request(**parts)
    facts = replace(FACTS, verdicts=judge(rules, asked), topics=topics or {})
    return route("acme", asked, facts, NOW)


def test_a_rules_terms_are_written_into_what_it_makes() -> None:
    rule = RuleFacts("dms", channels=("lark",), user_window_seconds=60, mobile_only=True)
    made = ruled(rule, card={"title": "T", "actions": [APPROVE]})
    [delivery] = made.deliveries
    assert delivery["window_seconds"] == 60
    assert delivery["explain"]["rules"] == ["dms"]
    assert delivery["card_key"] != made.card_key
    assert list(made.variants or {}) == [delivery["card_key"]]


def test_a_plain_notification_keeps_no_record_of_rules() -> None:
    made = routed()
    assert (made.explain, made.deliveries[0]["explain"]) == (None, None)
    assert made.deliveries[0]["window_seconds"] is None


@pytest.mark.parametrize(
    ("rules", "to", "reason"),
    [
        ([], [], Reason.NO_RECIPIENTS),
        ([RuleFacts("r", match={"type": ["other"]})], [], Reason.NO_MATCHING_RULE),
        ([RuleFacts("r")], [], Reason.NO_RECIPIENTS),
        ([RuleFacts("r", enabled=False)], [], Reason.RULE_DISABLED),
        ([RuleFacts("r", enabled=False)], ["user:li"], Reason.RULE_DISABLED),
        ([RuleFacts("r", match={"type": ["other"]}, enabled=False)], ["user:li"], None),
        ([RuleFacts("r", match={"type": ["other"]})], [{"topic": "none"}], Reason.NO_RECIPIENTS),
    ],
)
def test_why_nobody_hears_is_told_of_the_notification_as_well(
    rules: list[RuleFacts], to: list[Any], reason: Reason | None
) -> None:
    made = ruled(*rules, to=to, topics={"none": ()})
    assert made.reason is reason
    assert answer_for(made)["status"] == ("accepted" if reason is None else "suppressed")
    assert (made.explain is None) is (rules == [])


def test_an_unknown_topic_is_refused_by_its_place() -> None:
    problem = refused(to=["user:li", {"topic": "dba"}]).problem
    assert (problem.code, problem.errors[0]["loc"]) == ("unknown_topic", ["body", "to", 1, "topic"])


def test_ten_thousand_is_the_most_also_with_topics_expanded() -> None:
    members = {"all": [ToUser(user=f"u{n}") for n in range(MAX_RECIPIENTS)]}
    assert len(ruled(to=[{"topic": "all"}], topics=members).deliveries) == MAX_RECIPIENTS
    with pytest.raises(ProblemError) as caught:
        ruled(to=[{"topic": "all"}, "user:li"], topics=members)
    assert caught.value.problem.errors[0]["loc"] == ["body", "to"]


def test_rules_add_ten_thousand_at_most() -> None:
    members = {"all": [ToUser(user=f"u{n}") for n in range(MAX_RECIPIENTS)]}
    rule = RuleFacts("r", recipients=(ToTopic(topic="all"),))
    assert len(ruled(rule, to=[], topics=members).deliveries) == MAX_RECIPIENTS
    with pytest.raises(ProblemError, match="rules add more than"):
        ruled(rule, replace(rule, name="again"), to=[], topics=members)
