import json

import pytest

from gateway_dingtalk.emulator import Emulator

from .conftest import ONE, Client, Clock, Json

RECALL = "/v1.0/robot/otoMessages/batchRecall"
GROUP = "/v1.0/robot/groupMessages"


async def test_every_known_person_gets_a_message_and_the_others_are_named(
    client: Client, emulator: Emulator
) -> None:
    emulator.people["wang.fang"].flow_controlled = True
    emulator.people["zhao.jun"].in_scope = False
    answer = await client.send("li.wei", "nobody", "wang.fang", "zhao.jun", "li.wei")
    body = answer.json()
    assert body["invalidStaffIdList"] == ["nobody", "zhao.jun"]
    assert body["flowControlledStaffIdList"] == ["wang.fang"]
    [message] = emulator.messages
    assert (message.receiver, message.msg_type) == ("li.wei", "sampleMarkdown")
    assert message.content["title"] == "Disk is full"
    assert message.query_key == body["processQueryKey"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"robotCode": None}, "MissingrobotCode"),
        ({"robotCode": ""}, "invalidParameter.robotCode.empty"),
        ({"robotCode": "ding_nobody"}, "invalidParameter.robotCode.notExsit"),
        ({"userIds": None}, "MissinguserIds"),
        ({"userIds": "li.wei"}, "InvaliduserIds"),
        ({"userIds": []}, "invalidParameter.userIds.empty"),
        ({"userIds": ["x"] * 21}, "invalidParameter.userIds.overMax"),
        ({"msgKey": None}, "MissingmsgKey"),
        ({"msgKey": ""}, "invalidParameter.msgKey.empty"),
        ({"msgKey": "sampleCard"}, "invalidParameter.msgKey.invalid"),
        ({"msgParam": None}, "MissingmsgParam"),
        ({"msgParam": {"title": "t", "text": "x"}}, "invalidParameter.msgParam.invalid"),
        ({"msgParam": "no json"}, "invalidParameter.msgParam.invalid"),
        ({"msgParam": "[]"}, "invalidParameter.msgParam.invalid"),
        ({"msgParam": '{"title":1,"text":"x"}'}, "invalidParameter.msgParam.invalid"),
        ({"msgParam": '{"text":"x"}'}, "miss.param.markdownTotitle"),
        ({"msgParam": '{"title":"x"}'}, "miss.param.text"),
        ({"msgParam": json.dumps({"text": "字" * 5001})}, "invalidParameter.msgParam.tooLong"),
        ({"msgKey": "sampleActionCard"}, "miss.param.singleTitle"),
        ({"msgKey": "sampleActionCard3"}, "miss.param.actionTitle1"),
    ],
)
async def test_a_wrong_message_is_refused_as_a_whole(
    client: Client, emulator: Emulator, changes: Json, code: str
) -> None:
    answer = await client.send("li.wei", **changes)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert (emulator.messages, emulator.rejections) == ([], {code: 1})


async def test_whether_only_unknown_people_are_an_error_is_a_switch(
    client: Client, emulator: Emulator
) -> None:
    answer = await client.send("nobody")
    assert (answer.status_code, answer.json()["invalidStaffIdList"]) == (200, ["nobody"])
    assert answer.json()["processQueryKey"]
    emulator.all_invalid = "refuse"
    assert (await client.send("nobody")).json()["code"] == "staffId.notExisted"


async def test_a_robot_is_its_apps_own_and_must_be_published(
    client: Client, emulator: Emulator
) -> None:
    other = emulator.add_app("dingother", "secret")
    refused = await client.send("li.wei", robotCode=other.robot_code)
    assert refused.json()["code"] == "invalidParameter.robotCode.auth"
    mine = emulator.apps[client.robot_code]
    refused = await client.send("li.wei", robotCode=str(mine.agent_id))
    assert refused.json()["code"] == "invalidParameter.robotCode.notExsit"
    other.published = False
    refused = await client.send("li.wei", robotCode=other.robot_code)
    assert refused.json()["code"] == "invalidParameter.robotCode.notExsit"
    mine.robot_active = False
    assert (await client.send("li.wei")).json()["code"] == "bot.stopped"


