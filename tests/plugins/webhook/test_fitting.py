import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.plugin import Card, ContentError, Payload
from gateway.testing import FakeClock, ScriptedTransport
from gateway_lark.emulator.card_check import Known, check
from gateway_webhook.fitting import ELLIPSIS
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


def rendered(robot: Robot, card: Card, **config: object) -> Payload:
    return robot_channel(robot, ScriptedTransport(), FakeClock(), **config).render(card)


def size(payload: Payload) -> int:
    return len(json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode())


@BRANDS
@settings(max_examples=60, deadline=None)
@given(card=CARDS)
def test_whatever_people_write_fits_in_bytes(robot: Robot, card: Card) -> None:
    assert size(rendered(robot, card, keyword="关键词")) <= MAX_BYTES


@settings(max_examples=40, deadline=None)
@given(card=CARDS)
def test_a_shortened_card_is_still_one_that_the_platform_takes(card: Card) -> None:
    def nothing(_: str) -> bool:
        return False

    check(rendered(LARK_ROBOT, card)["card"], Known(nothing, nothing, nothing))


@BRANDS
@pytest.mark.parametrize("character", ["x", "李", "🚑", "<"])
def test_as_much_is_kept_as_fits(robot: Robot, character: str) -> None:
    blocks = [{"type": "markdown", "text": character * 20_000}] * 2
    payload = rendered(robot, Card.model_validate({"title": "T", "blocks": blocks}))
    assert 0.9 * MAX_BYTES < size(payload) <= MAX_BYTES
    assert ELLIPSIS in json.dumps(payload, ensure_ascii=False)


@BRANDS
def test_what_is_cut_is_cut_at_the_end_of_a_line(robot: Robot) -> None:
    lines = "".join(f"line {number:04} 李伟\n" for number in range(1500))
    blocks = [{"type": "markdown", "text": lines}, {"type": "note", "text": "the end"}]
    shown = json.dumps(
        rendered(robot, Card.model_validate({"title": "T", "blocks": blocks, "link": LINK})),
        ensure_ascii=False,
    )
    assert "line 0000 李伟" in shown
    assert shown.count("line ") == shown.count("李伟") > 500
    assert "the end" not in shown
    assert f"[{ELLIPSIS}]({LINK})" in shown


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


def test_code_that_is_cut_is_closed() -> None:
    blocks = [{"type": "markdown", "text": "```\n" + "SELECT 1;\n" * 1999}] * 2
    card = Card.model_validate({"title": "T", "blocks": blocks})
    elements = rendered(LARK_ROBOT, card)["card"]["body"]["elements"]
    for element in elements[:-1]:
        assert element["content"].startswith("```")
        assert element["content"].endswith("\n```")


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
    card = Card.model_validate({"title": "T", "blocks": blocks})
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
def test_no_card_takes_long(robot: Robot) -> None:
    blocks = [{"type": "markdown", "text": "*a `b [c](" * 2000}] * 50
    card = Card.model_validate({"title": "T", "blocks": blocks})
    before = time.process_time()
    rendered(robot, card)
    assert time.process_time() - before < 2.0
