import json

import httpx
import pytest

from gateway_lark.emulator import Emulator, Person

from .conftest import Client, Clock, Json


def old_card(*, shared: bool) -> Json:
    return {
        "config": {"update_multi": shared},
        "elements": [{"tag": "div", "text": {"tag": "plain_text", "content": "x"}}],
    }


async def patch(client: Client, message_id: str, card: Json) -> httpx.Response:
    body = {"content": json.dumps(card)}
    return await client.ask("PATCH", f"im/v1/messages/{message_id}", body)


async def test_a_card_reaches_the_person(
    client: Client, emulator: Emulator, li_wei: Person, card: Json
) -> None:
    answer = (await client.send(li_wei, card)).json()
    assert answer["code"] == 0
    data = answer["data"]
    assert data["message_id"].startswith("om_")
    assert data["chat_id"].startswith("oc_")
    assert data["create_time"] == "1800000000000"
    assert data["sender"]["id"] == client.app_id
    [message] = emulator.visible_messages(li_wei)
    assert message.message_id == data["message_id"]
    assert message.card == card


@pytest.mark.parametrize("kind", ["open_id", "union_id", "user_id", "email", "chat_id"])
async def test_a_receiver_may_be_named_five_ways(
    client: Client, emulator: Emulator, li_wei: Person, kind: str
) -> None:
    group = emulator.add_chat("G", [li_wei])
    ids = {
        "open_id": emulator.open_id(client.app_id, li_wei),
        "union_id": li_wei.union_id,
        "user_id": li_wei.id,
        "email": li_wei.email,
        "chat_id": group.chat_id,
    }
    body = {"receive_id": ids[kind], "msg_type": "text", "content": '{"text":"x"}'}
    answer = await client.ask("POST", "im/v1/messages", body, receive_id_type=kind)
    assert answer.json()["code"] == 0
    assert len(emulator.visible_messages(li_wei)) == 1


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        ("open_id", "li.wei", 230001),
        ("open_id", "ou_unknown", 99992351),
        ("union_id", "on_unknown", 99992363),
        ("user_id", "nobody", 99992359),
        ("email", "nobody", 230001),
        ("email", "nobody@x.y", 230034),
        ("chat_id", "ou_x", 230001),
        ("chat_id", "oc_unknown", 230034),
        ("phone", "1", 99992402),
    ],
)
async def test_a_receiver_who_does_not_exist_is_refused(
    client: Client, kind: str, value: str, code: int
) -> None:
    body = {"receive_id": value, "msg_type": "text", "content": '{"text":"x"}'}
    answer = await client.ask("POST", "im/v1/messages", body, receive_id_type=kind)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_an_open_id_of_another_app_is_told_apart(
    client: Client, emulator: Emulator, li_wei: Person
) -> None:
    emulator.add_app("cli_other", "s")
    open_id = emulator.open_id("cli_other", li_wei)
    answer = await client.send(li_wei, receive_id=open_id)
    assert answer.json()["code"] == 99992361


async def test_the_bot_cannot_write_to_itself(
    client: Client, emulator: Emulator, li_wei: Person
) -> None:
    answer = await client.send(li_wei, receive_id=emulator.apps[client.app_id].open_id)
    assert answer.json()["code"] == 230013


@pytest.mark.parametrize(
    ("detail", "code"),
    [({"available": False}, 230013), ({"resigned": True}, 230013), ({"muted_bot": True}, 230053)],
)
async def test_who_cannot_be_reached_is_told(
    client: Client, emulator: Emulator, detail: Json, code: int
) -> None:
    person = emulator.add_person("Nobody", **detail)
    assert (await client.send(person)).json()["code"] == code


async def test_a_bot_outside_the_group_and_a_bot_without_ability_are_refused(
    client: Client, emulator: Emulator, li_wei: Person
) -> None:
    group = emulator.add_chat("G", [li_wei], bots=[])
    body = {"receive_id": group.chat_id, "msg_type": "text", "content": '{"text":"x"}'}
    outside = await client.ask("POST", "im/v1/messages", body, receive_id_type="chat_id")
    assert outside.json()["code"] == 230002
    emulator.apps[client.app_id].bot_active = False
    assert (await client.send(li_wei)).json()["code"] == 230006


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"content": {"text": "x"}}, 99992402),
        ({"content": "nonsense"}, 230001),
        ({"content": "[]"}, 230001),
        ({"content": '{"text":""}'}, 230001),
        ({"msg_type": "poem"}, 230001),
        ({"msg_type": "post", "content": '{"zh_cn":{"content":[[{"tag":"poem"}]]}}'}, 230001),
        ({"msg_type": "image", "content": '{"image_key":"img_v3_x"}'}, 230001),
        ({"msg_type": "share_user", "content": '{"user_id":"ou_x"}'}, 230001),
        ({"msg_type": "share_chat", "content": '{"chat_id":"oc_x"}'}, 230001),
        ({"uuid": "u" * 51}, 99992402),
        ({"content": json.dumps({"text": "x" * 154_000})}, 230025),
        ({"msg_type": "interactive", "content": json.dumps({"x": "y" * 31_000})}, 230025),
        ({"msg_type": "interactive", "content": "nonsense"}, 230099),
    ],
)
async def test_what_is_wrong_with_a_message_is_told(
    client: Client, emulator: Emulator, li_wei: Person, more: Json, code: int
) -> None:
    assert (await client.send(li_wei, **more)).json()["code"] == code
    assert emulator.messages == []


