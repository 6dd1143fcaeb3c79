import httpx

from gateway_lark.emulator import Emulator, Person

from .conftest import Client


async def test_the_state_tells_what_happened(
    client: Client, http: httpx.AsyncClient, li_wei: Person
) -> None:
    for _ in range(2):
        await client.send(li_wei)
    await client.send(li_wei, receive_id="nonsense")
    state = (await http.get("/_emulator/state")).json()
    assert state["calls"]["POST /open-apis/im/v1/messages"] == 3
    assert state["rejections"] == {"230001": 1}
    assert (state["messages"], state["people"], state["duplicates"]) == (2, 6, 1)


async def test_messages_are_told_of_all_and_of_one(
    client: Client, http: httpx.AsyncClient, emulator: Emulator, li_wei: Person
) -> None:
    for name in ("li.wei", "wang.fang"):
        await client.send(emulator.people[name])
    everything = (await http.get("/_emulator/messages", params={"limit": 1})).json()
    assert [each["receiver"] for each in everything["messages"]] == ["wang.fang"]
    mine = (await http.get("/_emulator/messages", params={"person": "li.wei"})).json()
    assert [each["content"] for each in mine["messages"]] == ['{"text": "hi"}']
    unknown = await http.get("/_emulator/messages", params={"person": "nobody"})
    assert unknown.status_code == 400


async def test_people_are_added_one_by_one_or_in_bulk(
    http: httpx.AsyncClient, emulator: Emulator
) -> None:
    added = await http.post("/_emulator/people", json=[{"name": "A", "email": "a@x.y"}])
    assert added.json()["people"][0]["email"] == "a@x.y"
    await http.post("/_emulator/people", json={"count": 20, "prefix": "q"})
    assert len(emulator.people) == 27
    again = await http.post("/_emulator/people", json={"count": 1, "prefix": "q"})
    assert again.status_code == 400


async def test_a_reset_forgets_messages_and_tokens_but_not_people(
    client: Client, http: httpx.AsyncClient, emulator: Emulator, li_wei: Person
) -> None:
    await client.send(li_wei)
    await http.post("/_emulator/reset")
    assert (emulator.messages, len(emulator.people)) == ([], 6)
    assert (await client.send(li_wei)).json()["code"] == 99991663


async def test_switches_are_turned_all_or_none(http: httpx.AsyncClient, emulator: Emulator) -> None:
    bad = await http.post("/_emulator/switches", json={"latency": 1, "repeated_uuid": "maybe"})
    assert (bad.status_code, emulator.latency) == (400, 0.0)
    unknown = await http.post("/_emulator/switches", json={"gravity": 1})
    assert unknown.status_code == 400
    await http.post("/_emulator/switches", json={"repeated_uuid": "sending"})
    assert emulator.repeated_uuid == "sending"
