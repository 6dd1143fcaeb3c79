import json
from collections.abc import Sequence
from typing import Any, Literal

import httpx
import pytest

from gateway.plugin import (
    Card,
    ContentError,
    DeliveryError,
    Identity,
    Payload,
    RateLimitedError,
    Receipt,
    Recipient,
    RecipientError,
    RecipientKind,
    ScopeMissingError,
    UncertainError,
)
from gateway_dingtalk.channel import DingTalkChannel
from gateway_dingtalk.emulator import Message, Person

from .conftest import Answer, Rig, Scripted

CARD = Card.model_validate({"title": "Backup", "blocks": [{"type": "markdown", "text": "**x**"}]})
BUTTON = {"id": "approve", "label": "Approve", "kind": "callback", "value": {"n": 1}}
APPROVAL = Card.model_validate({"title": "Approve?", "actions": [BUTTON]})
LI = Identity("li.wei", "user_id")
KEY = "k" * 32


def only(rig: Rig, person: str = "li.wei") -> Message:
    (message,) = rig.emulator.visible_messages(rig.emulator.people[person])
    return message


async def cold(channel: DingTalkChannel, people: Sequence[Person]) -> list[Identity]:
    return [
        await channel.resolve(Recipient(RecipientKind.MOBILE, person.mobile or ""))
        for person in people
    ]


def names(results: Sequence[object]) -> list[str]:
    return [type(result).__name__ for result in results]


async def test_a_card_reaches_a_person(rig: Rig) -> None:
    channel = rig.channel()
    receipt = await channel.send(LI, channel.render(CARD), key=KEY)
    message = only(rig)
    assert receipt == Receipt(KEY, http_status=200)
    assert message.card is not None
    assert message.card.out_track_id == KEY
    assert message.card.params == {
        **channel.render(CARD)["card"]["variables"],
        "time": "2026-01-05 16:00",
    }


@pytest.mark.parametrize("repeated", ["refuse", "old"])
async def test_a_repeat_with_the_same_key_is_one_card(
    rig: Rig, repeated: Literal["refuse", "old"]
) -> None:
    rig.emulator.repeated_card = repeated
    channel = rig.channel()
    await channel.send(LI, channel.render(CARD), key=KEY)
    again = await channel.send(LI, channel.render(CARD), key=KEY)
    assert again.message_id == KEY
    assert ("already" in (again.note or "")) == (repeated == "refuse")
    only(rig)


async def test_without_a_template_a_message_reaches_a_person(rig: Rig) -> None:
    channel = rig.channel(card_template_id=None)
    receipt = await channel.send(LI, channel.render(APPROVAL), key=KEY)
    message = only(rig)
    assert receipt.message_id == f"robot|{message.query_key}"
    assert not receipt.batch
    assert "Approve" in (receipt.note or "")
    assert message.msg_type == "sampleMarkdown"


@pytest.mark.parametrize("template", [True, False])
async def test_a_group_is_sent_to(rig: Rig, template: bool) -> None:
    channel = rig.channel(**({} if template else {"card_template_id": None}))
    group = Identity(rig.group, "open_conversation_id")
    receipt = await channel.send(group, channel.render(CARD), key=KEY)
    only(rig)
    assert receipt.message_id.startswith(KEY if template else f"group|{rig.group}|")


@pytest.mark.parametrize("template", [True, False])
async def test_a_group_that_is_gone_is_that_groups_matter(rig: Rig, template: bool) -> None:
    channel = rig.channel(**({} if template else {"card_template_id": None}))
    with pytest.raises(RecipientError):
        await channel.send(
            Identity("cidnowhere==", "open_conversation_id"), channel.render(CARD), key=KEY
        )


async def test_a_unionid_is_looked_up_once(rig: Rig) -> None:
    channel = rig.channel()
    union = Identity(rig.emulator.people["li.wei"].union_id, "union_id")
    for key in ("a", "b"):
        await channel.send(union, channel.render(CARD), key=key)
    assert rig.calls("getbyunionid") == 1
    assert len(rig.emulator.visible_messages(rig.emulator.people["li.wei"])) == 2


