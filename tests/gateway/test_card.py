import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.card import (
    CallbackAction,
    Card,
    DividerBlock,
    FieldsBlock,
    ImageBlock,
    MarkdownBlock,
    MentionBlock,
    NoteBlock,
    Severity,
    UrlAction,
)

URL = "https://x.example/4711"
OPEN = {"kind": "url", "id": "open", "label": "Open", "url": URL}
APPROVE = {"kind": "callback", "id": "approve", "label": "Approve"}


def card(**parts: Any) -> Card:  # noqa: ANN401 - parts as an application writes them
    return Card.model_validate({"title": "Backup", **parts})


def block(**parts: Any) -> Card:  # noqa: ANN401 - as above
    return card(blocks=[parts])


@pytest.mark.parametrize(
    ("name", "kind", "more"),
    [
        ("markdown", MarkdownBlock, {"text": "**x**"}),
        ("fields", FieldsBlock, {"fields": [{"label": "a", "value": "b"}]}),
        ("image", ImageBlock, {"url": URL}),
        ("divider", DividerBlock, {}),
        ("note", NoteBlock, {"text": "small"}),
        ("mention", MentionBlock, {"users": ["user:li.wei"]}),
    ],
)
def test_the_type_of_a_block_says_which_it_is(name: str, kind: type, more: dict[str, Any]) -> None:
    assert isinstance(block(type=name, **more).blocks[0], kind)


def test_the_kind_of_an_action_says_which_it_is() -> None:
    first, second = card(actions=[OPEN, APPROVE]).actions
    assert isinstance(first, UrlAction)
    assert isinstance(second, CallbackAction)


