"""The clients other people use talk to the emulator on a real port and must be content."""

import importlib
import json
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette

from gateway_dingtalk.emulator import Emulator, create

from .conftest import served

pytestmark = pytest.mark.judge

Vendor = Any  # the clients have no types worth naming
APIS = ("card", "contact", "oauth2", "robot")


def imported(name: str) -> Vendor:
    """Import a client, or fail: a judge who is absent must not acquit."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module(name)


@pytest.fixture(scope="module")
def app() -> Starlette:
    return create(enforce_limits=False)


@pytest.fixture(scope="module")
def address(app: Starlette) -> Iterator[str]:
    with served(app) as address:
        yield address


@pytest.fixture
def emulator(app: Starlette) -> Emulator:
    found: Emulator = app.state.emulator
    found.reset()
    return found


@pytest.fixture(scope="module")
def config(app: Starlette) -> dict[str, str]:
    found: dict[str, str] = app.state.demo["config"]
    return found


class Sdk:
    """One API of the vendor's client, with a token in its headers where it wants one."""

    def __init__(self, api: str, address: str, token: str = "") -> None:
        base = f"alibabacloud_dingtalk.{api}_1_0"
        self.models = imported(f"{base}.models")
        settings = imported("alibabacloud_tea_openapi.models")
        config = settings.Config(protocol="http", endpoint=address, region_id="central")
        self.client = imported(f"{base}.client").Client(config)
        self.runtime = imported("alibabacloud_tea_util.models").RuntimeOptions()
        self.token = token

    def call(self, name: str, model: str, /, **fields: object) -> Vendor:
        """Make one call and return the body of the answer."""
        request = getattr(self.models, f"{model}Request")(**fields)
        if not self.token:
            return getattr(self.client, name)(request).body
        return self.ask(name, model, request)

    def ask(self, name: str, model: str, *asked: object) -> Vendor:
        """Make one call with a token; what it asks is a request, parts of the path, or nothing."""
        headers = getattr(self.models, f"{model}Headers")()
        headers.x_acs_dingtalk_access_token = self.token
        # the client's generator writes no line between "OTO" and what follows it
        with_options = f"{name}with_options" if name.endswith("oto") else f"{name}_with_options"
        return getattr(self.client, with_options)(*asked, headers, self.runtime).body


@pytest.fixture
def token(emulator: Emulator, address: str, config: dict[str, str]) -> str:
    body = Sdk("oauth2", address).call(
        "get_access_token",
        "GetAccessToken",
        app_key=config["app_key"],
        app_secret=config["app_secret"],
    )
    assert body.expire_in == 7200
    value: str = body.access_token
    return value


@pytest.fixture
def robot(address: str, token: str) -> Sdk:
    return Sdk("robot", address, token)


@pytest.fixture
def card(address: str, token: str) -> Sdk:
    return Sdk("card", address, token)


@pytest.fixture(scope="module")
def group(app: Starlette) -> str:
    return str(app.state.demo["groups"][0]["id"])


def test_it_sends_asks_who_has_read_and_recalls(
    robot: Sdk, emulator: Emulator, config: dict[str, str]
) -> None:
    body = robot.call(
        "batch_send_oto",
        "BatchSendOTO",
        robot_code=config["robot_code"],
        user_ids=["li.wei", "nobody"],
        msg_key="sampleMarkdown",
        msg_param=json.dumps({"title": "t", "text": "**x**"}),
    )
    assert (body.invalid_staff_id_list, body.flow_controlled_staff_id_list) == (["nobody"], [])
    assert [each.receiver for each in emulator.messages] == ["li.wei"]
    asked = {"robot_code": config["robot_code"], "process_query_key": body.process_query_key}
    status = robot.call("batch_otoquery", "BatchOTOQuery", **asked)
    assert status.send_status == "SUCCESS"
    assert [each.read_status for each in status.message_read_info_list] == ["UNREAD"]
    keys = [body.process_query_key]
    recalled = robot.call(
        "batch_recall_oto",
        "BatchRecallOTO",
        robot_code=config["robot_code"],
        process_query_keys=keys,
    )
    assert (recalled.success_result, recalled.failed_result) == (keys, {})
    assert emulator.messages[0].recalled