async def test_a_login_id_can_be_bound(exclusive: Rig) -> None:
    channel = exclusive.channel()
    await channel.send(Identity("li.wei", "login_id"), channel.render(CARD), key=KEY)
    only(exclusive)


async def test_an_identity_of_no_kind_is_refused_without_a_call(rig: Rig) -> None:
    channel = rig.channel()
    with pytest.raises(RecipientError):
        await channel.send(Identity("x", "open_id"), channel.render(CARD), key=KEY)
    assert rig.calls() == 0


@pytest.mark.parametrize("trouble", ["unknown", "out_of_scope", "blocked"])
async def test_who_cannot_be_reached_is_one_persons_matter(rig: Rig, trouble: str) -> None:
    person = rig.emulator.add_person(
        "Trouble", in_scope=trouble != "out_of_scope", blocked_robot=trouble == "blocked"
    )
    to = Identity("nobody" if trouble == "unknown" else person.id, "user_id")
    for template in ({}, {"card_template_id": None}):
        channel = rig.channel(**template)
        with pytest.raises(RecipientError) as refused:
            await channel.send(to, channel.render(CARD), key=f"{trouble}{len(template)}")
        assert refused.value.gone


async def test_a_thousand_people_cost_one_token_a_thousand_look_ups_fifty_batches(
    rig: Rig,
) -> None:
    rig.emulator.enforce_limits = False
    people = rig.emulator.add_people(1000)
    channel = rig.channel()
    found = await cold(channel, people)
    payload = channel.render(CARD)
    for part in range(0, 1000, 20):
        receipts = await channel.send_batch(found[part : part + 20], payload, key=f"k{part}")
        assert all(isinstance(receipt, Receipt) and receipt.batch for receipt in receipts)
    assert rig.calls() == 1051
    assert (rig.calls("accessToken"), rig.calls("getbymobile")) == (1, 1000)
    assert rig.calls("batchSend") == 50
    assert not rig.emulator.duplicates()


@pytest.mark.parametrize("url", [None, "https://notify.example.com/v1/callbacks/acme/ding"])
async def test_a_thousand_people_cost_a_thousand_cards(url: str | None) -> None:
    rig = Rig("dingtalk", callback_url=url)
    rig.emulator.enforce_limits = False
    people = rig.emulator.add_people(1000)
    channel = rig.channel()
    payload = channel.render(APPROVAL)
    for number, person in enumerate(people):
        await channel.send(Identity(person.id, "user_id"), payload, key=f"key{number}")
    assert rig.calls("createAndDeliver") == 1000
    assert (rig.calls("callbacks/register"), rig.calls()) == ((0, 1001) if not url else (1, 1002))
    assert not rig.emulator.duplicates()


async def test_a_batch_names_who_cannot_be_reached_and_who_got_too_much(rig: Rig) -> None:
    slow = rig.emulator.add_person("Slow", "slow", flow_controlled=True)
    to = [LI, Identity("nobody", "user_id"), Identity(slow.id, "user_id")]
    channel = rig.channel()
    sent, unknown, slowed = await channel.send_batch(to, channel.render(CARD), key=KEY)
    assert isinstance(sent, Receipt)
    assert isinstance(unknown, RecipientError)
    assert isinstance(slowed, RateLimitedError)
    assert slowed.scope == "recipient"
    assert rig.calls("batchSend") == 1


@pytest.mark.parametrize("answer", ["listed", "refuse"])
async def test_a_batch_to_nobody_fails_for_each(
    rig: Rig, answer: Literal["listed", "refuse"]
) -> None:
    rig.emulator.all_invalid = answer
    channel = rig.channel()
    to = [Identity(name, "user_id") for name in ("nobody", "noone")]
    results = await channel.send_batch(to, channel.render(CARD), key=KEY)
    assert names(results) == ["RecipientError", "RecipientError"]


