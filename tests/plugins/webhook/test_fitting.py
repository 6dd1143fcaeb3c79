import json
import re
import time
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.plugin import (
    Block,
    Card,
    ContentError,
    FieldsBlock,
    MarkdownBlock,
    NoteBlock,
    Payload,
    Splits,
)
from gateway.testing import FakeClock, ScriptedTransport
from gateway_lark.emulator.card_check import Known, check
from gateway_webhook.fitting import ELLIPSIS, MOST_PARTS, fit, fits
from gateway_webhook.robot import MAX_BYTES, Robot
from gateway_webhook.robots import DINGTALK_ROBOT, LARK_ROBOT, ROBOTS

from .conftest import KEY, SECRET, TO, body_of, robot_channel

BRANDS = pytest.mark.parametrize("robot", [LARK_ROBOT, DINGTALK_ROBOT], ids=lambda each: each.name)
LINK = "https://dms.example/4711"
PIECES = (
    *("x", "李", "🚑", "👩‍👩‍👧 ", "\n", "**b** ", "```\n", "- i\n"),
    *("<at id=all></at>", "[a](https://b.example)"),
)


def field(text: str) -> dict[str, str]:
    return {"label": text[:9], "value": text[:4000]}


LONG_TEXTS = st.builds(
    lambda pieces, times: ("".join(pieces) * times)[:20_000],
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=6),
    st.integers(1, 20_000),
)
BLOCKS = st.one_of(
    LONG_TEXTS.map(lambda text: {"type": "markdown", "text": text}),
    LONG_TEXTS.map(lambda text: {"type": "note", "text": text[:1000]}),
    LONG_TEXTS.map(lambda text: {"type": "fields", "fields": [field(text)] * 9}),
)
CARDS = st.builds(
    lambda blocks, link: Card.model_validate({"title": "T", "blocks": blocks, "link": link}),
    st.lists(BLOCKS, max_size=4),
    st.sampled_from([None, LINK]),
)


def said(robot: Robot, card: Card, **config: object) -> Sequence[Payload]:
    """Return every message of a card, or none where there would be too many."""
    channel = robot_channel(robot, ScriptedTransport(), FakeClock(), **config)
    assert isinstance(channel, Splits)
    try:
        return channel.split(card)
    except ContentError as refusal:
        if card.link is None and "give it a link" in refusal.message:
            return []
        raise


def rendered(robot: Robot, card: Card, **config: object) -> Payload:
    return robot_channel(robot, ScriptedTransport(), FakeClock(), **config).render(card)


def shown(payload: object) -> str:
    return json.dumps(payload, ensure_ascii=False)


def parts_of(robot: Robot, card: Card) -> list[Card]:
    return fit(card, lambda part: robot.write(part, None), MAX_BYTES - 200)


def size(payload: Payload) -> int:
    return len(json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode())


@BRANDS
@settings(max_examples=25, deadline=None)
@given(card=CARDS)
def test_whatever_people_write_fits_in_bytes(robot: Robot, card: Card) -> None:
    messages = said(robot, card, keyword="关键词")
    assert all(size(each) <= MAX_BYTES - 200 for each in messages)
    assert all("关键词" in shown(each) for each in messages)
    assert len(messages) <= (1 if card.link else MOST_PARTS)


@BRANDS
@settings(max_examples=25, deadline=None)
@given(card=CARDS)
def test_all_of_a_card_arrives_or_a_link_to_the_rest_does(robot: Robot, card: Card) -> None:
    messages = said(robot, card)
    if card.link is not None:
        [message] = messages
        whole = fits(card, lambda part: robot.write(part, None), MAX_BYTES - 200)
        assert whole or f"[{ELLIPSIS}]({LINK})" in shown(message)
    elif messages:
        assert words(parts_of(robot, card)) == words([card])


WORD = re.compile(r"[^\s`]")


def words(cards: Sequence[Card]) -> str:
    """Return every visible character of some cards; code may be opened anew, so no backticks."""
    blocks = [block for card in cards for block in card.blocks]
    texts = [text for block in blocks for text in texts_of(block)]
    return "".join(WORD.findall("".join(texts)))


def texts_of(block: Block) -> list[str]:
    match block:
        case MarkdownBlock() | NoteBlock():
            return [block.text]
        case FieldsBlock():
            return [text for field in block.fields for text in (field.label, field.value)]
    return []


