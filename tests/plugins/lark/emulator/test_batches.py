import json

import pytest

from gateway_lark.emulator import Emulator, Person

from .conftest import Client, Clock, Json

SEND = "message/v4/batch_send/"
PROGRESS = "batch_message_send_progress"


def ids(client: Client, emulator: Emulator) -> list[str]:
    return [emulator.open_id(client.app_id, each) for each in emulator.people.values()]


async def test_one_call_reaches_everybody_and_names_the_invalid(
    client: Client, emulator: Emulator, card: Json
) -> None:
    body = {
        "open_ids": [*ids(client, emulator), "ou_nobody"],
        "msg_type": "interactive",
        "card": card,
    }
    answer = (await client.ask("POST", SEND, body)).json()
    assert answer["code"] == 0
    assert answer["data"]["message_id"].startswith("bm-")
    assert answer["data"]["invalid_open_ids"] == ["ou_nobody"]
    assert answer["data"]["invalid_department_ids"] == []
    for person in emulator.people.values():
        [message] = emulator.visible_messages(person)
        assert message.card == card


async def test_a_batch_has_no_idempotency(client: Client, emulator: Emulator, card: Json) -> None:
    body = {"open_ids": ids(client, emulator), "msg_type": "interactive", "card": card}
    for _ in range(2):
        await client.ask("POST", SEND, body | {"uuid": "same"})
    assert len(emulator.duplicates()) == 6


async def test_progress_is_zero_first(
    client: Client, emulator: Emulator, clock: Clock, li_wei: Person
) -> None:
    emulator.people["wang.fang"].available = False
    body = {"open_ids": ids(client, emulator), "msg_type": "text", "content": {"text": "hi"}}
    batch_id = (await client.ask("POST", SEND, body)).json()["data"]["message_id"]
    path = f"im/v1/batch_messages/{batch_id}/get_progress"
    data = (await client.ask("GET", path)).json()["data"]
    assert data[PROGRESS]["valid_user_ids_count"] == 0
    clock.advance(2)
    emulator.read(li_wei)
    data = (await client.ask("GET", path)).json()["data"]
    assert data[PROGRESS] == {
        "valid_user_ids_count": 6,
        "success_user_ids_count": 5,
        "read_user_ids_count": 1,
    }
    path = f"im/v1/batch_messages/{batch_id}/read_user"
    read = (await client.ask("GET", path)).json()["data"]["read_user"]
    assert read == {"read_count": "1", "total_count": "5"}


async def test_a_batch_is_recalled_from_everybody(
    client: Client, emulator: Emulator, li_wei: Person
) -> None:
    body = {"open_ids": ids(client, emulator), "msg_type": "text", "content": {"text": "hi"}}
    batch_id = (await client.ask("POST", SEND, body)).json()["data"]["message_id"]
    answer = await client.ask("DELETE", f"im/v1/batch_messages/{batch_id}")
    assert answer.json()["code"] == 0
    assert emulator.visible_messages(li_wei) == []


async def test_departments_are_recursive(client: Client, emulator: Emulator) -> None:
    top = emulator.add_department("Operations")
    deep = emulator.add_department("Night shift", top.id)
    owl = emulator.add_person("Owl", department=deep.id)
    body = {"department_ids": [top.id, "D9"], "msg_type": "text", "content": {"text": "hi"}}
    answer = (await client.ask("POST", SEND, body)).json()
    assert answer["data"]["invalid_department_ids"] == ["D9"]
    assert len(emulator.visible_messages(owl)) == 1


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"open_ids": ["ou_x"] * 201}, 10003),
        ({"open_ids": []}, 10003),
        ({"open_ids": "ou_x"}, 10003),
        ({"msg_type": "file"}, 10003),
        ({"content": '{"text":"hi"}'}, 10003),
        ({"content": {"text": ""}}, 10003),
        ({"msg_type": "post", "content": {"zh_cn": {"content": []}}}, 10003),
        ({"msg_type": "interactive", "card": json.dumps({})}, 10003),
        ({"msg_type": "interactive", "card": {"schema": "2.0", "x": 1}}, 11246),
        ({"msg_type": "interactive", "card": {"x": "y" * 31_000}}, 11246),
        ({"department_ids": ["0"]}, 10003),
    ],
)
async def test_refusals_come_with_http_200(
    client: Client, emulator: Emulator, more: Json, code: int
) -> None:
    body = {"open_ids": ids(client, emulator), "msg_type": "text", "content": {"text": "hi"}}
    answer = await client.ask("POST", SEND, body | more)
    assert (answer.status_code, answer.json()["code"]) == (200, code)
    assert emulator.messages == []


@pytest.mark.parametrize(
    ("scope", "name", "code"),
    [
        ("im:message:send_multi_users", "open_ids", 11203),
        ("im:message:send_multi_depts", "department_ids", 11204),
    ],
)
async def test_people_and_departments_want_their_own_scopes(
    client: Client, emulator: Emulator, scope: str, name: str, code: int
) -> None:
    emulator.apps[client.app_id].scopes.remove(scope)
    body = {name: ["x"], "msg_type": "text", "content": {"text": "hi"}}
    assert (await client.ask("POST", SEND, body)).json()["code"] == code


async def test_a_path_without_its_slash_is_unknown(client: Client) -> None:
    assert (await client.ask("POST", SEND.rstrip("/"), {})).json()["code"] == 99991201


async def test_the_rate_limit_of_an_old_api_is_http_400(client: Client) -> None:
    for _ in range(50):
        await client.ask("POST", SEND, {})
    refused = await client.ask("POST", SEND, {})
    assert (refused.status_code, refused.json()["code"]) == (400, 99991400)
    assert "x-ogw-ratelimit-reset" in refused.headers


async def test_half_a_million_a_day_are_enough(
    client: Client, emulator: Emulator, clock: Clock
) -> None:
    emulator.batched[client.app_id, "2027-01-15"] = 499_999
    body = {"open_ids": ids(client, emulator), "msg_type": "text", "content": {"text": "hi"}}
    assert (await client.ask("POST", SEND, body)).json()["code"] == 11247


@pytest.mark.parametrize(("batch_id", "code"), [("bm", 230001), ("bm-unknown", 230030)])
async def test_an_unknown_batch_is_refused(client: Client, batch_id: str, code: int) -> None:
    answer = await client.ask("GET", f"im/v1/batch_messages/{batch_id}/get_progress")
    assert (answer.status_code, answer.json()["code"]) == (400, code)