async def test_reading_is_reported_for_a_day(
    client: Client, emulator: Emulator, clock: Clock
) -> None:
    key = (await client.send("li.wei", "wang.fang")).json()["processQueryKey"]
    emulator.read(emulator.people["li.wei"])
    asked = {"robotCode": client.robot_code, "processQueryKey": key}
    answer = (await client.new("GET", f"{ONE}/readStatus", **asked)).json()
    assert answer["sendStatus"] == "SUCCESS"
    assert [(each["userId"], each["readStatus"]) for each in answer["messageReadInfoList"]] == [
        ("li.wei", "READ"),
        ("wang.fang", "UNREAD"),
    ]
    clock.advance(86_401)
    await client.log_in()
    answer = await client.new("GET", f"{ONE}/readStatus", **asked)
    assert answer.json()["code"] == "processQueryKey.expireTime"


async def test_messages_are_recalled_by_key_within_a_day(
    client: Client, emulator: Emulator, clock: Clock
) -> None:
    key = (await client.send("li.wei", "wang.fang")).json()["processQueryKey"]
    body = {"robotCode": client.robot_code, "processQueryKeys": [key, "nonsense"]}
    answer = (await client.new("POST", RECALL, body)).json()
    assert answer == {"successResult": [key], "failedResult": {"nonsense": "processQueryKey不存在"}}
    assert [each.recalled for each in emulator.messages] == [True, True]
    status = {"robotCode": client.robot_code, "processQueryKey": key}
    answer = (await client.new("GET", f"{ONE}/readStatus", **status)).json()
    assert answer["sendStatus"] == "RECALLED"
    clock.advance(86_401)
    await client.log_in()
    answer = await client.new("POST", RECALL, body)
    assert answer.json()["code"] == "robot.processQueryKey.expired"
    for keys, code in (([], "empty"), (["k"] * 21, "overMax")):
        answer = await client.new("POST", RECALL, {**body, "processQueryKeys": keys})
        assert answer.json()["code"] == f"invalidParameter.processQueryKeys.{code}"


async def test_the_case_of_a_path_matters(client: Client) -> None:
    wrong = await client.new("POST", f"{ONE}/batchRecall", {})
    assert (wrong.status_code, wrong.json()["errcode"]) == (200, 404)


async def test_a_group_gets_a_message_of_a_robot_in_it(client: Client, emulator: Emulator) -> None:
    [group] = emulator.groups.values()
    body = {
        "robotCode": client.robot_code,
        "openConversationId": group.open_conversation_id,
        "msgKey": "sampleText",
        "msgParam": '{"content":"hello"}',
    }
    key = (await client.new("POST", f"{GROUP}/send", body)).json()["processQueryKey"]
    assert emulator.messages[0].receiver == group.open_conversation_id
    assert emulator.visible_messages(emulator.people["li.wei"]) == emulator.messages
    emulator.messages[0].read["li.wei"] = 1.0
    asked = {**body, "processQueryKey": key, "maxResults": 20}
    answer = (await client.new("POST", f"{GROUP}/query", asked)).json()
    assert answer == {"sendStatus": "SUCCESS", "readUserIds": ["li.wei"], "hasMore": False}
    answer = await client.new("POST", f"{GROUP}/recall", {**body, "processQueryKeys": [key]})
    assert answer.json()["successResult"] == [key]
    assert emulator.visible_messages(emulator.people["li.wei"]) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"openConversationId": ""}, "miss.openConversationId"),
        ({"openConversationId": "cidx"}, "invalid.openConversationId"),
        ({}, "invalidParameter.robotCode.auth"),
    ],
)
async def test_a_group_that_is_none_or_not_the_robots_is_refused(
    client: Client, emulator: Emulator, change: Json, code: str
) -> None:
    group = emulator.add_group("Others", robots=())
    body = {
        "robotCode": client.robot_code,
        "openConversationId": group.open_conversation_id,
        "msgKey": "sampleText",
        "msgParam": '{"content":"hello"}',
        **change,
    }
    assert (await client.new("POST", f"{GROUP}/send", body)).json()["code"] == code
    group.dissolved = True
    if not change:
        refused = await client.new("POST", f"{GROUP}/send", body)
        assert refused.json()["code"] == "group.disbanded"
