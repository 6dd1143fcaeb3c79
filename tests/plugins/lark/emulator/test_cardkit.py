import json

import pytest

from gateway_lark.emulator import Emulator, Person

from .conftest import Client, Clock, Json

BASE = "cardkit/v1/cards"
ELEMENT = {"tag": "markdown", "content": "hi", "element_id": "text"}


def card_of(*elements: Json) -> Json:
    return {"schema": "2.0", "body": {"elements": list(elements)}}


async def make(client: Client, card: Json | None = None) -> str:
    body = {"type": "card_json", "data": json.dumps(card or card_of(ELEMENT))}
    answer = await client.ask("POST", BASE, body)
    card_id: str = answer.json()["data"]["card_id"]
    return card_id


async def send(client: Client, person: Person, card_id: str) -> Json:
    answer = await client.send(person, {"type": "card", "data": {"card_id": card_id}})
    found: Json = answer.json()
    return found


async def put(client: Client, card_id: str, card: Json, **more: object) -> int:
    body = {"card": {"type": "card_json", "data": json.dumps(card)}, **more}
    answer = await client.ask("PUT", f"{BASE}/{card_id}", body)
    code: int = answer.json()["code"]
    return code


async def test_an_entity_is_sent_once_and_changes_where_it_was_sent(
    client: Client, emulator: Emulator, li_wei: Person
) -> None:
    card_id = await make(client)
    assert len(card_id) == 19
    assert (await send(client, li_wei, card_id))["code"] == 0
    assert (await send(client, li_wei, card_id))["code"] == 230099
    new = card_of({"tag": "markdown", "content": "new"})
    assert await put(client, card_id, new, sequence=1) == 0
    [message] = emulator.visible_messages(li_wei)
    assert message.card == new
    assert len(message.updates) == 1


async def test_the_sequence_must_grow(client: Client) -> None:
    card_id = await make(client)
    codes = [await put(client, card_id, card_of(), sequence=number) for number in (2, 2, 1, 3, 0)]
    assert codes == [0, 300317, 300317, 0, 300317]
    assert await put(client, card_id, card_of()) == 99992402
    assert await put(client, card_id, card_of(), sequence=2**31) == 300317


async def test_a_uuid_belongs_to_one_change(client: Client, emulator: Emulator) -> None:
    card_id = await make(client)
    assert await put(client, card_id, card_of(), sequence=1, uuid="u") == 0
    assert await put(client, card_id, card_of(), sequence=1, uuid="u") == 0
    assert await put(client, card_id, card_of(ELEMENT), sequence=2, uuid="u") == 200770
    assert await put(client, card_id, card_of(), sequence=2, uuid="u" * 65) == 99992402
    assert emulator.cards[card_id].sequence == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"type": "card_json"}, 10002),
        ({"type": "card_json", "data": "{}"}, 300307),
        ({"type": "card_json", "data": '{"elements":[]}'}, 300303),
        ({"type": "card_json", "data": "nonsense"}, 200220),
        ({"type": "card_json", "data": '{"schema":"2.0","x":1}'}, 200220),
        ({"type": "card_json", "data": '{"schema":"2.0","config":{"update_multi":false}}'}, 300302),
        ({"type": "card_json", "data": json.dumps(card_of(ELEMENT, ELEMENT))}, 300301),
        ({"type": "card_json", "data": json.dumps(card_of(*[{"tag": "hr"}] * 201))}, 300305),
        ({"type": "card_json", "data": "x" * 31_000}, 200860),
    ],
)
async def test_a_bad_entity_is_refused(client: Client, body: Json, code: int) -> None:
    answer = await client.ask("POST", BASE, body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_an_entity_ends_after_14_days_and_belongs_to_one_app(
    client: Client, emulator: Emulator, clock: Clock
) -> None:
    card_id = await make(client)
    emulator.add_app("cli_other", "s")
    await client.log_in("cli_other", "s")
    assert await put(client, card_id, card_of(), sequence=1) == 300311
    clock.advance(14 * 86_400 + 1)
    await client.log_in()
    assert await put(client, card_id, card_of(), sequence=1) == 200750
    assert await put(client, "1", card_of(), sequence=1) == 200740


async def test_elements_are_changed_one_by_one(client: Client, emulator: Emulator) -> None:
    card_id = await make(client)
    path = f"{BASE}/{card_id}/elements"
    more = json.dumps([{"tag": "hr", "element_id": "line"}])
    steps: list[tuple[str, str, Json]] = [
        ("POST", path, {"type": "insert_before", "target_element_id": "text", "elements": more}),
        ("PATCH", f"{path}/text", {"partial_element": '{"text_align":"center"}'}),
        ("PUT", f"{path}/text/content", {"content": "streamed"}),
        ("DELETE", f"{path}/line", {}),
    ]
    for sequence, (method, where, body) in enumerate(steps, 1):
        answer = await client.ask(method, where, body | {"sequence": sequence})
        assert answer.json()["code"] == 0
    [left] = emulator.cards[card_id].card["body"]["elements"]
    assert left == ELEMENT | {"content": "streamed", "text_align": "center"}
    lost = await client.ask("DELETE", f"{path}/line", {"sequence": 9})
    assert lost.json()["code"] == 300313
    whole = {"element": json.dumps({"tag": "hr"}), "sequence": 9}
    assert (await client.ask("PUT", f"{path}/text", whole)).json()["code"] == 0


async def test_a_batch_of_actions_applies_whole_or_not_at_all(
    client: Client, emulator: Emulator
) -> None:
    card_id = await make(client)
    settings = {"settings": {"config": {"summary": {"content": "s"}}}}
    good = {"action": "partial_update_setting", "params": settings}
    bad = {"action": "delete_elements", "params": {"element_ids": ["nobody"]}}
    for actions, code in (([good, bad], 300313), ([good, {"action": "x"}], 10002), ([good], 0)):
        before = json.dumps(emulator.cards[card_id].card)
        body = {"actions": json.dumps(actions), "sequence": 1}
        answer = await client.ask("POST", f"{BASE}/{card_id}/batch_update", body)
        assert answer.json()["code"] == code
        assert (json.dumps(emulator.cards[card_id].card) == before) is bool(code)


async def test_settings_are_changed_alone(client: Client, emulator: Emulator) -> None:
    card_id = await make(client)
    body = {"settings": '{"config":{"enable_forward":false}}', "sequence": 1}
    answer = await client.ask("PATCH", f"{BASE}/{card_id}/settings", body)
    assert answer.json()["code"] == 0
    assert emulator.cards[card_id].card["config"] == {"enable_forward": False}


async def test_a_card_changes_ten_times_a_second(client: Client) -> None:
    card_id = await make(client)
    codes = [await put(client, card_id, card_of(), sequence=number) for number in range(1, 12)]
    assert codes == [0] * 10 + [230020]