def test_it_creates_delivers_and_updates_a_card(
    card: Sdk, emulator: Emulator, config: dict[str, str]
) -> None:
    models = card.models
    data = models.CreateAndDeliverRequestCardData(card_param_map={"title": "t", "status": "a"})
    space = models.CreateAndDeliverRequestImRobotOpenSpaceModel(support_forward=True)
    deliver = models.CreateAndDeliverRequestImRobotOpenDeliverModel(
        space_type="IM_ROBOT", robot_code=config["robot_code"]
    )
    body = card.call(
        "create_and_deliver",
        "CreateAndDeliver",
        card_template_id=config["card_template_id"],
        out_track_id="t1",
        callback_type="STREAM",
        card_data=data,
        open_space_id="dtv1.card//IM_ROBOT.li.wei",
        im_robot_open_space_model=space,
        im_robot_open_deliver_model=deliver,
        user_id_type=1,
    )
    assert body.success is True
    assert body.result.out_track_id == "t1"
    [delivered] = body.result.deliver_results
    assert (delivered.success, delivered.space_id) == (True, "li.wei")
    assert delivered.carrier_id == emulator.messages[0].query_key
    changed = card.call(
        "update_card",
        "UpdateCard",
        out_track_id="t1",
        card_data=models.UpdateCardRequestCardData(card_param_map={"status": "b"}),
        card_update_options=models.UpdateCardRequestCardUpdateOptions(update_card_data_by_key=True),
    )
    assert (changed.success, changed.result) == (True, True)
    assert emulator.cards["t1"].params == {"title": "t", "status": "b"}


def test_it_registers_a_callback(card: Sdk, emulator: Emulator) -> None:
    body = card.call(
        "register_callback",
        "RegisterCallback",
        callback_route_key="judge",
        callback_url="https://a.example/cb",
        api_secret="s",
    )
    assert (body.result.callback_url, body.result.api_secret) == ("https://a.example/cb", "s")
    assert "judge" in emulator.routes


def test_it_sends_a_ding(robot: Sdk, emulator: Emulator, config: dict[str, str]) -> None:
    body = robot.call(
        "robot_send_ding",
        "RobotSendDing",
        robot_code=config["robot_code"],
        remind_type=1,
        receiver_user_id_list=["li.wei"],
        content="wake up",
    )
    assert body.open_ding_id in emulator.dings


def test_it_recalls_a_ding(robot: Sdk, emulator: Emulator, config: dict[str, str]) -> None:
    code = {"robot_code": config["robot_code"]}
    users = {"receiver_user_id_list": ["li.wei"], "content": "wake up", "remind_type": 1}
    sent = robot.call("robot_send_ding", "RobotSendDing", **code, **users)
    ding = {"open_ding_id": sent.open_ding_id}
    assert robot.call("robot_recall_ding", "RobotRecallDing", **code, **ding).open_ding_id
    assert emulator.messages[0].recalled


def test_it_sends_to_a_group_asks_who_has_read_and_recalls(
    robot: Sdk, emulator: Emulator, config: dict[str, str], group: str
) -> None:
    place = {"robot_code": config["robot_code"], "open_conversation_id": group}
    param = json.dumps({"title": "t", "text": "**x**"})
    message = {"msg_key": "sampleMarkdown", "msg_param": param}
    key = robot.call("org_group_send", "OrgGroupSend", **place, **message).process_query_key
    assert [each.receiver for each in emulator.messages] == [group]
    asked = {"process_query_key": key, "max_results": 200}
    status = robot.call("org_group_query", "OrgGroupQuery", **place, **asked)
    assert (status.send_status, status.read_user_ids) == ("SUCCESS", [])
    keys = {"process_query_keys": [key]}
    recalled = robot.call("org_group_recall", "OrgGroupRecall", **place, **keys)
    assert (recalled.success_result, recalled.failed_result) == ([key], {})
    assert emulator.messages[0].recalled


def test_it_makes_a_group_and_puts_the_robot_in(
    address: str, token: str, robot: Sdk, config: dict[str, str]
) -> None:
    im = Sdk("im", address, token)
    people = {"owner": "li.wei", "useridlist": ["wang.fang"]}
    made = im.call("create_group", "CreateGroup", name="Ops", **people)
    known = im.ask("chat_id_to_open_conversation_id", "ChatIdToOpenConversationId", made.chatid)
    assert known.open_conversation_id == made.open_conversation_id
    place = {"open_conversation_id": made.open_conversation_id}
    listed = robot.call("get_bot_list_in_group", "GetBotListInGroup", **place)
    assert not listed.chatbot_instance_volist
    robot.call(
        "add_org_robot_instance_to_group",
        "AddOrgRobotInstanceToGroup",
        robot_code=config["robot_code"],
        **place,
    )
    listed = robot.call("get_bot_list_in_group", "GetBotListInGroup", **place)
    assert [each.robot_code for each in listed.chatbot_instance_volist] == [config["robot_code"]]


