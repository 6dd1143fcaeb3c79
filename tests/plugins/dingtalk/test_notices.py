import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import httpx
import pytest

from gateway.plugin import (
    Card,
    ContentError,
    DeliveryError,
    Identity,
    RateLimitedError,
    Receipt,
    RecipientError,
    TemporaryError,
    UncertainError,
)
from gateway_dingtalk.emulator import Message
from gateway_dingtalk.notice_channel import NoticeChannel

from .conftest import Rig, Scripted
from .test_channel import APPROVAL, CARD, KEY, LI, cold, names

ZHAO = Identity("zhao.jun", "user_id")
NOTICES = {"person_messages": "work_notice", "agent_id": "4711"}
TAKEN = {"errcode": 0, "errmsg": "ok", "task_id": 256271667526, "request_id": "r"}


def only(rig: Rig, person: str = "li.wei") -> Message:
    (message,) = rig.emulator.visible_messages(rig.emulator.people[person])
    return message


def told(**lists: object) -> dict[str, Any]:
    return {"errcode": 0, "errmsg": "ok", "send_result": lists}


def platform_telling(
    scripted: type[Scripted], *results: Callable[[], httpx.Response] | dict[str, Any]
) -> Scripted:
    """Return a platform that takes every notice, and then tells these results in turn."""
    left = list(results)

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/asyncsend_v2"):
            return httpx.Response(200, json=TAKEN)
        result = left.pop(0)
        return result() if callable(result) else httpx.Response(200, json=result)

    return scripted(answer, **NOTICES)


async def test_a_thousand_people_cost_ten_sends_and_ten_look_ups_of_the_result(rig: Rig) -> None:
    rig.emulator.enforce_limits = False
    people = rig.emulator.add_people(1000)
    channel = rig.notice_channel()
    to = await cold(channel, people)
    rig.emulator.reset_counts()
    payload = channel.render(CARD)
    for part in range(0, 1000, channel.batch_limit):
        results = await channel.send_batch(to[part : part + 100], payload, key=f"{part:032}")
        assert all(isinstance(each, Receipt) and each.batch for each in results)
    assert (rig.calls("asyncsend_v2"), rig.calls("getsendresult"), rig.calls()) == (10, 10, 20)
    assert not rig.emulator.duplicates()
    assert len(rig.emulator.messages) == 1000


async def test_a_card_without_buttons_reaches_one_person_as_a_work_notice(rig: Rig) -> None:
    channel = rig.notice_channel()
    receipt = await channel.send(LI, channel.render(CARD), key=KEY)
    message = only(rig)
    assert (message.kind, message.msg_type) == ("notice", "markdown")
    assert receipt == Receipt(f"notice|{message.task_id}", http_status=200, log_id=receipt.log_id)
    assert message.content["text"].endswith("> Ref kkkkkkkk")


async def test_buttons_that_report_back_still_need_a_card(rig: Rig) -> None:
    channel = rig.notice_channel()
    await channel.send(LI, channel.render(APPROVAL), key=KEY)
    assert only(rig).kind == "card"


async def test_without_a_template_buttons_are_text_in_the_notice(rig: Rig) -> None:
    channel = rig.notice_channel(card_template_id=None)
    receipt = await channel.send(LI, channel.render(APPROVAL), key=KEY)
    assert "Approve" in only(rig).content["text"]
    assert "Approve" in (receipt.note or "")


@pytest.mark.parametrize("template", [True, False])
async def test_a_group_gets_what_it_gets_without_work_notices(rig: Rig, template: bool) -> None:
    channel = rig.notice_channel(**({} if template else {"card_template_id": None}))
    group = Identity(rig.group, "open_conversation_id")
    receipt = await channel.send(group, channel.render(CARD), key=KEY)
    assert only(rig).kind == ("card" if template else "robot")
    assert "notice" not in receipt.message_id


async def test_the_same_words_twice_a_day_are_two_notices(rig: Rig) -> None:
    channel = rig.notice_channel()
    payload = channel.render(CARD)
    results = [await channel.send(LI, payload, key=key) for key in ("a" * 32, "b" * 32)]
    assert len({receipt.message_id for receipt in results}) == 2
    assert len(rig.emulator.visible_messages(rig.emulator.people["li.wei"])) == 2


async def test_a_repeat_after_a_lost_answer_is_one_notice_and_counts_as_sent(rig: Rig) -> None:
    channel = rig.notice_channel()
    payload = channel.render(CARD)
    path = "/topapi/message/corpconversation/asyncsend_v2"
    rig.emulator.faults = [{"path": path, "kind": "truncated_json", "times": 1, "processed": True}]
    to = [LI, ZHAO]
    with pytest.raises(UncertainError):
        await channel.send_batch(to, payload, key=KEY)
    results = await channel.send_batch(to, payload, key=KEY)
    assert names(results) == ["Receipt", "Receipt"]
    assert all("had it already" in (each.note or "") for each in results if is_receipt(each))
    only(rig)


