import json
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.accepting import Routed, acceptance, route
from gateway.models import Audience
from gateway.problems import ProblemError
from gateway.request import NotifyRequest
from gateway.rules import ChannelFacts, Facts, PersonFacts
from gateway.template import Template, template_of
from gateway.wording import Contents

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
LARK = ChannelFacts("lark", "lark/cli_1", enabled=True, audience=Audience.PERSON)
ROBOT = ChannelFacts("robot", "acme/robot", enabled=True, audience=Audience.GROUP)
APPROVE = {"kind": "callback", "id": "yes", "label": "Yes"}
ENGLISH = {"title": "Hello {{ name }}", "actions": [{"$if": "name == 'boss'", **APPROVE}]}
CHINESE = {"title": "你好 {{ name }}", "actions": [APPROVE]}
TEMPLATE = template_of("hello", 3, ENGLISH, {"zh-CN": {**CHINESE}}, {})
PEOPLE = {
    "li": PersonFacts(locale="zh-CN"),
    "wu": PersonFacts(locale="zh-TW"),
    "tan": PersonFacts(locale="en"),
    "kim": PersonFacts(),
}


def facts(template: Template | None = TEMPLATE, locale: str = "en") -> Facts:
    channels = {each.name: each for each in (LARK, ROBOT)}
    return Facts(channels, PEOPLE, {}, {}, locale=locale, template=template)


def request(*to: object, **more: object) -> NotifyRequest:
    body = {"type": "t", "to": to, "template": "hello", "data": {"name": "Li"}, **more}
    return NotifyRequest.model_validate(body)


def routed(*to: object, known: Facts | None = None, **more: object) -> Routed:
    return route("acme", request(*to, **more), known or facts(), NOW)


def titles(made: Routed) -> dict[str, str]:
    cards = {made.card_key: made.card, **(made.variants or {})}
    return {d["recipient"]: json.loads(cards[d["card_key"]])["title"] for d in made.deliveries}


def test_everybody_gets_their_own_language_in_one_notification() -> None:
    made = routed("user:li", "user:tan", "user:wu", "user:kim")
    assert titles(made) == {
        "user:li": "你好 Li",
        "user:tan": "Hello Li",
        "user:wu": "你好 Li",
        "user:kim": "Hello Li",
    }
    assert len(made.variants or ()) == 1
    assert sorted(made.locales.values(), key=str) == [None, "zh-CN"]


def test_who_has_no_language_gets_the_tenants_and_so_do_groups() -> None:
    made = routed("user:kim", {"channel": "robot"}, known=facts(locale="zh"))
    assert set(titles(made).values()) == {"你好 Li"}
    assert made.variants is None


def test_only_the_cards_that_somebody_gets_are_made() -> None:
    broken = template_of("hello", 1, ENGLISH, {"fr": {"title": "{{ nom }}"}}, {})
    assert titles(routed("user:tan", known=facts(broken))) == {"user:tan": "Hello Li"}


def test_a_notification_that_reaches_nobody_has_a_card_too() -> None:
    made = routed()
    assert json.loads(made.card)["title"] == "Hello Li"


def test_whether_somebody_decides_depends_on_their_own_card() -> None:
    made = routed("user:li", "user:tan")
    assert {d["recipient"]: d["stateless"] for d in made.deliveries} == {
        "user:li": False,
        "user:tan": True,
    }


def test_what_is_stored_says_which_version_it_was() -> None:
    asked = request("user:li")
    row = acceptance(asked, route("acme", asked, facts(), NOW), None).notification
    assert row["body"]["template"] == "hello"
    assert row["body"]["template_version"] == 3
    assert row["body"]["data"] == {"name": "Li"}


def refused(known: Facts, **more: object) -> dict[str, Any]:
    with pytest.raises(ProblemError) as caught:
        routed("user:li", known=known, **more)
    [error] = caught.value.problem.errors
    return {"code": caught.value.problem.code, **error}


def test_an_unknown_template_is_refused() -> None:
    error = refused(facts(None))
    assert (error["code"], error["loc"]) == ("unknown_template", ["body", "template"])


def test_data_is_judged_before_anything_is_made_of_it() -> None:
    strict = template_of("hello", 1, {"title": "x"}, {}, {"required": ["name"]})
    assert refused(facts(strict), data={})["loc"] == ["body", "data"]


def test_a_variable_that_is_missing_is_named_with_its_place() -> None:
    error = refused(facts(), data={})
    assert error["loc"] == ["body", "template", "locales", "zh-CN", "card", "title"]
    assert error["message"] == "the data has no `name`"


def test_without_a_template_there_is_one_content_for_all_languages() -> None:
    plain = {"template": None, "data": {}, "card": {"title": "Hi"}}
    contents = Contents(request("user:li", **plain), facts(None))
    contents.check()
    assert contents.for_locale("zh-CN") is contents.for_locale("en")
    assert contents.variants is None
    assert contents.source == {}