def test_it_lists_the_applications_and_the_templates(
    address: str, token: str, card: Sdk, config: dict[str, str]
) -> None:
    apps = Sdk("micro_app", address, token).ask("list_all_inner_apps", "ListAllInnerApps")
    [app] = apps.app_list
    assert (str(app.agent_id), app.app_status) == (config["agent_id"], 1)
    asked = {"template_ids": [config["card_template_id"]]}
    found = card.call("list_template", "ListTemplate", **asked)
    assert [each.template_id for each in found.data] == asked["template_ids"]


@pytest.mark.parametrize(
    ("fields", "code", "status"),
    [
        ({"robot_code": "x"}, "invalidParameter.robotCode.notExsit", 400),
        ({"user_ids": None}, "MissinguserIds", 400),
    ],
)
def test_it_reads_a_refusal(
    robot: Sdk, config: dict[str, str], fields: dict[str, object], code: str, status: int
) -> None:
    asked = {
        "robot_code": config["robot_code"],
        "user_ids": ["li.wei"],
        "msg_key": "sampleText",
        "msg_param": '{"content":"x"}',
        **fields,
    }
    with pytest.raises(Exception, match="code: 400") as caught:
        robot.call("batch_send_oto", "BatchSendOTO", **asked)
    error: Vendor = caught.value
    assert (error.code, error.data["statusCode"]) == (code, status)
    assert "request id: " in error.message


def test_it_hears_which_permission_is_missing(
    robot: Sdk, emulator: Emulator, config: dict[str, str]
) -> None:
    app = emulator.apps[config["app_key"]]
    app.permissions.discard("qyapi_robot_sendmsg")
    try:
        with pytest.raises(Exception, match="code: 403") as caught:
            robot.call("batch_send_oto", "BatchSendOTO", robot_code="x")
    finally:
        app.permissions.add("qyapi_robot_sendmsg")
    error: Vendor = caught.value
    assert error.inner_exception.accessDeniedDetail == {"requiredScopes": ["qyapi_robot_sendmsg"]}


@pytest.fixture
def webhook(app: Starlette, emulator: Emulator, address: str) -> str:
    return f"http://{address}{app.state.demo['robot']['webhook_url']}"


def test_the_usual_robot_client_signs_rightly(
    app: Starlette, emulator: Emulator, webhook: str
) -> None:
    chatbot = imported("dingtalkchatbot.chatbot")
    robot = chatbot.DingtalkChatbot(webhook, secret=app.state.demo["robot"]["secret"])
    assert robot.send_text(msg="hello", at_mobiles=["13800000001"])["errcode"] == 0
    assert robot.send_markdown(title="t", text="**x**")["errcode"] == 0
    button = chatbot.CardItem(title="Open", url="https://x.example")
    action = chatbot.ActionCard(title="t", text="x", btns=[button], btn_orientation=1)
    assert robot.send_action_card(action)["errcode"] == 0
    wrong = chatbot.DingtalkChatbot(webhook, secret="SECwrong")
    assert wrong.send_text(msg="hello")["errcode"] == 310000
    types = [each.msg_type for each in emulator.messages]
    assert types == ["text", "markdown", "actionCard"]


def test_a_client_that_encodes_its_sign_twice_is_refused(
    app: Starlette, emulator: Emulator, address: str
) -> None:
    kind = imported("apprise.plugins.dingtalk").NotifyDingTalk
    demo = app.state.demo["robot"]
    token = demo["webhook_url"].rpartition("=")[2]
    client = kind(token=token, secret=demo["secret"])
    client.notify_url = f"http://{address}/robot/send?access_token={{token}}"
    client.request_rate_per_sec = 0
    logging.disable(logging.CRITICAL)
    try:
        # it never reads the errcode, so it believes it was heard
        assert client.send(body="hello", title="t") is True
    finally:
        logging.disable(logging.NOTSET)
    assert emulator.messages == []
    assert set(emulator.rejections) == {"310000"}
