import httpx
import pytest

from gateway_dingtalk.emulator import Emulator, create

from .conftest import Client, Json

DING = "/v1.0/robot/ding"


async def test_one_call_tells_agent_robot_and_app(client: Client, emulator: Emulator) -> None:
    answer = (await client.new("GET", "/v1.0/microApp/allInnerApps")).json()
    [row] = answer["appList"]
    assert str(row["agentId"]) == client.config["agent_id"]
    assert row["unifiedAppId"] == client.config["app_id"]
    assert row["robotInfo"] == {"robotCode": client.robot_code}
    assert row["appStatus"] == 1
    path = f"/v1.0/microApp/apps/{row['agentId']}/scopes"
    assert (await client.new("GET", path)).json()["result"]["deptIds"] == [1]
    wrong = await client.new("GET", "/v1.0/microApp/apps/1/scopes")
    assert wrong.json()["code"] == "invalidParam"
    emulator.apps[client.robot_code].permissions.discard("qyapi_get_microapp_list")
    refused = await client.new("GET", "/v1.0/microApp/allInnerApps")
    assert refused.json()["accessdenieddetail"] == {"requiredScopes": ["qyapi_get_microapp_list"]}


async def test_the_contact_scope_tells_which_fields_are_readable(client: Client) -> None:
    query = {"access_token": client.token}
    answer = (await client.http.get("/auth/scopes", params=query)).json()
    assert answer["errcode"] == 0
    assert {"email", "mobile"} <= set(answer["auth_user_field"])
    client.emulator.email_visible = False
    answer = (await client.http.get("/auth/scopes", params=query)).json()
    assert "email" not in answer["auth_user_field"]


async def test_templates_and_robots_are_checked_without_sending(
    client: Client, emulator: Emulator
) -> None:
    path = "/v1.0/card/templates"
    asked = {"templateIds": [client.template_id, "x.schema"]}
    rows = (await client.new("POST", f"{path}/lists/query", asked)).json()["data"]
    assert [each["status"] for each in rows] == ["PUBLISHED"]
    found = await client.new("GET", path, templateId=client.template_id)
    assert found.json()["data"] == rows
    unknown = await client.new("GET", path, templateId="x.schema")
    assert unknown.json()["code"] == "param.templateNotExist"
    body = {"robotCode": client.robot_code, "maxResult": 20}
    groups = (await client.new("POST", "/v1.0/robot/installed/groups/query", body)).json()
    assert groups == {"openConversationIds": list(emulator.groups), "hasMore": False}


async def test_exclusive_tells_its_benefits_and_robots() -> None:
    app = create(brand="dingtalk-exclusive")
    assert set(app.state.demo["config"]) == {
        "app_key",
        "app_secret",
        "robot_code",
        "card_template_id",
    }
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://d.test") as http:
        client = Client(app, http)
        await client.log_in()
        answer = await client.new("GET", "/v1.0/exclusive/benefits")
        assert answer.json() == {"benefitsList": ["private_store_benefit"]}
        path = "/v1.0/exclusive/robots/infos"
        robot = (await client.new("GET", path, robotCode=client.robot_code)).json()
        assert robot["robotInfoVO"]["robotCode"] == client.robot_code


async def test_a_ding_names_who_is_unknown_and_is_recalled(
    client: Client, emulator: Emulator
) -> None:
    body = {"robotCode": client.robot_code, "remindType": 1, "content": "wake up"}
    users = {"receiverUserIdList": ["li.wei", "nobody"]}
    answer = (await client.new("POST", f"{DING}/send", {**body, **users})).json()
    assert answer["failedList"] == {"staffId.notExisted": ["nobody"]}
    assert [each.kind for each in emulator.messages] == ["ding"]
    recall = {"robotCode": client.robot_code, "openDingId": answer["openDingId"]}
    assert (await client.new("POST", f"{DING}/recall", recall)).status_code == 200
    assert emulator.messages[0].recalled
    unknown = await client.new("POST", f"{DING}/recall", {**recall, "openDingId": "x"})
    assert unknown.json()["code"] == "invalidParam"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"robotCode": "x"}, "invalid.chatbotId"),
        ({"remindType": 4}, "param.invalid"),
        ({"remindType": "1"}, "InvalidremindType"),
        ({"receiverUserIdList": []}, "miss.staffId"),
        ({"receiverUserIdList": ["x"] * 201}, "ding.receivercount.limit"),
        ({"receiverUserIdList": ["x"] * 21, "remindType": 2}, "ding.receivercount.limit"),
    ],
)
async def test_a_wrong_ding_is_refused(client: Client, changes: Json, code: str) -> None:
    body = {
        "robotCode": client.robot_code,
        "remindType": 1,
        "content": "x",
        "receiverUserIdList": ["li.wei"],
        **changes,
    }
    assert (await client.new("POST", f"{DING}/send", body)).json()["code"] == code


async def test_a_group_is_made_known_by_its_open_id(client: Client, emulator: Emulator) -> None:
    body = {"name": "Ops", "owner": "li.wei", "useridlist": ["wang.fang"]}
    made = (await client.new("POST", "/v1.0/im/group/create", body)).json()
    path = f"/v1.0/im/chat/{made['chatid']}/convertToOpenConversationId"
    assert (await client.new("POST", path, {})).json() == {
        "openConversationId": made["openConversationId"]
    }
    unknown = await client.new("POST", "/v1.0/im/chat/x/convertToOpenConversationId", {})
    assert unknown.json()["code"] == "invalideChatId"
    assert emulator.groups[made["openConversationId"]].members == ["li.wei", "wang.fang"]
    asked = {"openConversationId": made["openConversationId"]}
    query, add = "/v1.0/robot/groups/robots/query", "/v1.0/robot/groups/orgRobots/add"
    assert (await client.new("POST", query, asked)).json() == {"chatbotInstanceVOList": []}
    other = await client.new("POST", add, {**asked, "robotCode": "x"})
    assert other.json()["code"] == "invalidParameter.robotCode.auth"
    await client.new("POST", add, {**asked, "robotCode": client.robot_code})
    rows = (await client.new("POST", query, asked)).json()["chatbotInstanceVOList"]
    assert [each["robotCode"] for each in rows] == [client.robot_code]


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"owner": "nobody"}, "permession.checkFailed"), ({"name": "x" * 21}, "invalidParam")],
)
async def test_a_wrong_group_is_refused(client: Client, changes: Json, code: str) -> None:
    body = {"name": "Ops", "owner": "li.wei", "useridlist": [], **changes}
    assert (await client.new("POST", "/v1.0/im/group/create", body)).json()["code"] == code