@BRANDS
@settings(max_examples=8, deadline=None)
@given(numbers=st.integers(1000, 4_000), width=st.integers(1, 30))
def test_every_line_is_read_once_and_in_order(robot: Robot, numbers: int, width: int) -> None:
    lines = [f"w{number}{'李' * width}" for number in range(numbers)]
    pages = ["\n".join(lines[start : start + 200]) for start in range(0, numbers, 200)]
    blocks = [{"type": "markdown", "text": page} for page in pages]
    messages = said(robot, Card.model_validate({"title": "T", "blocks": blocks}))
    if messages:
        assert re.findall(r"w\d+", " ".join(map(shown, messages))) == [
            line.rstrip("李") for line in lines
        ]


@settings(max_examples=20, deadline=None)
@given(card=CARDS)
def test_every_part_is_one_that_the_platform_takes(card: Card) -> None:
    def nothing(_: str) -> bool:
        return False

    for payload in said(LARK_ROBOT, card):
        check(payload["card"], Known(nothing, nothing, nothing))


@BRANDS
@pytest.mark.parametrize("link", [None, LINK])
@pytest.mark.parametrize("character", ["ж", "李", "🚑", "<"])
def test_as_much_is_kept_together_as_fits(robot: Robot, character: str, link: str | None) -> None:
    blocks = [{"type": "markdown", "text": character * 15_000}] * 2
    card = Card.model_validate({"title": "T", "blocks": blocks, "link": link})
    messages = said(robot, card)
    assert 0.9 * MAX_BYTES < size(messages[0]) <= MAX_BYTES
    assert (ELLIPSIS in shown(messages[0])) == (link is not None)
    assert (
        sum(shown(each).count(character) for each in messages) == 30_000 or link or character == "<"
    )


@BRANDS
def test_parts_are_numbered_and_the_last_has_the_buttons(robot: Robot) -> None:
    blocks = [{"type": "markdown", "text": "李" * 6000}] * 2
    button = {"kind": "url", "id": "open", "label": "Open", "url": "https://dms.example/1"}
    card = Card.model_validate({"title": "Report", "blocks": blocks, "actions": [button]})
    messages = said(robot, card)
    assert [f"({n}/{len(messages)})" in shown(each) for n, each in enumerate(messages, 1)] == [
        True,
        True,
    ]
    assert ["Open" in shown(each) for each in messages] == [False, True]


@BRANDS
def test_buttons_that_do_not_fit_beside_the_text_come_after_it(robot: Robot) -> None:
    url = "https://dms.example/" + "x" * 1500
    actions = [{"kind": "url", "id": f"a{n}", "label": "Open", "url": url} for n in range(5)]
    blocks = [{"type": "markdown", "text": "李" * 5000}]
    card = Card.model_validate({"title": "T", "blocks": blocks, "actions": actions})
    messages = said(robot, card)
    assert [("Open" in shown(each), "李" in shown(each)) for each in messages] == [
        (False, True),
        (True, False),
    ]


@BRANDS
def test_a_digest_of_many_sections_is_read_whole(robot: Robot) -> None:
    section = {"type": "markdown", "text": "**Ticket** " + "李" * 800}
    fields = {"type": "fields", "fields": [{"label": "n", "value": str(n)} for n in range(3)]}
    blocks = [block for _ in range(33) for block in (section, fields, {"type": "divider"})]
    messages = said(robot, Card.model_validate({"title": "33 tickets", "blocks": blocks}))
    assert len(messages) > 1
    assert sum(shown(each).count("Ticket") for each in messages) == 33


@BRANDS
def test_who_is_mentioned_is_called_once(robot: Robot) -> None:
    users = [f"user:{number:0100}" for number in range(50)]
    blocks = [{"type": "mention", "users": users}, {"type": "markdown", "text": "李" * 6500}]
    known = {user: f"u{user[-2:]}" for user in users}
    card = Card.model_validate({"title": "T", "blocks": blocks}).mentioning(known)
    messages = said(robot, card)
    assert len(messages) == 2
    text = "".join(map(shown, messages))
    assert [text.count(f"id=u{n:02}>") + text.count(f"@u{n:02}") for n in range(50)] == [1] * 50


@BRANDS
def test_a_card_of_too_many_parts_is_refused_with_the_advice(robot: Robot) -> None:
    blocks = [{"type": "markdown", "text": "李" * 20_000}] * 10
    card = Card.model_validate({"title": "T", "blocks": blocks})
    with pytest.raises(ContentError, match="more than 10 messages; give it a link"):
        rendered(robot, card)


