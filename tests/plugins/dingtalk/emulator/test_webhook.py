import urllib.parse

import httpx
import pytest
from starlette.applications import Starlette

from gateway_dingtalk.emulator import Emulator, Group
from gateway_dingtalk.emulator.calling import called
from gateway_dingtalk.emulator.webhook import signature

from .conftest import Clock, Json

TEXT: Json = {"msgtype": "text", "text": {"content": "deploy is done"}}


@pytest.fixture
def group(emulator: Emulator) -> Group:
    [group] = emulator.groups.values()
    return group


async def say(http: httpx.AsyncClient, body: object = TEXT, token: str = "r", **query: str) -> Json:
    answer = await http.post("/robot/send", params={"access_token": token, **query}, json=body)
    assert answer.status_code == 200
    parsed: Json = answer.json()
    return parsed


async def test_a_robot_speaks_in_its_group(
    http: httpx.AsyncClient, emulator: Emulator, group: Group
) -> None:
    emulator.add_robot("r", group)
    assert await say(http) == {"errcode": 0, "errmsg": "ok"}
    [message] = emulator.messages
    assert (message.kind, message.receiver) == ("webhook", group.open_conversation_id)
    assert (await say(http, token="nobody"))["errcode"] == 300005
    emulator.robots["r"].stopped = True
    assert (await say(http))["errcode"] == 400102


def test_the_signature_is_the_published_one() -> None:
    expected = "hmPWwU+7lVdm3ZZz0r9tSfx0L4Q26jWOZr9+Gs6EZQM="
    assert signature("1577262236757", "this is secret") == expected


async def test_a_sign_is_checked_after_one_decoding_and_for_an_hour(
    http: httpx.AsyncClient, emulator: Emulator, group: Group, clock: Clock
) -> None:
    emulator.add_robot("r", group, secret="SECx")
    timestamp = str(int(clock.now * 1000))
    sign = signature(timestamp, "SECx")
    assert (await say(http, timestamp=timestamp, sign=sign))["errcode"] == 0
    # what Apprise 2.2.0 sends: quoted by itself, then once more by its HTTP library
    twice = await say(http, timestamp=timestamp, sign=urllib.parse.quote_plus(sign))
    assert (twice["errcode"], twice["errmsg"]) == (310000, "sign not match")
    assert (await say(http))["errmsg"] == "invalid timestamp"
    clock.advance(3601)
    late = await say(http, timestamp=timestamp, sign=sign)
    assert (late["errcode"], late["errmsg"]) == (310000, "invalid timestamp")


async def test_keywords_are_looked_for_in_texts_and_titles(
    http: httpx.AsyncClient, emulator: Emulator, group: Group
) -> None:
    emulator.add_robot("r", group, keywords=("alert", "deploy"))
    assert (await say(http))["errcode"] == 0
    link = {"title": "x", "text": "y", "messageUrl": "https://deploy.example"}
    refused = await say(http, {"msgtype": "link", "link": link})
    assert (refused["errcode"], refused["errmsg"]) == (310000, "keywords not in content")
    row = {"title": "alert", "messageURL": "https://x.example", "picURL": "https://x.example"}
    assert (await say(http, {"msgtype": "feedCard", "feedCard": {"links": [row]}}))["errcode"] == 0


async def test_only_listed_addresses_may_call(
    http: httpx.AsyncClient, emulator: Emulator, group: Group
) -> None:
    emulator.add_robot("r", group, ips=("10.0.0.0/8",))
    refused = await say(http)
    assert refused == {"errcode": 310000, "errmsg": "ip 127.0.0.1 not in whitelist"}
    emulator.robots["r"].ips = ("10.0.0.0/8", "127.0.0.1")
    assert (await say(http))["errcode"] == 0


async def test_the_21st_message_of_a_minute_costs_ten_minutes(
    http: httpx.AsyncClient, emulator: Emulator, group: Group, clock: Clock
) -> None:
    emulator.add_robot("r", group)
    codes = [(await say(http))["errcode"] for _ in range(21)]
    assert codes == [0] * 20 + [130101]
    emulator.robot_throttle = 410100
    clock.advance(599)
    assert (await say(http))["errcode"] == 410100
    clock.advance(1)
    assert (await say(http))["errcode"] == 0
    assert len(emulator.messages) == 21


