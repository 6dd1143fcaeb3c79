import httpx
import pytest

from gateway_dingtalk.emulator import Emulator, create

from .conftest import ONE, Client, Clock

USER = "/topapi/v2/user/get"


async def test_each_host_takes_the_token_in_its_own_place_only(client: Client) -> None:
    path, query = f"{ONE}/batchSend", {"access_token": client.token}
    bearer = {"Authorization": f"Bearer {client.token}"}
    answer = await client.http.post(path, params=query, headers=bearer, json={})
    assert answer.status_code == 400
    assert answer.json()["code"] == "AuthenticationFailed.MissingParameter"
    header = {"x-acs-dingtalk-access-token": client.token}
    old = (await client.http.post(USER, headers=header, json={"userid": "li.wei"})).json()
    assert (old["errcode"], old["sub_code"]) == (88, "40000")
    assert old["sub_msg"] == "access_token is blank"
    form = {"access_token": client.token, "userid": "li.wei"}
    assert (await client.http.post(USER, data=form)).json()["errcode"] == 0


async def test_a_bad_token_is_wrapped_by_the_old_api(client: Client) -> None:
    client.token = "nonsense"
    answer = await client.old(USER, userid="li.wei")
    assert answer["errmsg"] == "ding talk error[subcode=40014,submsg=不合法的access_token]"
    assert (answer["errcode"], answer["sub_code"]) == (88, "40014")
    assert (await client.send("li.wei")).json()["code"] == "InvalidAuthentication"


async def test_a_missing_permission_is_named(client: Client, emulator: Emulator) -> None:
    app = emulator.apps[client.robot_code]
    app.permissions -= {"qyapi_robot_sendmsg", "qyapi_get_member"}
    answer = await client.send("li.wei")
    assert answer.status_code == 403
    body = answer.json()
    assert body["code"] == "Forbidden.AccessDenied.AccessTokenPermissionDenied"
    assert body["accessdenieddetail"] == {"requiredScopes": ["qyapi_robot_sendmsg"]}
    assert (await client.old(USER, userid="li.wei"))["sub_code"] == "60011"
    app.unpublished = {"qyapi_robot_sendmsg"}
    assert (await client.send("li.wei")).status_code == 403
    emulator.publish(client.robot_code)
    assert (await client.send("li.wei")).status_code == 200


async def test_a_foreign_address_is_refused(client: Client, emulator: Emulator) -> None:
    emulator.apps[client.robot_code].ip_white_list = ("10.1.2.3",)
    answer = await client.send("li.wei")
    assert (answer.status_code, answer.json()["code"]) == (
        403,
        "Forbidden.AccessDenied.IpNotInWhiteList",
    )
    assert (await client.old(USER, userid="li.wei"))["sub_code"] == "60020"


@pytest.mark.parametrize(("brand", "cap"), [("dingtalk", 20), ("dingtalk-exclusive", 60)])
async def test_a_second_holds_so_many_calls_of_one_api(brand: str, cap: int, clock: Clock) -> None:
    app = create(brand=brand, clock=clock)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://d.test") as http:
        client = Client(app, http)
        await client.log_in()
        statuses = [(await client.send("li.wei")).status_code for _ in range(cap + 1)]
        assert statuses == [200] * cap + [403]
        refused = "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"
        assert client.emulator.rejections == {refused: 1}
        assert client.emulator.quota.spent(clock()) == cap
        assert (await client.old(USER, userid="li.wei"))["errcode"] == 0
        clock.advance(1)
        assert (await client.send("li.wei")).status_code == 200


async def test_the_old_api_tells_of_its_limit_wrapped_or_bare(
    client: Client, emulator: Emulator
) -> None:
    answers = [await client.old(USER, userid="li.wei") for _ in range(21)]
    assert (answers[-1]["errcode"], answers[-1]["sub_code"]) == (88, "90018")
    emulator.old_throttle = "bare"
    assert (await client.old(USER, userid="li.wei"))["errcode"] == 90018
    emulator.enforce_limits = False
    assert (await client.old(USER, userid="li.wei"))["errcode"] == 0


async def test_a_month_holds_so_many_calls_and_contacts_are_free(
    client: Client, emulator: Emulator, clock: Clock
) -> None:
    assert emulator.calls_a_month == 5000
    emulator.monthly_quota = 1
    for _ in range(3):
        await client.old(USER, userid="li.wei")
    assert (await client.send("nobody", userIds=[])).status_code == 400
    refused = await client.send("li.wei")
    assert (refused.status_code, refused.json()["code"]) == (
        403,
        "Forbidden.AccessDenied.ApiCountLimitForOrg",
    )
    clock.advance(31 * 86_400)
    await client.log_in()
    assert (await client.send("li.wei")).status_code == 200


async def test_a_month_begins_in_beijing(clock: Clock, emulator: Emulator) -> None:
    clock.now = 1_801_411_199.0  # 31 January 2027, 23:59:59 in Beijing
    emulator.quota.count(clock())
    assert emulator.quota.spent(clock()) == 1
    clock.advance(1)
    assert emulator.quota.spent(clock()) == 0


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("POST", "/v1.0/robot/nothing", 404),
        ("GET", "/v1.0/robot/oToMessages/batchSend", 404),
        ("POST", "/topapi/v2/user/get/", 22),
        ("POST", "/topapi/v2/user/getbyemail", 22),
    ],
)
async def test_an_unknown_address_is_told_with_http_200(
    http: httpx.AsyncClient, method: str, path: str, expected: int
) -> None:
    answer = await http.request(method, path)
    assert (answer.status_code, answer.json()["errcode"]) == (200, expected)


async def test_a_disabled_app_gets_no_token_and_loses_the_one_it_has(
    client: Client, emulator: Emulator
) -> None:
    emulator.apps[client.robot_code].enabled = False
    assert (await client.send("li.wei")).json()["code"] == "InvalidAuthentication"
    assert (await client.log_in())["code"] == "invalidClientIdOrSecret"


def test_a_brand_nobody_knows_is_an_error() -> None:
    with pytest.raises(KeyError):
        create(brand="zwdd")
    with pytest.raises(ValueError, match="repeated_card"):
        create(repeated_card="maybe")  # type: ignore[arg-type]
