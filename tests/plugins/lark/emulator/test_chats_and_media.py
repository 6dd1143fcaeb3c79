from typing import Any

import httpx
import pytest

from gateway_lark.emulator import Emulator, Person

from .conftest import Client, Clock

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\r\n--x\xff" * 8


async def upload(client: Client, kind: str, fields: dict[str, Any], data: bytes) -> httpx.Response:
    return await client.http.post(
        f"/open-apis/im/v1/{kind}s",
        headers={"Authorization": f"Bearer {client.token}"},
        data=fields,
        files={kind: ("a.bin", data)},
    )


async def test_an_image_is_kept_byte_for_byte_and_served(
    client: Client, http: httpx.AsyncClient, emulator: Emulator, li_wei: Person
) -> None:
    answer = await upload(client, "image", {"image_type": "message"}, PNG)
    key = answer.json()["data"]["image_key"]
    assert key.startswith("img_v3_")
    served = await http.get(f"/_emulator/images/{key}")
    assert (served.content, served.headers["content-type"]) == (PNG, "image/png")
    alt = {"tag": "plain_text", "content": "chart"}
    card = {"schema": "2.0", "body": {"elements": [{"tag": "img", "img_key": key, "alt": alt}]}}
    assert (await client.send(li_wei, card)).json()["code"] == 0
    sent = await client.send(li_wei, msg_type="image", content=f'{{"image_key":"{key}"}}')
    assert sent.json()["code"] == 0


@pytest.mark.parametrize(
    ("kind", "fields", "data", "code"),
    [
        ("image", {"image_type": "message"}, b"", 234010),
        ("image", {"image_type": "message"}, b"text", 234011),
        ("image", {"image_type": "poem"}, PNG, 234001),
        ("image", {"image_type": "message"}, PNG + b"x" * 10 * 1024 * 1024, 234006),
        ("file", {"file_type": "stream"}, b"x", 234001),
        ("file", {"file_type": "poem", "file_name": "x"}, b"x", 234001),
    ],
)
async def test_a_bad_upload_is_refused(
    client: Client, kind: str, fields: dict[str, Any], data: bytes, code: int
) -> None:
    answer = await upload(client, kind, fields, data)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_a_file_is_sent_as_a_file_only_and_by_its_owner_only(
    client: Client, emulator: Emulator, li_wei: Person
) -> None:
    answer = await upload(client, "file", {"file_type": "pdf", "file_name": "a.pdf"}, b"%PDF")
    key = answer.json()["data"]["file_key"]
    content = f'{{"file_key":"{key}"}}'
    assert (await client.send(li_wei, msg_type="file", content=content)).json()["code"] == 0
    as_image = f'{{"image_key":"{key}"}}'
    wrong = await client.send(li_wei, msg_type="image", content=as_image)
    assert wrong.json()["code"] == 230055
    emulator.add_app("cli_other", "s")
    emulator.uploads[key].app_id = "cli_other"
    foreign = await client.send(li_wei, msg_type="file", content=content)
    assert foreign.json()["code"] == 230017


async def test_a_group_is_made_once_per_uuid_within_ten_hours(
    client: Client, emulator: Emulator, clock: Clock
) -> None:
    body = {"name": "War room", "user_id_list": ["li.wei"]}
    query = {"user_id_type": "user_id", "uuid": "g1"}
    ids = []
    for seconds in (0, 35_999, 1):
        clock.advance(seconds)
        await client.log_in()
        answer = await client.ask("POST", "im/v1/chats", body, **query)
        ids.append(answer.json()["data"]["chat_id"])
    assert ids[0] == ids[1] != ids[2]