async def test_a_repeated_uuid_makes_no_second_message_within_the_hour(
    client: Client, emulator: Emulator, li_wei: Person, clock: Clock
) -> None:
    first = (await client.send(li_wei, uuid="u1")).json()["data"]["message_id"]
    clock.advance(3599)
    again = (await client.send(li_wei, uuid="u1")).json()["data"]["message_id"]
    assert (first, len(emulator.messages)) == (again, 1)
    clock.advance(1)
    await client.send(li_wei, uuid="u1")
    assert len(emulator.duplicates()) == 1


async def test_a_repeated_uuid_may_be_switched_to_still_sending(
    client: Client, emulator: Emulator, li_wei: Person
) -> None:
    emulator.repeated_uuid = "sending"
    await client.send(li_wei, uuid="u1")
    assert (await client.send(li_wei, uuid="u1")).json()["code"] == 230049


async def test_one_person_gets_five_messages_a_second(
    client: Client, emulator: Emulator, li_wei: Person, clock: Clock
) -> None:
    for number in range(5):
        assert (await client.send(li_wei, str(number))).json()["code"] == 0
    assert (await client.send(li_wei)).json()["code"] == 230020
    assert (await client.send(emulator.people["wang.fang"])).json()["code"] == 0
    clock.advance(1)
    assert (await client.send(li_wei)).json()["code"] == 0


async def test_a_card_is_replaced_in_place(
    client: Client, emulator: Emulator, li_wei: Person, card: Json
) -> None:
    message_id = (await client.send(li_wei, card)).json()["data"]["message_id"]
    card["header"]["template"] = "green"
    assert (await patch(client, message_id, card)).json() | {"msg": ""} == {
        "code": 0,
        "msg": "",
        "data": {},
    }
    [message] = emulator.messages
    assert message.card == card
    assert len(message.updates) == 1


@pytest.mark.parametrize(("before", "after"), [(True, False), (False, True)])
async def test_a_card_not_shared_by_all_viewers_is_not_replaced(
    client: Client, li_wei: Person, before: bool, after: bool
) -> None:
    sent = await client.send(li_wei, old_card(shared=before))
    message_id = sent.json()["data"]["message_id"]
    answer = await patch(client, message_id, old_card(shared=after))
    assert answer.json()["code"] == 230001


async def test_texts_recalled_old_and_unknown_messages_are_not_replaced(
    client: Client, li_wei: Person, card: Json, clock: Clock
) -> None:
    text = (await client.send(li_wei)).json()["data"]["message_id"]
    assert "NOT a card" in (await patch(client, text, card)).json()["msg"]
    sent = (await client.send(li_wei, card)).json()["data"]["message_id"]
    assert (await client.ask("DELETE", f"im/v1/messages/{sent}")).json()["code"] == 0
    assert (await patch(client, sent, card)).json()["code"] == 230011
    old = (await client.send(li_wei, card)).json()["data"]["message_id"]
    clock.advance(14 * 86_400 + 1)
    await client.log_in()
    assert (await patch(client, old, card)).json()["code"] == 230031
    assert (await patch(client, "om_unknown", card)).json()["code"] == 99992354
    assert (await patch(client, "nonsense", card)).json()["code"] == 230001


async def test_a_message_of_another_app_is_not_replaced(
    client: Client, emulator: Emulator, li_wei: Person, card: Json
) -> None:
    sent = (await client.send(li_wei, card)).json()["data"]["message_id"]
    emulator.add_app("cli_other", "s")
    await client.log_in("cli_other", "s")
    assert (await patch(client, sent, card)).json()["code"] == 230012


async def test_one_message_is_replaced_five_times_a_second(
    client: Client, li_wei: Person, card: Json
) -> None:
    sent = (await client.send(li_wei, card)).json()["data"]["message_id"]
    codes = [(await patch(client, sent, card)).json()["code"] for _ in range(6)]
    assert codes == [0] * 5 + [230020]


