"""Whatever stands in a field, the platform refuses it in its own words and does not break."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import httpx
import pytest

from gateway_dingtalk.emulator import Emulator

from .conftest import CARDS, ONE, Client, Json

JUNK: tuple[object, ...] = (None, "", "²", "\ud800", 0, -1, 10**30, 1.5, True, [], [[]], [{}], {},
                            {"a": []}, "x" * 3000)  # fmt: skip
OA = {
    "head": {"bgcolor": "FFBBBBBB", "text": "x"},
    "message_url": "https://x.example",
    "body": {"form": [{"key": "a", "value": "b"}]},
    "status_bar": {"status_value": "a"},
}
CARD: Json = {"title": "t", "markdown": "x", "btn_orientation": "1"}
CARD |= {"btn_json_list": [{"title": "a", "action_url": "https://x.example"}]}
NOTICES = "/topapi/message/corpconversation"


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401 - any JSON
    """Yield the path of every value in a body."""
    pairs = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in pairs:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from places(value, (*path, key))


def spoiled(body: Json) -> Iterator[Json]:
    """Yield the body with each of its values replaced by each kind of nonsense."""
    for *way, last in places(body):
        for junk in JUNK:
            copy = node = deepcopy(body)
            for key in way:
                node = node[key]
            node[last] = junk
            yield copy


def bodies(client: Client) -> Iterator[tuple[str, str, Json]]:
    """Yield a right body for the APIs that read the most."""
    robot, [group] = client.robot_code, client.emulator.groups
    agent = client.emulator.apps[robot].agent_id
    users = ["li.wei"]
    said = {"msgKey": "sampleText", "msgParam": '{"content":"x"}'}
    yield "POST", f"{ONE}/batchSend", {"robotCode": robot, "userIds": users, **said}
    path = "/v1.0/robot/groupMessages/send"
    yield "POST", path, {"robotCode": robot, "openConversationId": group, **said}
    more = {"privateData": {"li.wei": {"cardParamMap": {"a": "b"}}}, "userIdType": 1}
    route = {"callbackType": "STREAM", "callbackRouteKey": "k"}
    yield "POST", f"{CARDS}/createAndDeliver", client.card("t", "li.wei", **more, **route)
    update = {"outTrackId": "t", "cardData": {"cardParamMap": {"a": "b"}}, **more}
    yield "PUT", CARDS, {**update, "cardUpdateOptions": {"updateCardDataByKey": True}}
    ding = {"robotCode": robot, "remindType": 1, "content": "x", "receiverUserIdList": users}
    yield "POST", "/v1.0/robot/ding/send", ding
    recall = {"robotCode": robot, "processQueryKeys": ["k"]}
    yield "POST", "/v1.0/robot/otoMessages/batchRecall", recall
    yield "POST", "/topapi/v2/user/getbymobile", {"mobile": "+6591230001"}
    yield "POST", "/topapi/user/listsimple", {"dept_id": 1, "cursor": 0, "size": 9}
    for name, content in (("oa", OA), ("action_card", CARD), ("text", {"content": "x"})):
        notice = {"agent_id": agent, "userid_list": "li.wei", "dept_id_list": "1"}
        notice["msg"] = {"msgtype": name, name: content}
        yield "POST", f"{NOTICES}/asyncsend_v2", notice
    button = {"title": "a", "actionURL": "https://x.example"}
    action = {"title": "t", "text": "x", "btns": [button], "btnOrientation": "1"}
    yield "POST", "/robot/send", {"msgtype": "actionCard", "actionCard": action, "at": {}}
    links = [{"title": "t", "messageURL": "https://x.example", "picURL": "https://x.example"}]
    yield "POST", "/robot/send", {"msgtype": "feedCard", "feedCard": {"links": links}}


@pytest.mark.parametrize("which", range(13))
async def test_nonsense_in_any_field_is_refused_in_the_platforms_words(
    client: Client, http: httpx.AsyncClient, emulator: Emulator, which: int
) -> None:
    emulator.enforce_limits = False
    [group] = emulator.groups.values()
    emulator.add_robot("r", group)
    method, path, body = list(bodies(client))[which]
    token = "r" if path == "/robot/send" else client.token
    headers = {"x-acs-dingtalk-access-token": token, "content-type": "application/json"}
    for wrong in spoiled(body):
        answer = await http.request(
            method,
            path,
            params={"access_token": token},
            headers=headers,
            content=json.dumps(wrong),
        )
        assert answer.status_code in (200, 400), wrong
        assert isinstance(answer.json(), dict)
    for page in ("/", "/people/li.wei", f"/groups/{group.open_conversation_id}"):
        assert (await http.get(page)).status_code == 200