async def test_one_unknown_in_a_refused_batch_does_not_fail_the_others(
    scripted: type[Scripted],
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if "nobody" in json.loads(request.content)["userIds"]:
            return httpx.Response(400, json={"code": "staffId.notExisted", "message": "no"})
        return httpx.Response(200, json={"processQueryKey": "q"})

    channel = scripted(answer).channel
    results = await channel.send_batch(
        [LI, Identity("nobody", "user_id")], channel.render(CARD), key=KEY
    )
    assert names(results) == ["Receipt", "RecipientError"]


async def test_who_is_no_userid_is_sent_to_in_turn(rig: Rig) -> None:
    channel = rig.channel()
    group = Identity(rig.group, "open_conversation_id")
    union = Identity(rig.emulator.people["zhao.jun"].union_id, "union_id")
    odd = Identity("x", "open_id")
    results = await channel.send_batch([group, union, odd], channel.render(CARD), key=KEY)
    assert names(results) == ["Receipt", "Receipt", "RecipientError"]


async def test_a_lost_answer_does_not_hide_those_that_came(scripted: type[Scripted]) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if "/groupMessages/" in request.url.path:
            raise httpx.ReadTimeout("late", request=request)
        return httpx.Response(200, json={"processQueryKey": "q"})

    channel = scripted(answer).channel
    to = [LI, Identity("cidX==", "open_conversation_id")]
    results = await channel.send_batch(to, channel.render(CARD), key=KEY)
    assert names(results) == ["Receipt", "UncertainError"]


@pytest.mark.parametrize("kind", ["user_id", "open_conversation_id"])
async def test_an_id_cannot_name_a_second_place(rig: Rig, kind: str) -> None:
    channel = rig.channel()
    with pytest.raises(RecipientError):
        await channel.send(
            Identity("li.wei;dtv1.card//IM_ROBOT.zhao.jun", kind), channel.render(CARD), key=KEY
        )
    assert rig.emulator.messages == []


async def test_a_batch_without_its_permission_says_so(rig: Rig) -> None:
    rig.permissions().discard("qyapi_robot_sendmsg")
    channel = rig.channel()
    with pytest.raises(ScopeMissingError) as refused:
        await channel.send_batch([LI], channel.render(CARD), key=KEY)
    assert refused.value.scopes == ("qyapi_robot_sendmsg",)


async def test_a_sent_card_changes_and_keeps_what_is_not_named(rig: Rig) -> None:
    channel = rig.channel()
    receipt = await channel.send(LI, channel.render(APPROVAL), key=KEY)
    decided = channel.render(Card(title="Approved by Li Wei"))
    again = await channel.update(receipt.message_id, decided, key="other")
    card = only(rig).card
    assert card is not None
    assert again.message_id == KEY
    assert card.params["title"] == "Approved by Li Wei"
    assert card.params["show_actions"] == "false"
    assert card.params["time"] == "2026-01-05 16:00"


async def test_a_card_that_is_unknown_cannot_change(rig: Rig) -> None:
    channel = rig.channel()
    with pytest.raises(ContentError):
        await channel.update("unknown", channel.render(CARD), key="k")


async def test_a_plain_message_cannot_change(rig: Rig) -> None:
    channel = rig.channel(card_template_id=None)
    receipt = await channel.send(LI, channel.render(CARD), key=KEY)
    with pytest.raises(ContentError, match="interactive"):
        await channel.update(receipt.message_id, channel.render(CARD), key="k")


async def test_a_message_is_recalled_and_a_card_is_marked_as_withdrawn(rig: Rig) -> None:
    plain, carded = rig.channel(card_template_id=None), rig.channel()
    await plain.recall(await plain.send(LI, plain.render(CARD), key="a"))
    assert rig.emulator.visible_messages(rig.emulator.people["li.wei"]) == []
    await carded.recall(await carded.send(LI, carded.render(CARD), key="b"))
    card = only(rig).card
    assert card is not None
    assert (card.params["status"], card.params["markdown"]) == ("closed", "")
    assert card.params["title"] == "Backup"


async def test_a_message_to_a_group_is_recalled(rig: Rig) -> None:
    channel = rig.channel(card_template_id=None)
    group = Identity(rig.group, "open_conversation_id")
    await channel.recall(await channel.send(group, channel.render(CARD), key="a"))
    assert rig.emulator.visible_messages(rig.emulator.people["li.wei"]) == []


async def test_everybodys_copy_of_a_batch_is_recalled(rig: Rig) -> None:
    channel = rig.channel()
    to = [LI, Identity("zhao.jun", "user_id")]
    receipt, _ = await channel.send_batch(to, channel.render(CARD), key=KEY)
    assert isinstance(receipt, Receipt)
    await channel.recall(receipt)
    assert rig.emulator.visible_messages(rig.emulator.people["zhao.jun"]) == []


async def test_a_day_later_it_is_too_late_to_recall(rig: Rig) -> None:
    channel = rig.channel(card_template_id=None)
    receipt = await channel.send(LI, channel.render(CARD), key=KEY)
    await rig.clock.advance(86_401)
    with pytest.raises(ContentError):
        await channel.recall(receipt)


async def test_readers_are_told(rig: Rig) -> None:
    channel = rig.channel(card_template_id=None)
    receipt = await channel.send(LI, channel.render(CARD), key=KEY)
    assert await channel.read_by(receipt.message_id) == []
    rig.emulator.read(rig.emulator.people["li.wei"])
    assert await channel.read_by(receipt.message_id) == [LI]


async def test_readers_in_a_group_are_told(rig: Rig) -> None:
    channel = rig.channel(card_template_id=None)
    group = Identity(rig.group, "open_conversation_id")
    receipt = await channel.send(group, channel.render(CARD), key=KEY)
    assert await channel.read_by(receipt.message_id) == []


async def test_readers_in_a_group_are_read_page_by_page(scripted: type[Scripted]) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        second = json.loads(request.content).get("nextToken") == "p2"
        page = {"readUserIds": ["b" if second else "a"], "hasMore": not second}
        return httpx.Response(200, json={"sendStatus": "SUCCESS", "nextToken": "p2", **page})

    readers = await scripted(answer).channel.read_by("group|cidX==|q+/=")
    assert [reader.id for reader in readers] == ["a", "b"]


async def test_a_cards_readers_are_not_told(rig: Rig) -> None:
    with pytest.raises(ContentError):
        await rig.channel().read_by(KEY)
    assert rig.calls() == 0


async def test_an_urgent_message_is_said_again_by_a_ding(scripted: type[Scripted]) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/ding/send"):
            return httpx.Response(200, json={"openDingId": "d", "failedList": {}})
        return httpx.Response(200, json={"processQueryKey": "q"})

    platform = scripted(answer, card_template_id=None)
    channel = platform.channel
    receipt = await channel.send(LI, channel.render(CARD), key=KEY)
    await channel.urge(LI, receipt.message_id)
    await channel.urge(LI, "long|ago")
    said = [json.loads(request.content) for request in platform.requests[1:]]
    assert said[0] == {
        "robotCode": "dingkey",
        "remindType": 1,
        "receiverUserIdList": ["li.wei"],
        "content": "Backup",
    }
    assert "urgent" in said[1]["content"]


async def test_a_ding_reaches_a_person(rig: Rig) -> None:
    channel = rig.channel()
    receipt = await channel.send(LI, channel.render(CARD), key=KEY)
    await channel.urge(LI, receipt.message_id)
    assert len(rig.emulator.dings) == 1


async def test_a_ding_without_its_permission_says_which_one(rig: Rig) -> None:
    rig.permissions().discard("Premium.Ding.Write")
    with pytest.raises(ScopeMissingError) as refused:
        await rig.channel().urge(LI, KEY)
    assert refused.value.scopes == ("Premium.Ding.Write",)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ({"openDingId": "d", "failedList": {"no such user": ["li.wei"]}}, RecipientError),
        ({}, UncertainError),
        ({"code": "ding.receivercount.limit"}, ContentError),
        ({"code": "Forbidden.AccessDenied.AccessTokenPermissionDenied"}, ScopeMissingError),
    ],
)
async def test_a_ding_that_fails_says_why(
    scripted: type[Scripted], reply: dict[str, Any], error: type[DeliveryError]
) -> None:
    channel = scripted(lambda _: httpx.Response(200, json=reply)).channel
    with pytest.raises(error):
        await channel.urge(LI, KEY)