def is_receipt(result: object) -> bool:
    return isinstance(result, Receipt)


async def test_who_is_unknown_or_over_a_limit_is_one_persons_matter(rig: Rig) -> None:
    channel = rig.notice_channel()
    app_key = rig.config["app_key"]
    rig.emulator.noticed[app_key, "zhao.jun", "2026-01-05"] = 500
    to = [LI, ZHAO, Identity("nobody", "user_id"), Identity("a,b", "user_id")]
    sent, capped, unknown, two = await channel.send_batch(to, channel.render(CARD), key=KEY)
    assert isinstance(sent, Receipt)
    assert isinstance(capped, RateLimitedError)
    assert (capped.scope, capped.provider_code) == ("recipient", "143105")
    assert capped.retry_after == timedelta(hours=8) - timedelta(seconds=1)  # midnight in China
    assert isinstance(unknown, RecipientError)
    assert unknown.gone
    assert isinstance(two, RecipientError)
    assert len(rig.emulator.messages) == 1


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        ({"read_user_id_list": ["li.wei"]}, Receipt),
        ({"unread_user_id_list": ["li.wei"]}, Receipt),
        ({"failed_user_id_list": ["li.wei"]}, TemporaryError),
        ({"invalid_user_id_list": ["li.wei"]}, RecipientError),
        ({"forbidden_user_id_list": ["li.wei"]}, RateLimitedError),
        (
            {
                "forbidden_user_id_list": ["li.wei"],
                "forbidden_list": [{"code": 143103, "userid": "li.wei"}],
            },
            RateLimitedError,
        ),
        (
            {
                "forbidden_user_id_list": ["li.wei"],
                "forbidden_list": [{"code": "9", "userid": "li.wei"}],
            },
            ContentError,
        ),
    ],
)
async def test_what_the_platform_tells_is_the_persons_outcome(
    scripted: type[Scripted], result: dict[str, Any], outcome: type[object]
) -> None:
    channel = platform_telling(scripted, told(**result)).channel
    [found] = await channel.send_batch([LI], channel.render(CARD), key=KEY)
    assert type(found) is outcome


async def test_a_result_that_is_not_ready_is_asked_for_once_more(scripted: type[Scripted]) -> None:
    ready = told(unread_user_id_list=["li.wei"])
    platform = platform_telling(scripted, told(), ready)
    receipt = await platform.channel.send(LI, platform.channel.render(CARD), key=KEY)
    assert receipt.note is None
    assert len(platform.requests) == 3


async def test_a_platform_that_takes_its_time_is_looked_at_twice(rig: Rig) -> None:
    rig.emulator.notice_seconds = 2.0
    channel = rig.notice_channel()
    receipt = await channel.send(LI, channel.render(CARD), key=KEY)
    assert (receipt.note, rig.calls("getsendresult")) == (None, 2)


def _dead() -> httpx.Response:
    raise httpx.ReadTimeout("late")


@pytest.mark.parametrize(
    "results",
    [
        [told(), told()],
        [{"errcode": 90018, "errmsg": "too fast"}],
        [{"errcode": 0}, {"errcode": 0, "send_result": []}],
        [_dead],
    ],
)
async def test_a_result_that_does_not_come_makes_nobody_be_written_to_again(
    scripted: type[Scripted], results: Sequence[Any]
) -> None:
    platform = platform_telling(scripted, *results)
    receipt = await platform.channel.send(LI, platform.channel.render(CARD), key=KEY)
    assert receipt.message_id == "notice|256271667526"
    assert "had not told" in (receipt.note or "")


async def test_a_slow_send_leaves_no_time_for_a_look(scripted: type[Scripted]) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        platform.clock.jump(6)
        return httpx.Response(200, json=TAKEN)

    platform = scripted(answer, **NOTICES)
    receipt = await platform.channel.send(LI, platform.channel.render(CARD), key=KEY)
    assert len(platform.requests) == 1
    assert "had not told" in (receipt.note or "")


@pytest.mark.parametrize("task", [None, "", "x", [], -1])
async def test_an_answer_without_a_task_is_uncertain(
    scripted: type[Scripted], task: object
) -> None:
    reply = httpx.Response(200, json={**TAKEN, "task_id": task})
    channel = scripted(lambda _: reply, **NOTICES).channel
    with pytest.raises(UncertainError):
        await channel.send(LI, channel.render(CARD), key=KEY)


