import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import gateway_dingtalk
import gateway_lark
from gateway.card import Card
from gateway.plugin import Payload
from gateway.template import DEFAULT, problem_of, template_of
from gateway.template.cards import MOST_BYTES, TemplateFaultError
from gateway.testing import FakeClock, Marks, ScriptedTransport, Subject, context_for
from gateway_webhook.robots import LARK_ROBOT
from tests.contract import dingtalk_subject, lark_subject, webhook_subject

CARD: dict[str, Any] = {"title": "Hello {{ name }}"}
CHINESE: dict[str, Any] = {"title": "你好 {{ name }}"}


def locale_for(known: list[str], *wanted: str | None) -> str:
    cards = dict.fromkeys(known, CARD)
    return template_of("t", 1, CARD, cards, {}).locale_for(*wanted)


@pytest.mark.parametrize(
    ("known", "wanted", "found"),
    [
        (["zh-CN", "zh-TW"], ["zh-TW"], "zh-TW"),
        (["zh-CN"], ["ZH-cn"], "zh-CN"),
        (["zh", "zh-TW"], ["zh-CN"], "zh"),
        (["zh-TW", "zh-CN"], ["zh"], "zh-CN"),
        (["zh-CN"], ["zh-Hans-SG"], "zh-CN"),
        (["zh-CN"], ["fr", "zh-CN"], "zh-CN"),
        (["zh-CN"], ["fr", "en"], DEFAULT),
        (["zh-CN"], [None, "zh-CN"], "zh-CN"),
        ([], ["zh-CN"], DEFAULT),
    ],
)
def test_the_recipients_language_comes_first_then_the_tenants(
    known: list[str], wanted: list[str | None], found: str
) -> None:
    assert locale_for(known, *wanted) == found


def test_each_locale_has_its_own_card() -> None:
    template = template_of("t", 1, CARD, {"zh-CN": CHINESE}, {})
    assert template.card(DEFAULT, {"name": "Li"}).title == "Hello Li"
    assert template.card("zh-CN", {"name": "李"}).title == "你好 李"


def told(error: TemplateFaultError) -> list[Any]:
    return [one["loc"] for one in problem_of(error).problem.errors]


def test_what_is_wrong_is_told_of_every_card_and_of_the_schema_at_once() -> None:
    with pytest.raises(TemplateFaultError) as caught:
        template_of("t", 1, {"title": "{{ a"}, {"zh-CN": {"blocks": []}}, {"type": "bogus"})
    assert told(caught.value) == [
        ["body", "card", "title"],
        ["body", "locales", "zh-CN", "card", "title"],
        ["body", "variables", "type"],
    ]


def test_a_hole_that_the_schema_does_not_name_is_a_misspelling() -> None:
    variables = {"properties": {"nmae": {"type": "string"}}}
    with pytest.raises(TemplateFaultError, match="names no `name`") as caught:
        template_of("t", 1, CARD, {}, variables)
    assert told(caught.value) == [["body", "card", "title"]]


def test_data_is_judged_by_the_schema_with_its_place() -> None:
    variables = {"properties": {"name": {"type": "string"}}, "required": ["name"]}
    template = template_of("t", 1, CARD, {}, variables)
    template.check({"name": "Li"})
    with pytest.raises(TemplateFaultError) as caught:
        template.check({"name": 1})
    assert told(caught.value) == [["body", "data", "name"]]


def test_too_much_data_is_refused() -> None:
    with pytest.raises(TemplateFaultError, match="bytes"):
        template_of("t", 1, CARD, {}, {}).check({"name": "x" * MOST_BYTES})


def test_what_the_data_lacks_is_named_with_its_place_in_the_template() -> None:
    template = template_of("t", 1, CARD, {"zh-CN": CHINESE}, {})
    for locale, place in ((DEFAULT, ["card"]), ("zh-CN", ["locales", "zh-CN", "card"])):
        with pytest.raises(TemplateFaultError, match="the data has no `name`") as caught:
            template.card(locale, {})
        assert told(caught.value) == [["body", "template", *place, "title"]]