async def test_a_group_gets_no_ding(rig: Rig) -> None:
    with pytest.raises(ContentError):
        await rig.channel().urge(Identity(rig.group, "open_conversation_id"), KEY)


async def test_a_card_is_sent_exactly_like_this(scripted: type[Scripted]) -> None:
    platform = scripted(delivered(success=True))
    block = {"type": "mention", "users": ["user:li.wei"]}
    card = Card.model_validate({"title": "T", "summary": "S", "blocks": [block]})
    payload = platform.channel.render(card.mentioning({"user:li.wei": "li.wei"}))
    await platform.channel.send(LI, payload, key=KEY)
    body = json.loads(platform.requests[0].content)
    assert body.pop("cardData")["cardParamMap"]["markdown"] == "<a atId=li.wei>li.wei</a>"
    assert body == {
        "cardTemplateId": "golden.schema",
        "outTrackId": KEY,
        "userIdType": 1,
        "cardAtUserIds": ["li.wei"],
        "openSpaceId": "dtv1.card//IM_ROBOT.li.wei",
        "imRobotOpenSpaceModel": {
            "supportForward": True,
            "lastMessageI18n": {"ZH_CN": "S", "EN_US": "S"},
            "notification": {"alertContent": "S", "notificationOff": False},
        },
        "imRobotOpenDeliverModel": {
            "spaceType": "IM_ROBOT",
            "robotCode": "dingkey",
            "extension": {},
        },
    }