@pytest.mark.parametrize(
    "parts",
    [
        {"title": ""},
        {"title": "x" * 301},
        {"summary": "x" * 1001},
        {"severity": "fatal"},
        {"link": "javascript:alert(1)"},
        {"link": "https://"},
        {"link": "https://x.example/a b"},
        {"link": "https://x.example/\n"},
        {"link": "https://x.example/" + "x" * 2048},
        {"colour": "red"},
        {"blocks": [{"type": "divider"}] * 101},
        {"blocks": [{"type": "video"}]},
        {"blocks": [{"text": "no type"}]},
        {"blocks": [{"type": "divider", "text": "x"}]},
        {"blocks": [{"type": "markdown", "text": "x" * 20_001}]},
        {"blocks": [{"type": "note", "text": "x" * 1001}]},
        {"blocks": [{"type": "fields", "fields": []}]},
        {"blocks": [{"type": "fields", "fields": [{"label": "a", "value": "b"}] * 51}]},
        {"blocks": [{"type": "fields", "fields": [{"label": "a", "value": "x" * 4001}]}]},
        {"blocks": [{"type": "image"}]},
        {"blocks": [{"type": "image", "url": URL, "key": "img_1"}]},
        {"blocks": [{"type": "mention", "users": ["user:x"] * 51}]},
        {"blocks": [{"type": "mention", "users": ["x" * 129]}]},
        {"actions": [OPEN] * 2},
        {"actions": [{**OPEN, "id": str(n)} for n in range(21)]},
        {"actions": [{**OPEN, "id": "no spaces"}]},
        {"actions": [{**OPEN, "id": ""}]},
        {"actions": [{**OPEN, "label": ""}]},
        {"actions": [{**OPEN, "label": "x" * 101}]},
        {"actions": [{**OPEN, "url": "lark://x"}]},
        {"actions": [{**OPEN, "once": True}]},
        {"actions": [{**APPROVE, "style": "pink"}]},
        {"actions": [{**APPROVE, "kind": "submit"}]},
        {"actions": [{**APPROVE, "url": URL}]},
    ],
)
def test_what_no_platform_could_show_is_refused(parts: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        card(**parts)


@pytest.mark.parametrize(
    "parts",
    [
        {"title": "x" * 300},
        {"blocks": [{"type": "divider"}] * 100},
        {"blocks": [{"type": "markdown", "text": "x" * 20_000}]},
        {"blocks": [{"type": "markdown", "text": ""}]},
        {"blocks": [{"type": "mention", "users": []}]},
        {"actions": [{**APPROVE, "id": str(n)} for n in range(20)]},
        {"link": "http://x.example/" + "x" * 2031},
    ],
)
def test_the_limits_themselves_are_permitted(parts: dict[str, Any]) -> None:
    card(**parts)


def test_a_title_is_all_a_card_needs() -> None:
    plain = card()
    assert plain.severity is Severity.NEUTRAL
    assert plain.text == "Backup"
    assert not plain.has_callbacks


def test_a_card_does_not_change() -> None:
    with pytest.raises(ValidationError):
        setattr(card(), "title", "Other")  # noqa: B010 - mypy refuses the plain way


def test_a_card_as_plain_text_says_everything_that_can_be_said_without_buttons() -> None:
    blocks: list[dict[str, Any]] = [
        {"type": "markdown", "text": "**42** files"},
        {"type": "fields", "fields": [{"label": "Host", "value": "db1"}]},
        {"type": "image", "url": URL, "alt": "chart"},
        {"type": "image", "key": "img_1"},
        {"type": "divider"},
        {"type": "note", "text": "nightly"},
        {"type": "mention", "users": ["user:li.wei", "ops@x.example"]},
    ]
    assert card(blocks=blocks, actions=[OPEN, APPROVE], link=URL).text.split("\n") == [
        "Backup",
        "**42** files",
        "Host: db1",
        f"chart {URL}",
        "---",
        "nightly",
        "@li.wei @ops@x.example",
        f"Open: {URL}",
        URL,
    ]


def test_only_a_callback_can_change_a_card_later() -> None:
    assert not card(actions=[OPEN]).has_callbacks
    assert card(actions=[OPEN, APPROVE]).has_callbacks


def test_a_card_learns_who_is_mentioned_and_forgets_who_is_not() -> None:
    plain = card(
        blocks=[
            {"type": "mention", "users": ["user:li", "user:tan"]},
            {"type": "divider"},
            {"type": "mention", "users": ["user:wang"]},
        ]
    )
    assert plain.mentions == ("user:li", "user:tan", "user:wang")
    knowing = plain.mentioning({"user:li": "ou_1", "user:zhao": "ou_2"})
    blocks = [each for each in knowing.blocks if isinstance(each, MentionBlock)]
    assert [dict(each.identities) for each in blocks] == [{"user:li": "ou_1"}, {}]
    assert [each.identities for each in plain.blocks if isinstance(each, MentionBlock)] == [{}, {}]


def test_identities_are_never_written_into_the_stored_card() -> None:
    knowing = block(type="mention", users=["user:li"]).mentioning({"user:li": "ou_secret"})
    assert "ou_secret" not in knowing.model_dump_json()


def test_a_card_without_mentions_stays_the_same_object() -> None:
    plain = card()
    assert plain.mentioning({"user:li": "ou_1"}) is plain


Parts = st.SearchStrategy[dict[str, Any]]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
LABEL = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=100)
FIELD: Parts = st.builds(dict, label=TEXT, value=TEXT, short=st.booleans())
BLOCK: Parts = st.one_of(
    st.builds(dict, type=st.just("markdown"), text=TEXT),
    st.builds(dict, type=st.just("fields"), fields=st.lists(FIELD, min_size=1, max_size=3)),
    st.builds(dict, type=st.just("image"), url=st.just(URL), alt=TEXT),
    st.builds(dict, type=st.just("image"), key=TEXT),
    st.builds(dict, type=st.just("divider")),
    st.builds(dict, type=st.just("note"), text=TEXT),
    st.builds(dict, type=st.just("mention"), users=st.lists(TEXT, max_size=3)),
)
CARDS: Parts = st.builds(
    dict,
    title=LABEL,
    severity=st.sampled_from([each.value for each in Severity]),
    blocks=st.lists(BLOCK, max_size=5),
    actions=st.lists(st.sampled_from([OPEN, APPROVE]), max_size=2, unique_by=lambda a: a["id"]),
    link=st.sampled_from([None, URL]),
)


@given(CARDS)
@settings(max_examples=100, deadline=None)
def test_any_valid_card_survives_the_store_and_has_a_text(parts: dict[str, Any]) -> None:
    made = Card.model_validate(parts)
    stored = made.model_dump_json(exclude_defaults=False)
    again = Card.model_validate_json(stored)
    assert again == made
    assert again.model_dump_json(exclude_defaults=False) == stored
    assert made.text.startswith(made.title)
    assert json.loads(stored)["title"] == parts["title"]
