import json

import pytest

from gateway_dingtalk.emulator import Emulator

from .conftest import Client, Clock, Json

BASE = "/topapi/message/corpconversation"
TEXT: Json = {"msgtype": "text", "text": {"content": "hello"}}
OA: Json = {
    "msgtype": "oa",
    "oa": {
        "message_url": "https://x.example",
        "head": {"bgcolor": "FFBBBBBB", "text": "x"},
        "body": {"title": "t"},
        "status_bar": {"status_value": "Open", "status_bg": "0xFF78C06E"},
    },
}


def agent(client: Client) -> int:
    return client.emulator.apps[client.robot_code].agent_id


async def notice(client: Client, **changes: object) -> Json:
    body = {"agent_id": agent(client), "userid_list": "li.wei", "msg": TEXT, **changes}
    return await client.old(f"{BASE}/asyncsend_v2", **body)


async def follow(client: Client, name: str, task_id: int, **more: object) -> Json:
    return await client.old(f"{BASE}/{name}", agent_id=agent(client), task_id=task_id, **more)


async def test_a_notice_reaches_people_and_departments_at_any_depth(
    client: Client, emulator: Emulator
) -> None:
    office = emulator.add_department("Office")
    deeper = emulator.add_department("Deeper", office.id)
    emulator.add_person("Ada", "ada", departments=(deeper.id,))
    answer = await notice(client, userid_list="li.wei, nobody", dept_id_list=f"{office.id},9")
    assert answer["errcode"] == 0
    assert [each.receiver for each in emulator.messages] == ["li.wei", "ada"]
    sent = (await follow(client, "getsendresult", answer["task_id"]))["send_result"]
    assert sent["unread_user_id_list"] == ["li.wei", "ada"]
    assert (sent["invalid_user_id_list"], sent["invalid_dept_id_list"]) == (["nobody"], ["9"])
    emulator.read(emulator.people["li.wei"])
    sent = (await follow(client, "getsendresult", answer["task_id"]))["send_result"]
    assert (sent["read_user_id_list"], sent["unread_user_id_list"]) == (["li.wei"], ["ada"])
    progress = (await follow(client, "getsendprogress", answer["task_id"]))["progress"]
    assert progress == {"progress_in_percent": 100, "status": 2}


async def test_the_same_words_on_the_same_day_are_dropped_in_silence(
    client: Client, emulator: Emulator, clock: Clock
) -> None:
    assert (await notice(client))["errcode"] == 0
    again = await notice(client)
    assert again["errcode"] == 0
    assert len(emulator.messages) == 1
    sent = (await follow(client, "getsendresult", again["task_id"]))["send_result"]
    assert sent["forbidden_user_id_list"] == ["li.wei"]
    assert sent["forbidden_list"] == [{"code": "143106", "count": 1, "userid": "li.wei"}]
    clock.advance(86_400)
    await client.log_in()
    await notice(client)
    assert len(emulator.messages) == 2


async def test_the_501st_notice_of_a_day_is_dropped_in_silence(
    client: Client, emulator: Emulator, clock: Clock
) -> None:
    for number in range(501):
        clock.advance(0.1)
        msg = {"msgtype": "text", "text": {"content": str(number)}}
        answer = await notice(client, msg=msg)
        assert answer["errcode"] == 0
    assert len(emulator.messages) == 500
    sent = (await follow(client, "getsendresult", answer["task_id"]))["send_result"]
    assert sent["forbidden_list"][0]["code"] == "143105"


async def test_over_5000_people_a_minute_are_dropped_in_silence(
    client: Client, emulator: Emulator, clock: Clock
) -> None:
    people = emulator.add_people(100, prefix="m")
    users = ",".join(each.id for each in people)
    for number in range(51):
        clock.advance(1.0)
        msg = {"msgtype": "text", "text": {"content": str(number)}}
        answer = await notice(client, userid_list=users, msg=msg)
    assert len(emulator.messages) == 5000
    sent = (await follow(client, "getsendresult", answer["task_id"]))["send_result"]
    assert {row["code"] for row in sent["forbidden_list"]} == {"143103"}
    assert len(sent["forbidden_user_id_list"]) == 100


