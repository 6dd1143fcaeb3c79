import json
import zlib

import httpx
import pytest

from gateway_dingtalk.emulator import Emulator, create

from .conftest import CARDS, ONE, Client, Json, served

PATH = f"{ONE}/batchSend"


def rule(kind: str, **more: object) -> Json:
    return {"path": "/v1.0/robot", "kind": kind, **more}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("html", (200, "<html")),
        ("truncated_json", (200, '{"processQueryKey"')),
        ("empty", (200, "")),
        ("status:503", (503, "<html")),
        ("bad_code:InvalidAuthentication", (400, '{"code":"InvalidAuthentication"')),
        ("bad_code:system.busy", (400, '{"code":"system.busy"')),
        ("bad_code:90018", (500, '{"code":"system.error"')),
        ("rate_limit", (403, '{"code":"Forbidden.AccessDenied.Qps')),
        ("banned", (200, '{"status":1111')),
    ],
)
async def test_a_fault_answers_in_place_of_the_platform(
    client: Client, emulator: Emulator, kind: str, expected: tuple[int, str]
) -> None:
    emulator.faults = [rule(kind)]
    answer = await client.send("li.wei")
    start = expected[1]
    assert (answer.status_code, answer.text[: len(start) or None]) == expected
    assert emulator.messages == []


@pytest.mark.parametrize(
    ("path", "kind", "expected"),
    [
        ("/topapi/v2/user/get", "rate_limit", {"errcode": 88, "sub_code": "90018"}),
        ("/topapi/v2/user/get", "bad_code:40014", {"errcode": 88, "sub_code": "40014"}),
        ("/topapi/v2/user/get", "bad_code:33012", {"errcode": 33012}),
        ("/topapi/v2/user/get", "bad_code:system.error", {"errcode": -1}),
        ("/robot/send", "rate_limit", {"errcode": 130101}),
        ("/robot/send", "bad_code:310000", {"errcode": 310000}),
    ],
)
async def test_a_fault_speaks_the_words_of_the_path(
    http: httpx.AsyncClient, emulator: Emulator, path: str, kind: str, expected: Json
) -> None:
    emulator.faults = [{"kind": kind}]
    answer = await http.post(path)
    assert answer.status_code == 200
    assert expected.items() <= answer.json().items()


async def test_a_fault_happens_as_often_as_it_says(client: Client, emulator: Emulator) -> None:
    emulator.faults = [rule("status:503", times=2, method="POST")]
    statuses = [(await client.send("li.wei")).status_code for _ in range(3)]
    assert statuses == [503, 503, 200]
    assert (await client.old("/topapi/v2/user/get", userid="li.wei"))["errcode"] == 0


async def test_work_may_be_done_although_the_answer_is_lost(
    client: Client, emulator: Emulator
) -> None:
    emulator.faults = [{"path": CARDS, "kind": "status:500", "times": 1, "processed": True}]
    assert (await client.show("t1", "li.wei")).status_code == 500
    assert (await client.show("t1", "li.wei")).json()["code"] == "param.cardAlreadyExist"
    assert len(emulator.messages) == 1


async def test_a_reset_leaves_no_answer(client: Client, emulator: Emulator) -> None:
    emulator.faults = [rule("reset")]
    with pytest.raises(ConnectionResetError):
        await client.send("li.wei")


async def test_slow_answers_are_slow_by_the_injected_sleep(
    client: Client, emulator: Emulator
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    emulator.sleep = sleep
    emulator.faults = [rule("trickle", times=1), rule("hang")]
    assert len((await client.send("li.wei")).content) == 40
    assert sum(slept) == 20
    assert (await client.send("li.wei")).json()["code"] == "system.error"
    emulator.faults, emulator.latency = [], 1.5
    await client.send("li.wei")
    assert slept[-2:] == [30.0, 1.5]


async def test_a_gzip_bomb_grows_to_200_megabytes(
    emulator: Emulator, http: httpx.AsyncClient
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
        [{"kind": "bad_code"}],
        [{"kind": "html:1"}],
        [{"kind": "html", "colour": "red"}],
    ],
)
async def test_a_rule_that_is_no_rule_is_refused(http: httpx.AsyncClient, bad: object) -> None:
    answer = await http.post("/_emulator/switches", content=json.dumps({"faults": bad}))
    assert answer.status_code == 400


@pytest.mark.faults
def test_on_a_port_a_reset_closes_and_a_flood_ends_with_its_reader() -> None:
    app = create()
    app.state.emulator.faults = [rule("reset", times=1), rule("huge", times=1)]
    with served(app) as address, httpx.Client(base_url=f"http://{address}") as http:
        with pytest.raises(httpx.RemoteProtocolError):
            http.post(PATH)
        with http.stream("POST", PATH) as answer:
            taken = 0
            for chunk in answer.iter_raw():
                taken += len(chunk)
                if taken > 20_000_000:
                    break
        assert http.get("/_emulator/state").json()["calls"] == {f"POST {PATH}": 2}