async def test_groups_are_listed_searched_and_joined(
    client: Client, emulator: Emulator, li_wei: Person
) -> None:
    chat = emulator.add_chat("War room")
    emulator.add_chat("Elsewhere", bots=[])
    listed = (await client.ask("GET", "im/v1/chats")).json()["data"]["items"]
    assert [each["name"] for each in listed] == ["On call", "War room"]
    found = (await client.ask("GET", "im/v1/chats/search", query="war")).json()["data"]["items"]
    assert [each["chat_id"] for each in found] == [chat.chat_id]
    path = f"im/v1/chats/{chat.chat_id}/members"
    joined = await client.ask(
        "POST", path, {"id_list": ["li.wei", "nobody"]}, member_id_type="user_id"
    )
    assert joined.json()["data"]["invalid_id_list"] == ["nobody"]
    assert chat.members == ["li.wei"]
    assert (await client.ask("POST", path, {"id_list": []})).json()["code"] == 232001
    lost = await client.ask("POST", "im/v1/chats/oc_x/members", {"id_list": ["x"]})
    assert lost.json()["code"] == 232006


async def test_a_card_token_updates_twice_within_half_an_hour(
    client: Client, emulator: Emulator, li_wei: Person, clock: Clock
) -> None:
    await client.send(li_wei, {"schema": "2.0"})
    token = emulator.card_token(emulator.messages[0])
    body = {"token": token, "card": {"schema": "2.0", "config": {"update_multi": True}}}
    path = "interactive/v1/card/update"
    codes = [(await client.ask("POST", path, body)).json()["code"] for _ in range(3)]
    assert codes == [0, 0, 300040]
    assert emulator.messages[0].card == body["card"]
    late = emulator.card_token(emulator.messages[0])
    clock.advance(1801)
    for wrong, code in ((late, 300030), ("x", 300020)):
        answer = await client.ask("POST", path, body | {"token": wrong})
        assert answer.json()["code"] == code


async def test_a_card_token_judges_the_card_and_the_message(
    client: Client, emulator: Emulator, li_wei: Person
) -> None:
    await client.send(li_wei, {"schema": "2.0"})
    message = emulator.messages[0]
    token = emulator.card_token(message)
    path = "interactive/v1/card/update"
    for card, code in (
        ("text", 100030),
        ({"schema": "2.0", "x": 1}, 11311),
        ({"elements": []}, 300090),
    ):
        answer = await client.ask("POST", path, {"token": token, "card": card})
        assert answer.json()["code"] == code
    message.recalled = True
    answer = await client.ask("POST", path, {"token": token, "card": {}})
    assert answer.json()["code"] == 200000


@pytest.mark.parametrize(
    ("body", "query", "code"),
    [
        ({"user_id_list": ["nobody"]}, {}, 232043),
        ({"user_id_list": ["far"]}, {}, 232024),
        ({"user_id_list": ["x"] * 51}, {}, 99992402),
        ({"bot_id_list": ["cli_x"]}, {}, 232043),
        ({}, {"uuid": "u" * 51}, 99992402),
    ],
)
async def test_a_group_of_the_wrong_people_is_refused(
    client: Client, body: dict[str, object], query: dict[str, str], code: int
) -> None:
    client.emulator.add_person("Far", user_id="far", available=False)
    answer = await client.ask("POST", "im/v1/chats", body, user_id_type="user_id", **query)
    assert answer.json()["code"] == code


async def test_bots_join_groups_by_their_app_id(client: Client, emulator: Emulator) -> None:
    emulator.add_app("cli_other", "s")
    chat = emulator.add_chat("War room", bots=[client.app_id])
    path = f"im/v1/chats/{chat.chat_id}/members"
    query = {"member_id_type": "app_id", "succeed_type": "2"}
    joined = await client.ask("POST", path, {"id_list": ["cli_other"]}, **query)
    assert joined.json()["code"] == 0
    assert chat.bots == [client.app_id, "cli_other"]
    assert (await client.ask("POST", path, {"id_list": ["cli_x"]}, **query)).json()[
        "code"
    ] == 232043
    chat.bots.remove(client.app_id)
    assert (await client.ask("POST", path, {"id_list": ["x"]})).json()["code"] == 232011
    chat.dissolved = True
    assert (await client.ask("POST", path, {"id_list": ["x"]})).json()["code"] == 232009