EVERYWHERE: dict[str, Any] = {
    "title": "T {{ v }}",
    "summary": "{{ v }}",
    "link": "https://own.example/{{ v }}",
    "blocks": [
        {"type": "markdown", "text": "**{{ v }}** *{{ v }}* - {{ v }}"},
        {"type": "markdown", "text": "[own](https://own.example/{{ v }})"},
        {"type": "markdown", "text": "- {{ v }}\n- {{ v }}\n\n{{ v }}\n{{ v | code }}"},
        {"type": "fields", "fields": [{"label": "{{ v }}", "value": "{{ v }}"}]},
        {"type": "image", "url": "https://own.example/{{ v }}", "alt": "{{ v }}"},
        {"type": "note", "text": "{{ v }}"},
        {"type": "mention", "users": ["user:li.wei"]},
    ],
    "actions": [
        {"kind": "url", "id": "open", "label": "A{{ v | truncate(90) }}", "confirm": "{{ v }}",
         "url": "https://own.example/{{ v }}"},
        {"kind": "callback", "id": "yes", "label": "B{{ v | truncate(90) }}",
         "value": {"v": "{{ v }}"}},
    ],
}  # fmt: skip
TEMPLATE = template_of("everywhere", 1, EVERYWHERE, {}, {})
SUBJECTS = [
    lark_subject.subject_of(gateway_lark.LARK, gateway_lark),
    dingtalk_subject.subject_of(gateway_dingtalk.STANDARD, gateway_dingtalk),
    dingtalk_subject.subject_of(gateway_dingtalk.STANDARD, gateway_dingtalk, card_template_id=None),
    webhook_subject.lark_subject(LARK_ROBOT),
    webhook_subject.dingtalk_subject(),
]
SNIPPETS = st.sampled_from([
    *("<at id=all></at>", "@all", "[a](https://evil.example)", "![a](https://evil.example/a.png)"),
    *("](https://evil.example)", "a) [b](https://evil.example", "<a atId=all>x</a>", "**", "`"),
    *("```", "\n", "\n- ", "\n# ", "\n> ", "\\", "[", "]", "(", ")", "<", ">", "~~~", "_", "*"),
    *("https://", "//evil.example", "@13800000000", "1. ", "&lt;at id=all&gt;", "李", "{{ v }}"),
    '"}],"title":"x"',
])  # fmt: skip


def written(subject: Subject) -> Any:  # noqa: ANN401 - a channel of whichever plugin
    credential = subject.channel_type.credential.model_validate(dict(subject.config))
    return subject.channel_type.open(credential, context_for(ScriptedTransport(), FakeClock()))


def marks(subject: Subject, channel: Any, value: str) -> tuple[Payload, Marks]:  # noqa: ANN401 - as above
    card = TEMPLATE.card(DEFAULT, {"v": value}).mentioning({"user:li.wei": "ou_0123456789abcdef"})
    payload = channel.render(card)
    assert subject.marks is not None
    return payload, subject.marks(payload)


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda each: each.channel_type.name)
def test_data_never_becomes_a_mention_a_link_or_a_button(subject: Subject) -> None:
    channel = written(subject)
    _, usual = marks(subject, channel, "x")

    @settings(max_examples=200, deadline=None)
    @example("```[a](https://evil.example)")
    @example("[a](https://evil.example)\r")
    @example("<at id=all></at>" * 12)
    @given(st.lists(SNIPPETS | st.text(max_size=4), min_size=1, max_size=5).map("".join))
    def verify(value: str) -> None:
        payload, found = marks(subject, channel, value)
        # Long data may push parts out of a platform's room; it never adds any.
        assert set(found.mentions) <= set(usual.mentions)
        assert len(found.buttons) <= len(usual.buttons)
        assert len(found.links) <= len(usual.links), found.links
        assert all(link.startswith("https://own.example/") for link in found.links), found.links
        assert json.loads(json.dumps(payload)) == payload

    verify()


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=30))
def test_data_never_changes_the_shape_of_a_card(value: str) -> None:
    card = TEMPLATE.card(DEFAULT, {"v": value})
    usual = TEMPLATE.card(DEFAULT, {"v": "x"})
    assert [b.type for b in card.blocks] == [b.type for b in usual.blocks]
    assert [(a.id, a.kind) for a in card.actions] == [(a.id, a.kind) for a in usual.actions]
    assert card.mentions == usual.mentions
    assert Card.model_validate_json(card.model_dump_json()) == card