async def test_five_thousand_people_a_minute_are_all_that_is_tried(
    scripted: type[Scripted],
) -> None:
    everybody = [f"u{number}" for number in range(100)]
    ready = told(unread_user_id_list=everybody)
    platform = platform_telling(scripted, *[ready] * 51)
    channel = platform.channel
    to = [Identity(each, "user_id") for each in everybody]
    payload = channel.render(CARD)
    for number in range(50):
        await channel.send_batch(to, payload, key=f"{number:032}")
    calls = len(platform.requests)
    with pytest.raises(RateLimitedError) as slowed:
        await channel.send_batch(to, payload, key="z" * 32)
    assert slowed.value.scope == "app"
    assert len(platform.requests) == calls
    platform.clock.jump(slowed.value.retry_after.total_seconds())
    await channel.send_batch(to, payload, key="z" * 32)


async def test_everybodys_copy_of_a_notice_is_recalled(rig: Rig) -> None:
    channel = rig.notice_channel()
    receipt, _ = await channel.send_batch([LI, ZHAO], channel.render(CARD), key=KEY)
    assert isinstance(receipt, Receipt)
    await rig.channel(**agent(rig)).recall(receipt)
    for person in ("li.wei", "zhao.jun"):
        assert rig.emulator.visible_messages(rig.emulator.people[person]) == []


def agent(rig: Rig) -> dict[str, str]:
    return {"agent_id": str(rig.emulator.apps[rig.config["app_key"]].agent_id)}


async def test_a_day_later_it_is_too_late_to_recall_a_notice(rig: Rig) -> None:
    channel = rig.notice_channel()
    receipt = await channel.send(LI, channel.render(CARD), key=KEY)
    rig.clock.jump(86_401)
    with pytest.raises(ContentError):
        await channel.recall(receipt)


async def test_the_readers_of_a_notice_are_told(rig: Rig) -> None:
    channel = rig.notice_channel()
    receipt = await channel.send(LI, channel.render(CARD), key=KEY)
    assert await channel.read_by(receipt.message_id) == []
    rig.emulator.read(rig.emulator.people["li.wei"])
    assert await channel.read_by(receipt.message_id) == [LI]


async def test_a_notice_cannot_change(rig: Rig) -> None:
    channel = rig.notice_channel()
    receipt = await channel.send(LI, channel.render(CARD), key=KEY)
    with pytest.raises(ContentError):
        await channel.update(receipt.message_id, channel.render(CARD), key=KEY)


async def test_without_an_agent_id_a_notice_of_former_days_cannot_be_reached(
    exclusive: Rig,
) -> None:
    with pytest.raises(ContentError, match="Agent ID"):
        await exclusive.channel().read_by("notice|1")


async def test_who_is_no_userid_is_sent_to_in_turn(rig: Rig) -> None:
    channel = rig.notice_channel()
    union = Identity(rig.emulator.people["zhao.jun"].union_id, "union_id")
    results = await channel.send_batch([LI, union], channel.render(CARD), key=KEY)
    assert names(results) == ["Receipt", "Receipt"]
    assert {only(rig).kind, only(rig, "zhao.jun").kind} == {"notice"}


async def test_a_wrong_agent_id_refuses_every_notice(rig: Rig) -> None:
    channel = rig.channel(person_messages="work_notice", agent_id="1")
    with pytest.raises(DeliveryError) as refused:
        await channel.send(LI, channel.render(CARD), key=KEY)
    assert refused.value.provider_code == "40056"


async def test_a_notice_is_sent_exactly_like_this(scripted: type[Scripted]) -> None:
    platform = platform_telling(scripted, told(unread_user_id_list=["li.wei", "zhao.jun"]))
    card = Card(title="Backup", link="https://example.com/1")
    await platform.channel.send_batch([LI, ZHAO], platform.channel.render(card), key=KEY)
    sent, asked = platform.requests
    assert sent.url.path == "/topapi/message/corpconversation/asyncsend_v2"
    assert json.loads(sent.content) == {
        "agent_id": 4711,
        "userid_list": "li.wei,zhao.jun",
        "msg": {
            "msgtype": "action_card",
            "action_card": {
                "title": "Backup",
                "markdown": "### Backup\n\n> Ref kkkkkkkk",
                "single_title": "Details",
                "single_url": "https://example.com/1",
            },
        },
    }
    assert asked.url.path == "/topapi/message/corpconversation/getsendresult"
    assert json.loads(asked.content) == {"agent_id": 4711, "task_id": 256271667526}


def test_both_editions_offer_the_choice(rig: Rig) -> None:
    assert isinstance(rig.notice_channel(), NoticeChannel)
    assert rig.notice_channel().batch_limit == 100
    assert rig.channel().batch_limit == 20
