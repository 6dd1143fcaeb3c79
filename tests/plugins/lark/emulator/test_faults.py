import json
import zlib

import httpx
import pytest

from gateway_lark.emulator import Emulator, Person, create

from .conftest import Client, Json, served

PATH = "/open-apis/im/v1/messages"


def rule(kind: str, **more: object) -> Json:
    return {"path": PATH, "kind": kind, **more}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("html", (200, "<html")),
        ("truncated_json", (200, '{"code"')),
        ("empty", (200, "")),
        ("status:503", (503, "<html")),
        ("status:500", (500, "<html")),
        ("bad_code:99991663", (400, '{"code"')),
        ("rate_limit", (429, '{"code"')),
    ],
)
async def test_a_fault_answers_in_place_of_the_platform(
    client: Client, emulator: Emulator, li_wei: Person, kind: str, expected: tuple[int, str]
) -> None:
    emulator.faults = [rule(kind)]
    answer = await client.send(li_wei)
    start = expected[1]
    assert (answer.status_code, answer.text[: len(start) or None]) == expected
    assert emulator.messages == []


async def test_a_fault_happens_as_often_as_it_says(
    client: Client, emulator: Emulator, li_wei: Person
) -> None:
    emulator.faults = [rule("status:503", times=2, method="POST")]
    statuses = [(await client.send(li_wei)).status_code for _ in range(3)]
    assert statuses == [503, 503, 200]
    assert (await client.ask("GET", "bot/v3/info")).status_code == 200


async def test_work_may_be_done_although_the_answer_is_lost(
    client: Client, emulator: Emulator, li_wei: Person
) -> None:
    emulator.faults = [rule("status:500", times=1, processed=True)]
    assert (await client.send(li_wei, uuid="u1")).status_code == 500
    assert (await client.send(li_wei, uuid="u1")).status_code == 200
    assert len(emulator.messages) == 1


async def test_a_reset_leaves_no_answer(client: Client, emulator: Emulator, li_wei: Person) -> None:
    emulator.faults = [rule("reset")]
    with pytest.raises(ConnectionResetError):
        await client.send(li_wei)


async def test_slow_answers_are_slow_by_the_injected_sleep(
    client: Client, emulator: Emulator, li_wei: Person
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    emulator.sleep = sleep
    emulator.faults = [rule("trickle", times=1), rule("hang")]
    assert len((await client.send(li_wei)).content) == 40
    assert sum(slept) == 20
    assert (await client.send(li_wei)).json()["code"] == 2200
    emulator.faults, emulator.latency = [], 1.5
    await client.send(li_wei)
    assert slept[-2:] == [30.0, 1.5]


async def test_a_gzip_bomb_grows_to_200_megabytes(
    client: Client, emulator: Emulator, http: httpx.AsyncClient
) -> None:
    emulator.faults = [rule("gzip_bomb")]
    async with http.stream("POST", PATH) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        packed = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert len(packed) < 1024 * 1024
    unpacker = zlib.decompressobj(wbits=31)
    grown = 0
    while packed:
        grown += len(unpacker.decompress(packed, 1024 * 1024))
        packed = unpacker.unconsumed_tail
    assert grown == 200 * 1024 * 1024


@pytest.mark.parametrize(
    "bad",
    [
        "html",
        [{"kind": "poem"}],
        [{"kind": "status"}],
        [{"kind": "html:1"}],
        [{"kind": "html", "colour": "red"}],
    ],
)
async def test_a_rule_that_is_no_rule_is_refused(http: httpx.AsyncClient, bad: object) -> None:
    answer = await http.post("/_emulator/switches", content=json.dumps({"faults": bad}))
    assert answer.status_code == 400


async def test_a_rule_may_be_appended_with_what_it_needs_only(
    client: Client, emulator: Emulator, li_wei: Person
) -> None:
    emulator.faults.append({"kind": "status:503", "times": 1})
    assert [(await client.send(li_wei)).status_code for _ in range(2)] == [503, 200]


@pytest.mark.faults
def test_on_a_port_a_reset_closes_and_a_flood_ends_with_its_reader() -> None:
    app = create()
    app.state.emulator.faults = [rule("reset", times=1), rule("huge", times=1)]
    with served(app) as address, httpx.Client(base_url=address) as http:
        with pytest.raises(httpx.RemoteProtocolError):
            http.post(PATH)
        with http.stream("POST", PATH) as answer:
            taken = 0
            for chunk in answer.iter_raw():
                taken += len(chunk)
                if taken > 20_000_000:
                    break
        assert http.get("/_emulator/state").json()["calls"] == {f"POST {PATH}": 2}