def delivered(**result: object) -> Answer:
    body = {"success": True, "result": {"outTrackId": KEY, "deliverResults": [result]}}
    return lambda _: httpx.Response(200, json=body)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"success": True, "result": {"deliverResults": [{"success": False}]}}, RecipientError),
        (
            {"success": True, "result": {"deliverResults": [{"success": True}, {}]}},
            RecipientError,
        ),
        ({"success": True, "result": {"deliverResults": []}}, UncertainError),
        ({"success": False, "result": {"deliverResults": [{"success": True}]}}, UncertainError),
        ({"success": True}, UncertainError),
        ({"success": True, "result": []}, UncertainError),
    ],
)
async def test_http_200_may_still_be_a_card_that_nobody_got(
    scripted: type[Scripted], body: dict[str, Any], error: type[DeliveryError]
) -> None:
    channel = scripted(lambda _: httpx.Response(200, json=body)).channel
    with pytest.raises(error):
        await channel.send(LI, channel.render(CARD), key=KEY)


@pytest.mark.parametrize("body", [{"success": True}, {"success": False, "result": True}, {"x": 1}])
async def test_http_200_may_still_be_a_card_that_did_not_change(
    scripted: type[Scripted], body: dict[str, Any]
) -> None:
    channel = scripted(lambda _: httpx.Response(200, json=body)).channel
    with pytest.raises(UncertainError):
        await channel.update(KEY, channel.render(CARD), key=KEY)


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"single": "card"},
        {"single": "card", "card": {"variables": {"title": 1}}},
        {"single": "card", "card": {"variables": []}},
        {"single": "robot", "robot": "x"},
    ],
)
async def test_a_payload_that_overrides_broke_is_refused_without_a_call(
    rig: Rig, payload: Payload
) -> None:
    with pytest.raises(ContentError):
        await rig.channel().send(LI, payload, key=KEY)
    assert rig.calls() == 0


async def test_a_template_that_is_gone_holds_the_channel_with_its_page(rig: Rig) -> None:
    channel = rig.channel(card_template_id="unknown.schema")
    with pytest.raises(DeliveryError) as refused:
        await channel.send(LI, channel.render(CARD), key=KEY)
    assert refused.value.provider_code == "param.templateNotExist"
    assert refused.value.fix_url == "https://open-dev.dingtalk.com/fe/card"
