"""A department hears of it: everybody in it and below it, once, in one call after the other."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from gateway.plugin import (
    Card,
    ContentError,
    Identity,
    RateLimitedError,
    Receipt,
    Recipient,
    RecipientError,
    RecipientKind,
    TemporaryError,
    UncertainError,
)
from gateway_dingtalk import EDITIONS, channel_type, departments, roll
from gateway_dingtalk.channel import DingTalkChannel
from gateway_dingtalk.editions import Edition
from gateway_dingtalk.emulator.model import Department

from .conftest import Rig, Scripted
from .test_channel import APPROVAL, CARD, KEY

SEND, NOTICE = "batchSend", "asyncsend_v2"


def staffed(rig: Rig, count: int, prefix: str = "d", parent: int = 1) -> Department:
    """Add a department with so many people in it."""
    made = rig.emulator.add_department(f"Department {prefix}", parent)
    for number in range(count):
        rig.emulator.add_person("x", f"{prefix}{number}", departments=(made.id,))
    return made


async def until_sent(
    rig: Rig, channel: DingTalkChannel, department: int, card: Card = CARD, key: str = KEY
) -> tuple[Receipt, list[str]]:
    """Attempt as the gateway does until there is a receipt; return what was said in between."""
    said = []
    to = Identity(str(department), "department_id")
    for _ in range(100):
        try:
            return await channel.send(to, channel.render(card), key=key), said
        except RateLimitedError as error:
            said.append(error.message)
            rig.clock.jump(error.retry_after.total_seconds())
    raise AssertionError("the department never ends")


async def test_a_department_is_named_by_its_number_without_a_call(rig: Rig) -> None:
    found = await rig.channel().resolve(Recipient(RecipientKind.DEPARTMENT, "4711"))
    assert found == Identity("4711", "department_id")
    assert rig.calls() == 0


@pytest.mark.parametrize("named", ["od-1", "0", "-1", "1.5", "9" * 19, "٣"])
async def test_what_is_no_number_is_no_department(rig: Rig, named: str) -> None:
    with pytest.raises(RecipientError, match="by number"):
        await rig.channel().resolve(Recipient(RecipientKind.DEPARTMENT, named))


async def test_everybody_in_it_and_below_it_hears_once(rig: Rig) -> None:
    ops = staffed(rig, 3, "ops")
    night = staffed(rig, 2, "night", ops.id)
    rig.emulator.add_person("both", "both", departments=(ops.id, night.id))
    staffed(rig, 2, "sales")
    receipt, said = await until_sent(rig, rig.channel(), ops.id)
    assert {message.receiver for message in rig.emulator.messages} == {
        *("ops0", "ops1", "ops2", "night0", "night1", "both")
    }
    assert len(rig.emulator.messages) == 6
    assert (receipt.batch, receipt.note, said) == (True, "Sent to 6 of 6 people.", [])


async def test_an_attempt_makes_one_call_that_counts(rig: Rig) -> None:
    ops = staffed(rig, 45)
    receipt, said = await until_sent(rig, rig.channel(), ops.id)
    assert said == [
        "Sent to 20 of 45 people so far; 25 to go.",
        "Sent to 40 of 45 people so far; 5 to go.",
    ]
    assert (rig.calls(SEND), rig.calls("listsub"), rig.calls("listid")) == (3, 1, 1)
    assert rig.emulator.quota.spent(rig.emulator.clock()) == 3
    assert not rig.emulator.duplicates()
    assert receipt.note == "Sent to 45 of 45 people."


async def test_work_notices_take_a_hundred_people_a_call(rig: Rig) -> None:
    ops = staffed(rig, 150)
    receipt, said = await until_sent(rig, rig.notice_channel(), ops.id)
    assert (rig.calls(NOTICE), len(said)) == (2, 1)
    assert len(rig.emulator.messages) == 150
    assert receipt.note == "Sent to 150 of 150 people."


async def test_a_repeat_of_a_delivery_that_is_done_writes_to_nobody(rig: Rig) -> None:
    ops, channel = staffed(rig, 3), rig.channel()
    first, _ = await until_sent(rig, channel, ops.id)
    again, _ = await until_sent(rig, channel, ops.id)
    assert again == first
    assert len(rig.emulator.messages) == 3


async def test_a_channel_that_is_opened_anew_goes_on_where_the_former_stopped(rig: Rig) -> None:
    ops = staffed(rig, 45)
    to = Identity(str(ops.id), "department_id")
    for _ in range(2):
        former = rig.channel()
        with pytest.raises(RateLimitedError):
            await former.send(to, former.render(CARD), key=KEY)
    receipt, _ = await until_sent(rig, rig.channel(), ops.id)
    assert receipt.note == "Sent to 45 of 45 people."
    assert (len(rig.emulator.messages), rig.emulator.duplicates()) == (45, [])


async def test_a_call_that_failed_is_repeated_for_its_own_people_only(rig: Rig) -> None:
    ops, channel = staffed(rig, 25), rig.channel()
    to = Identity(str(ops.id), "department_id")
    with pytest.raises(RateLimitedError) as going_on:
        await channel.send(to, channel.render(CARD), key=KEY)
    assert going_on.value.scope == "recipient"
    path = "/v1.0/robot/oToMessages/batchSend"
    broken = {"path": path, "kind": "bad_code:system.error", "times": 1, "processed": False}
    rig.emulator.faults = [broken]
    with pytest.raises(UncertainError):
        await channel.send(to, channel.render(CARD), key=KEY)
    receipt, _ = await until_sent(rig, channel, ops.id)
    assert receipt.note == "Sent to 25 of 25 people."
    assert not rig.emulator.duplicates()


async def test_who_is_not_reached_is_named_and_the_others_hear(rig: Rig) -> None:
    ops = staffed(rig, 3)
    rig.emulator.people["d1"].blocked_robot = True
    receipt, _ = await until_sent(rig, rig.channel(), ops.id)
    assert (receipt.note or "").startswith("Sent to 2 of 3 people. Not reached: d1. The platform")


async def test_who_wants_rest_is_tried_again_after_it(rig: Rig) -> None:
    ops = staffed(rig, 2)
    rig.emulator.people["d1"].flow_controlled = True
    began = rig.clock.now()
    receipt, said = await until_sent(rig, rig.channel(), ops.id)
    assert said == ["Sent to 1 of 2 people so far; 1 to go."] * 2
    assert rig.clock.now() - began == timedelta(minutes=2)
    assert "Not reached: d1." in (receipt.note or "")


async def test_a_call_refused_for_one_person_goes_to_the_others_one_by_one(rig: Rig) -> None:
    ops = staffed(rig, 3)
    rig.emulator.all_invalid = "refuse"
    for name in ("d0", "d1", "d2"):
        rig.emulator.people[name].blocked_robot = True
    with pytest.raises(RecipientError, match=r"Sent to 0 of 3 people\. Not reached: d0, d1, d2\."):
        await until_sent(rig, rig.channel(), ops.id)
    assert rig.calls(SEND) == 4


async def test_a_department_nobody_knows_is_said_to_be_unknown(rig: Rig) -> None:
    with pytest.raises(RecipientError, match="does not know this department") as refused:
        await until_sent(rig, rig.channel(), 424242)
    assert refused.value.provider_code == "60003"


async def test_a_department_out_of_range_is_refused_and_one_below_passed_over(rig: Rig) -> None:
    ops = staffed(rig, 1, "ops")
    secret = staffed(rig, 1, "secret", ops.id)
    secret.in_scope = False
    receipt, _ = await until_sent(rig, rig.channel(), ops.id)
    assert receipt.note == "Sent to 1 of 1 people."
    with pytest.raises(RecipientError, match="contact range") as refused:
        await until_sent(rig, rig.channel(), secret.id, key="s" * 32)
    assert refused.value.provider_code == "50004"


async def test_an_empty_department_says_so(rig: Rig) -> None:
    with pytest.raises(RecipientError, match="Nobody is in this department"):
        await until_sent(rig, rig.channel(), staffed(rig, 0).id)


@pytest.mark.parametrize("point", ["qyapi_get_department_list", "qyapi_get_member"])
async def test_a_missing_permission_is_one_refused_recipient_that_names_it(
    rig: Rig, point: str
) -> None:
    ops = staffed(rig, 1)
    rig.permissions().discard(point)
    with pytest.raises(RecipientError, match=point) as refused:
        await until_sent(rig, rig.channel(), ops.id)
    assert point in (refused.value.fix_url or "")
    assert rig.emulator.messages == []


async def test_a_department_gets_no_card_that_somebody_decides_on(rig: Rig) -> None:
    with pytest.raises(ContentError, match="no buttons that report back"):
        await until_sent(rig, rig.channel(), staffed(rig, 1).id, APPROVAL)


async def test_many_departments_are_read_within_the_platforms_pace(rig: Rig) -> None:
    ops = staffed(rig, 1, "ops")
    for number in range(25):
        staffed(rig, 1, f"n{number}-", ops.id)
    receipt, said = await until_sent(rig, rig.channel(), ops.id)
    assert said[:2] == [
        "Read 10 departments, and there are more.",
        "Read 20 departments, and there are more.",
    ]
    assert receipt.note == "Sent to 26 of 26 people."
    assert not rig.emulator.rejections


async def test_who_is_in_it_is_read_again_after_five_minutes(rig: Rig) -> None:
    ops, channel = staffed(rig, 1), rig.channel()
    await until_sent(rig, channel, ops.id, key="a" * 32)
    rig.emulator.add_person("new", "new", departments=(ops.id,))
    await until_sent(rig, channel, ops.id, key="b" * 32)
    assert rig.calls("listid") == 1
    rig.clock.jump(301)
    receipt, _ = await until_sent(rig, channel, ops.id, key="c" * 32)
    assert receipt.note == "Sent to 2 of 2 people."


async def test_more_than_ten_thousand_people_are_too_many(rig: Rig) -> None:
    ops = staffed(rig, roll.MOST_PEOPLE + 1)
    with pytest.raises(RecipientError, match=r"More than 10,000 people"):
        await until_sent(rig, rig.channel(), ops.id)
    assert rig.emulator.messages == []


@pytest.mark.parametrize("edition", EDITIONS)
def test_ten_thousand_people_with_the_longest_names_fit_an_answer(edition: Edition) -> None:
    result = {"userid_list": ["x" * 64] * roll.MOST_PEOPLE}
    answer = json.dumps({"errcode": 0, "errmsg": "ok", "result": result})
    assert len(answer) < channel_type(edition).largest_answer


async def test_a_message_to_a_department_is_taken_back_from_everybody(rig: Rig) -> None:
    ops = staffed(rig, 25)
    for channel, key in ((rig.channel(), "a" * 32), (rig.notice_channel(), "b" * 32)):
        receipt, _ = await until_sent(rig, channel, ops.id, key=key)
        await channel.recall(receipt)
    assert all(message.recalled for message in rig.emulator.messages)
    assert len(rig.emulator.messages) == 50


async def test_who_of_a_department_has_read_it_is_told_over_all_its_calls(rig: Rig) -> None:
    ops, channel = staffed(rig, 25), rig.channel()
    receipt, _ = await until_sent(rig, channel, ops.id)
    for message in rig.emulator.messages:
        message.read = message.receiver in {"d0", "d24"}
    assert {each.id for each in await channel.read_by(receipt.message_id)} == {"d0", "d24"}


async def test_departments_that_lie_in_a_circle_are_read_once(scripted: type[Scripted]) -> None:
    below: dict[int, list[dict[str, Any]]] = {5: [{"dept_id": 6}, {"odd": 1}], 6: [{"dept_id": 5}]}

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/batchSend"):
            return httpx.Response(200, json={"processQueryKey": "k"})
        number = 6 if b"6" in request.content else 5
        inside = {"userid_list": [f"u{number}"]}
        result = below[number] if request.url.path.endswith("/listsub") else inside
        return httpx.Response(200, json={"errcode": 0, "result": result})

    channel = scripted(answer).channel
    to = Identity("5", "department_id")
    receipt = await channel.send(to, channel.render(CARD), key=KEY)
    assert receipt.note == "Sent to 2 of 2 people."


async def test_an_answer_that_never_came_while_reading_is_no_doubtful_message(
    scripted: type[Scripted],
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("late", request=request)

    channel = scripted(answer).channel
    with pytest.raises(TemporaryError, match="nothing was sent"):
        await channel.send(Identity("5", "department_id"), channel.render(CARD), key=KEY)


async def test_a_department_is_not_urged(rig: Rig) -> None:
    with pytest.raises(ContentError, match="Only a message to a person"):
        await rig.channel().urge(Identity("5", "department_id"), "robot|k")


def test_what_is_written_down_names_ten_of_those_who_were_missed() -> None:
    people = [f"p{number}" for number in range(12)]
    one = roll.Round(people)
    one.take(one.next(1), [Receipt("robot|a", note="Shortened.")])
    one.take(one.next(11), [RecipientError("Gone.")] * 11)
    told = one.receipt().note or ""
    assert told.startswith("Sent to 1 of 12 people. Not reached: p1, p2,")
    assert told.endswith("p10 and 1 more. Gone. Shortened.")
    assert departments.MOST_PEOPLE == 10_000