def test_a_card_is_divided_once_for_all_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    channel = robot_channel(LARK_ROBOT, ScriptedTransport(), FakeClock())
    assert isinstance(channel, Splits)
    card = Card.model_validate(
        {"title": "T", "blocks": [{"type": "markdown", "text": "李" * 9000}]}
    )
    assert channel.split(card) is channel.split(card)
    assert channel.render(card) == channel.split(card)[0]


@BRANDS
def test_what_is_cut_is_cut_at_the_end_of_a_line(robot: Robot) -> None:
    lines = "".join(f"line {number:04} 李伟\n" for number in range(1500))
    blocks = [{"type": "markdown", "text": lines}, {"type": "note", "text": "the end"}]
    text = shown(
        rendered(robot, Card.model_validate({"title": "T", "blocks": blocks, "link": LINK}))
    )
    assert "line 0000 李伟" in text
    assert text.count("line ") == text.count("李伟") > 500
    assert "the end" not in text
    assert f"[{ELLIPSIS}]({LINK})" in text


@BRANDS
def test_what_fits_is_not_touched(robot: Robot) -> None:
    blocks = [{"type": "markdown", "text": "x" * 15_000}]
    card = Card.model_validate({"title": "T", "blocks": blocks})
    assert ELLIPSIS not in json.dumps(rendered(robot, card), ensure_ascii=False)


@BRANDS
def test_fields_are_cut_between_two(robot: Robot) -> None:
    fields = [{"label": str(number), "value": "李" * 1000} for number in range(50)]
    card = Card.model_validate({"title": "T", "blocks": [{"type": "fields", "fields": fields}]})
    assert json.dumps(rendered(robot, card), ensure_ascii=False).count("李") % 1000 == 0


@pytest.mark.parametrize("link", [None, LINK])
@pytest.mark.parametrize("fence", ["```", "````sql", "~~~"])
def test_code_that_is_divided_is_closed_and_goes_on_as_code(link: str | None, fence: str) -> None:
    blocks = [{"type": "markdown", "text": f"{fence}\n" + "SELECT `1`;\n" * 1499}] * 2
    card = Card.model_validate({"title": "T", "blocks": blocks, "link": link})
    for payload in said(LARK_ROBOT, card):
        elements = payload["card"]["body"]["elements"]
        for element in elements[:-1] if link else elements:
            assert element["content"].startswith("```")
            assert element["content"].endswith("\n```")
            assert "SELECT" in element["content"]


@BRANDS
def test_what_cannot_be_cut_is_refused(robot: Robot) -> None:
    url = "https://dms.example/" + "x" * 2000
    actions = [{"kind": "url", "id": f"a{n}", "label": "L", "url": url} for n in range(20)]
    card = Card.model_validate({"title": "T", "actions": actions})
    with pytest.raises(ContentError, match="alone"):
        rendered(robot, card)


@pytest.mark.parametrize("robot", ROBOTS, ids=lambda each: each.name)
async def test_the_whole_request_stays_within_the_limit(
    robot: Robot, far_end: ScriptedTransport, fake_clock: FakeClock
) -> None:
    far_end.then({"code": 0, "errcode": 0})
    channel = robot_channel(robot, far_end, fake_clock, secret=SECRET, keyword="ops")
    blocks = [{"type": "markdown", "text": "第" * 20_000}] * 50
    card = Card.model_validate({"title": "T", "blocks": blocks, "link": LINK})
    await channel.send(TO, channel.render(card), key=KEY)
    assert len(far_end.requests[0].content) <= MAX_BYTES
    assert body_of(far_end.requests[0])


@pytest.mark.parametrize("robot", ROBOTS, ids=lambda each: each.name)
async def test_overrides_that_make_it_too_large_are_refused_without_a_call(
    robot: Robot, far_end: ScriptedTransport, fake_clock: FakeClock
) -> None:
    channel = robot_channel(robot, far_end, fake_clock)
    with pytest.raises(ContentError, match="20000"):
        await channel.send(TO, {"own": "李" * 7000}, key=KEY)
    with pytest.raises(ContentError, match="JSON"):
        await channel.send(TO, {"own": float("nan")}, key=KEY)
    assert far_end.requests == []


@BRANDS
@pytest.mark.parametrize("link", [None, LINK])
def test_no_card_takes_long(robot: Robot, link: str | None) -> None:
    blocks = [{"type": "markdown", "text": "*a `b [c](" * 2000}] * 50
    card = Card.model_validate({"title": "T", "blocks": blocks, "link": link})
    before = time.process_time()
    said(robot, card)
    assert time.process_time() - before < 2.0