async def test_a_reply_lands_in_the_same_chat(
    client: Client, emulator: Emulator, li_wei: Person
) -> None:
    parent = (await client.send(li_wei)).json()["data"]
    body = {"msg_type": "text", "content": '{"text":"more"}', "uuid": "r1"}
    answer = await client.ask("POST", f"im/v1/messages/{parent['message_id']}/reply", body)
    assert answer.json()["data"]["parent_id"] == parent["message_id"]
    assert answer.json()["data"]["chat_id"] == parent["chat_id"]
    assert len(emulator.visible_messages(li_wei)) == 2


async def test_a_text_is_edited_twenty_times(client: Client, li_wei: Person) -> None:
    sent = (await client.send(li_wei)).json()["data"]["message_id"]
    body = {"msg_type": "text", "content": '{"text":"better"}'}
    codes = [
        (await client.ask("PUT", f"im/v1/messages/{sent}", body)).json()["code"] for _ in range(21)
    ]
    assert codes == [0] * 20 + [230072]
    got = (await client.ask("GET", f"im/v1/messages/{sent}")).json()["data"]["items"][0]
    assert got["updated"] is True
    assert got["body"]["content"] == body["content"]


async def test_urgency_reports_ids_that_do_not_see_the_message(
    client: Client, emulator: Emulator, li_wei: Person
) -> None:
    sent = (await client.send(li_wei)).json()["data"]["message_id"]
    mine = emulator.open_id(client.app_id, li_wei)
    other = emulator.open_id(client.app_id, emulator.people["wang.fang"])
    path = f"im/v1/messages/{sent}/urgent_app"
    answer = await client.ask("PATCH", path, {"user_id_list": [mine, other]})
    assert answer.json()["data"] == {"invalid_user_id_list": [other]}
    assert emulator.messages[0].urgent == {"li.wei"}
    refused = await client.ask("PATCH", path, {"user_id_list": [other]})
    assert refused.json()["code"] == 230001


async def test_readers_are_told_for_seven_days(
    client: Client, emulator: Emulator, li_wei: Person, clock: Clock
) -> None:
    sent = (await client.send(li_wei)).json()["data"]["message_id"]
    emulator.read(li_wei)
    path = f"im/v1/messages/{sent}/read_users"
    [reader] = (await client.ask("GET", path, user_id_type="user_id")).json()["data"]["items"]
    assert reader["user_id"] == "li.wei"
    assert reader["timestamp"] == "1800000000000"
    clock.advance(7 * 86_400 + 1)
    await client.log_in()
    assert (await client.ask("GET", path, user_id_type="user_id")).json()["code"] == 230033


async def test_what_cannot_be_done_to_a_recalled_or_foreign_message_is_told(
    client: Client, emulator: Emulator, li_wei: Person, clock: Clock
) -> None:
    sent = (await client.send(li_wei)).json()["data"]["message_id"]
    body = {"msg_type": "text", "content": '{"text":"x"}'}
    path = f"im/v1/messages/{sent}"
    card = {"msg_type": "interactive", "content": "{}"}
    assert (await client.ask("PUT", path, card)).json()["code"] == 230054
    emulator.messages[0].recalled = True
    for method, where, code in (
        ("PUT", path, 230011),
        ("DELETE", path, 230011),
        ("POST", f"{path}/reply", 230011),
        ("PATCH", f"{path}/urgent_app", 230011),
    ):
        assert (await client.ask(method, where, body)).json()["code"] == code
    emulator.messages[0].recalled = False
    emulator.add_app("cli_other", "s")
    await client.log_in("cli_other", "s")
    assert (await client.ask("PUT", path, body)).json()["code"] == 230071
    assert (await client.ask("GET", path)).json()["code"] == 230002
    clock.advance(86_401)
    await client.log_in()
    assert (await client.ask("DELETE", path)).json()["code"] == 230009


async def test_two_hundred_unread_urgent_messages_are_the_most(
    client: Client, emulator: Emulator, li_wei: Person
) -> None:
    emulator.enforce_limits = False
    for _ in range(201):
        await client.send(li_wei)
    for message in emulator.messages[:200]:
        message.urgent.add(li_wei.id)
    path = f"im/v1/messages/{emulator.messages[-1].message_id}/urgent_app"
    wanted = {"user_id_list": [emulator.open_id(client.app_id, li_wei)]}
    assert (await client.ask("PATCH", path, wanted)).json()["code"] == 230023
    emulator.read(li_wei)
    assert (await client.ask("PATCH", path, wanted)).json()["code"] == 0


async def test_a_dissolved_group_takes_no_message(client: Client, emulator: Emulator) -> None:
    group = emulator.add_chat("Gone")
    group.dissolved = True
    body = {"receive_id": group.chat_id, "msg_type": "text", "content": '{"text":"x"}'}
    answer = await client.ask("POST", "im/v1/messages", body, receive_id_type="chat_id")
    assert answer.json()["code"] == 232009
