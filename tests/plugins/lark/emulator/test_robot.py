import base64
import hashlib
import hmac

import httpx
import pytest

from gateway_lark.emulator import Emulator
from gateway_lark.emulator.model import Robot
from gateway_lark.emulator.robot import signature

from .conftest import Clock, Json

TEXT = {"msg_type": "text", "content": {"text": "disk is full"}}


@pytest.fixture
def robot(emulator: Emulator) -> Robot:
    return emulator.robots["demo-robot"]


async def hook(http: httpx.AsyncClient, body: Json, token: str = "demo-robot") -> tuple[int, int]:
    answer = await http.post(f"/open-apis/bot/v2/hook/{token}", json=body)
    return answer.status_code, answer.json()["code"]


async def test_a_robot_speaks_in_its_group(http: httpx.AsyncClient, emulator: Emulator) -> None:
    answer = await http.post("/open-apis/bot/v2/hook/demo-robot", json=TEXT)
    assert answer.json() | {"msg": ""} == {
        "StatusCode": 0,
        "StatusMessage": "success",
        "code": 0,
        "data": {},
        "msg": "",
    }
    for person in emulator.people.values():
        assert len(emulator.visible_messages(person)) == 1


def test_the_signature_is_that_of_the_documentation() -> None:
    assert signature("1599360473", "demo") == "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="
    other = hmac.new(b"1\ndemo", b"", hashlib.sha256).digest()
    assert signature("1", "demo") == base64.b64encode(other).decode()


async def test_a_signature_lasts_an_hour(
    http: httpx.AsyncClient, robot: Robot, clock: Clock
) -> None:
    robot.secret = "demo"
    assert await hook(http, TEXT) == (200, 19021)
    stamp = str(int(clock.now))
    signed = TEXT | {"timestamp": stamp, "sign": signature(stamp, "demo")}
    assert await hook(http, signed | {"sign": "wrong"}) == (200, 19021)
    clock.advance(3600)
    assert await hook(http, signed) == (200, 0)
    clock.advance(1)
    assert await hook(http, signed) == (200, 19021)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 19002),
        ({"msg_type": "poem"}, 19002),
        ({"msg_type": "text"}, 9499),
        ({"msg_type": "text", "content": {"text": ""}}, 9499),
        ({"msg_type": "post", "content": {"post": {"zh_cn": {}}}}, 9499),
        ({"msg_type": "text", "content": {"text": "x" * 31_000}}, 19036),
        ({"msg_type": "interactive", "card": {"schema": "2.0", "x": 1}}, 11246),
    ],
)
async def test_refusals_come_with_http_200(http: httpx.AsyncClient, body: Json, code: int) -> None:
    assert await hook(http, body) == (200, code)


async def test_a_switch_answers_refusals_with_400_as_some_proxies_do(
    http: httpx.AsyncClient, emulator: Emulator
) -> None:
    emulator.robot_refusal_status = 400
    assert await hook(http, {}) == (400, 19002)
    assert await hook(http, {"msg_type": "text"}) == (400, 9499)
    assert await hook(http, TEXT) == (200, 0)


async def test_an_unknown_token_comes_before_everything(http: httpx.AsyncClient) -> None:
    answer = await http.post("/open-apis/bot/v2/hook/nobody", content=b"nonsense")
    assert (answer.status_code, answer.json()["code"]) == (200, 19001)
    answer = await http.post("/open-apis/bot/v2/hook/demo-robot", content=b"nonsense")
    assert (answer.status_code, answer.json()["code"]) == (200, 9499)


@pytest.mark.parametrize(
    ("ips", "code"),
    [(("127.0.0.*",), 0), (("127.0.0.0/8",), 0), (("203.0.113.1",), 19022)],
)
async def test_a_caller_must_be_on_the_list(
    http: httpx.AsyncClient, robot: Robot, ips: tuple[str, ...], code: int
) -> None:
    robot.ips = ips
    assert await hook(http, TEXT) == (200, code)


async def test_keywords_are_looked_for_in_texts_not_in_links(
    http: httpx.AsyncClient, robot: Robot
) -> None:
    robot.keywords = ("disk", "memory")
    assert await hook(http, TEXT) == (200, 0)
    link = {"tag": "a", "text": "x", "href": "https://disk.example"}
    post = {"msg_type": "post", "content": {"post": {"zh_cn": {"title": "t", "content": [[link]]}}}}
    assert await hook(http, post) == (200, 19024)


async def test_a_strict_robot_takes_20_kb(http: httpx.AsyncClient, emulator: Emulator) -> None:
    emulator.robot_strict_20k = True
    assert await hook(http, {"msg_type": "text", "content": {"text": "x" * 20_000}}) == (200, 9499)


async def test_a_robot_speaks_a_hundred_times_a_minute(
    http: httpx.AsyncClient, clock: Clock
) -> None:
    codes = []
    for _ in range(101):
        codes.append((await hook(http, TEXT))[1])
        clock.advance(0.25)
    assert codes == [0] * 100 + [11232]
    clock.advance(60)
    assert await hook(http, TEXT) == (200, 0)


async def test_a_robot_speaks_five_times_a_second(
    http: httpx.AsyncClient, emulator: Emulator
) -> None:
    codes = [(await hook(http, TEXT))[1] for _ in range(6)]
    assert codes == [0] * 5 + [11232]