async def test_the_same_uuid_says_it_once(
    http: httpx.AsyncClient, emulator: Emulator, group: Group
) -> None:
    emulator.add_robot("r", group)
    for _ in range(2):
        assert (await say(http, {**TEXT, "msgUuid": "u1"}))["errcode"] == 0
    assert len(emulator.messages) == 1


CARD: Json = {"title": "t", "text": "x"}
BUTTON = {"title": "Open", "actionURL": "https://x.example"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"msgtype": "markdown", "markdown": CARD}, 0),
        ({"msgtype": "actionCard", "actionCard": {**CARD, "btns": [BUTTON]}}, 0),
        (
            {"msgtype": "actionCard", "actionCard": {**CARD, "singleTitle": "a", "singleURL": "b"}},
            0,
        ),
        ({"msgtype": "actionCard", "actionCard": CARD}, 40035),
        ({"msgtype": "actionCard", "actionCard": {"title": "t"}}, 40035),
        ({"msgtype": "markdown", "markdown": {"text": "x"}}, 40035),
        ({"msgtype": "text", "text": "x"}, 40035),
        ({"msgtype": "poem"}, 400105),
        ([], 40035),
        ({"msgtype": "text", "text": {"content": "x" * 20_000}}, 460101),
    ],
)
async def test_every_kind_of_message_has_its_fields(
    http: httpx.AsyncClient, emulator: Emulator, group: Group, body: object, code: int
) -> None:
    emulator.add_robot("r", group)
    assert (await say(http, body))["errcode"] == code


async def test_a_body_that_is_no_json_is_refused(
    http: httpx.AsyncClient, emulator: Emulator, group: Group
) -> None:
    emulator.add_robot("r", group)
    answer = await http.post("/robot/send?access_token=r", content="{}")
    assert answer.json()["errcode"] == 43004


async def test_the_ready_robot_has_an_address_and_a_secret(
    app: Starlette, http: httpx.AsyncClient, clock: Clock
) -> None:
    robot = app.state.demo["robot"]
    timestamp = str(int(clock.now * 1000))
    sign = urllib.parse.quote(signature(timestamp, robot["secret"]), safe="")
    url = f"{robot['webhook_url']}&timestamp={timestamp}&sign={sign}"
    assert (await http.post(url, json=TEXT)).json()["errcode"] == 0


@pytest.mark.parametrize(
    ("said", "names"),
    [
        (("look @13800000001 @li.wei", {"atMobiles": ["13800000001"]}), ["Chen"]),
        (("look @li.wei", {"atUserIds": ["li.wei"]}), ["Li Wei"]),
        (("look", {"atUserIds": ["li.wei"], "atMobiles": ["13800000001"]}), []),
        (
            ("look @13800000002 @nobody", {"atMobiles": ["13800000002"], "atUserIds": ["nobody"]}),
            [],
        ),
        (("look @li.wei", {"atUserIds": "li.wei"}), []),
        (("look @li.wei", "li.wei"), []),
    ],
)
async def test_whoever_is_listed_written_and_in_the_group_is_called(
    http: httpx.AsyncClient,
    emulator: Emulator,
    group: Group,
    said: tuple[str, object],
    names: list[str],
) -> None:
    emulator.add_robot("r", group)
    group.members.append(emulator.add_person("Chen", "chen", mobile="+8613800000001").id)
    emulator.add_person("Outside", "outside", mobile="+8613800000002")
    text, at = said
    body = {"msgtype": "markdown", "markdown": {"title": "t", "text": text}, "at": at}
    assert (await say(http, body))["errcode"] == 0
    [message] = emulator.messages
    found = called(emulator, message.receiver, message.content)
    assert [person.name for person in found.values()] == names
    page = (await http.get(f"/groups/{urllib.parse.quote(message.receiver, safe='')}")).text
    assert [name for name in ("Chen", "Li Wei") if f'class="at">@{name}<' in page] == names
