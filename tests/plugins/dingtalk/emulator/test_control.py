import httpx

from gateway_dingtalk.emulator import Emulator

from .conftest import ONE, Client


async def test_the_state_tells_what_happened(client: Client, http: httpx.AsyncClient) -> None:
    for _ in range(2):
        await client.send("li.wei")
    await client.send("li.wei", msgKey="nonsense")
    await client.show("t1", "wang.fang")
    await client.show("t2", "wang.fang")
    state = (await http.get("/_emulator/state")).json()
    assert state["calls"][f"POST {ONE}/batchSend"] == 3
    assert state["rejections"] == {"invalidParameter.msgKey.invalid": 1}
    assert (state["messages"], state["people"], state["duplicates"]) == (4, 6, 2)
    assert (state["cards"], state["quota_used"]) == (2, 5)


async def test_messages_are_told_of_all_and_of_one(client: Client, http: httpx.AsyncClient) -> None:
    await client.send("li.wei", "wang.fang")
    await client.show("t1", "li.wei")
    everything = (await http.get("/_emulator/messages", params={"limit": 1})).json()
    assert [each["out_track_id"] for each in everything["messages"]] == ["t1"]
    mine = (await http.get("/_emulator/messages", params={"person": "li.wei"})).json()["messages"]
    assert [each["kind"] for each in mine] == ["robot", "card"]
    assert mine[1]["card"]["title"] == "Disk is full"
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
    client: Client, http: httpx.AsyncClient, emulator: Emulator
) -> None:
    await client.show("t1", "li.wei")
    await http.post("/_emulator/reset")
    assert (emulator.messages, emulator.cards, len(emulator.people)) == ([], {}, 6)
    assert (await client.send("li.wei")).json()["code"] == "InvalidAuthentication"


async def test_switches_are_turned_all_or_none(http: httpx.AsyncClient, emulator: Emulator) -> None:
    bad = await http.post("/_emulator/switches", json={"latency": 1, "repeated_card": "maybe"})
    assert (bad.status_code, emulator.latency) == (400, 0.0)
    assert (await http.post("/_emulator/switches", json={"gravity": 1})).status_code == 400
    await http.post("/_emulator/switches", json={"repeated_card": "old"})
    assert emulator.repeated_card == "old"