async def test_a_result_may_be_a_while_in_coming(
    client: Client, emulator: Emulator, clock: Clock
) -> None:
    emulator.notice_seconds = 2.0
    task_id = (await notice(client))["task_id"]
    sent = (await follow(client, "getsendresult", task_id))["send_result"]
    assert not any(sent.values())
    progress = (await follow(client, "getsendprogress", task_id))["progress"]
    assert progress == {"progress_in_percent": 0, "status": 1}
    clock.advance(2.0)
    sent = (await follow(client, "getsendresult", task_id))["send_result"]
    assert sent["unread_user_id_list"] == ["li.wei"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"agent_id": 1}, 40056),
        ({"agent_id": "x"}, 40035),
        ({"agent_id": True}, 40035),
        ({"userid_list": ["li.wei"]}, 40035),
        ({"userid_list": ""}, 40035),
        ({"userid_list": ",".join(str(n) for n in range(101))}, 40035),
        ({"dept_id_list": ",".join(str(n) for n in range(21))}, 40035),
        ({"to_all_user": "True"}, 41),
        ({"msg": "no json"}, 40035),
        ({"msg": {"msgtype": "poem", "poem": {}}}, 40035),
        ({"msg": {"msgtype": "text"}}, 40035),
        ({"msg": {"msgtype": "text", "text": {"content": "字" * 700}}}, 400002),
        ({"msg": {"msgtype": "markdown", "markdown": {"title": "t"}}}, 40035),
        ({"msg": {"msgtype": "link", "link": {"title": "t"}}}, 40035),
        ({"msg": {"msgtype": "image", "image": {}}}, 40035),
        ({"msg": {"msgtype": "action_card", "action_card": {"title": "t"}}}, 40035),
        ({"msg": {"msgtype": "oa", "oa": {"head": {}}}}, 40035),
    ],
)
async def test_a_wrong_notice_is_refused(
    client: Client, emulator: Emulator, changes: Json, code: int
) -> None:
    if "to_all_user" in changes:
        changes = {**changes, "userid_list": ""}
    answer = await notice(client, **changes)
    assert (answer["errcode"], emulator.messages) == (code, [])


ROWS = [{"title": "Open", "action_url": "https://x.example"}]
CARD = {"title": "t", "markdown": "x"}


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ({"single_title": "a", "single_url": "https://x.example"}, 0),
        ({"single_title": "a" * 21, "single_url": "https://x.example"}, 40035),
        ({"btn_orientation": "1", "btn_json_list": ROWS}, 0),
        ({"btn_orientation": 1, "btn_json_list": ROWS}, 40035),
        ({"btn_orientation": "1", "btn_json_list": []}, 40035),
        ({"btn_orientation": "1", "btn_json_list": ROWS * 25}, 40035),
    ],
)
async def test_an_action_card_has_one_link_or_a_list(client: Client, card: Json, code: int) -> None:
    msg = {"msgtype": "action_card", "action_card": {**CARD, **card}}
    assert (await notice(client, msg=msg))["errcode"] == code


async def test_everybody_is_reached_by_a_flag_and_the_message_may_be_text(
    client: Client, emulator: Emulator
) -> None:
    await notice(client, userid_list=None, to_all_user=True, msg=json.dumps(TEXT))
    assert len(emulator.messages) == 6


async def test_a_notice_is_recalled_by_a_differently_named_task(
    client: Client, emulator: Emulator, clock: Clock
) -> None:
    task_id = (await notice(client))["task_id"]
    recall, body = f"{BASE}/recall", {"agent_id": agent(client)}
    assert (await client.old(recall, **body, task_id=task_id))["errcode"] == 40035
    assert (await client.old(recall, **body, msg_task_id=task_id))["errcode"] == 0
    assert emulator.messages[0].recalled
    clock.advance(86_401)
    await client.log_in()
    assert (await client.old(recall, **body, msg_task_id=task_id))["errcode"] == 400002
    assert (await follow(client, "getsendprogress", task_id))["errcode"] == 0


async def test_the_status_bar_of_an_oa_notice_is_updated(
    client: Client, emulator: Emulator
) -> None:
    task_id = (await notice(client, msg=OA))["task_id"]
    name, more = "status_bar/update", {"status_value": "Done", "status_bg": "0xFF00FF00"}
    assert (await follow(client, name, task_id, **more))["errcode"] == 0
    [message] = emulator.messages
    assert message.content["status_bar"]["status_value"] == "Done"
    assert len(message.updates) == 1
    plain = (await notice(client))["task_id"]
    assert (await follow(client, name, plain, **more))["errcode"] == 41052
