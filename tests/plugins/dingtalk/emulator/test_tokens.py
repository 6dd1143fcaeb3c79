import httpx
import pytest

from gateway_dingtalk.emulator import Emulator

from .conftest import Client, Clock, Json

NEW = "/v1.0/oauth2/accessToken"


async def test_asking_again_gives_the_same_token_and_renews_it(
    client: Client, clock: Clock
) -> None:
    first = client.token
    clock.advance(7000)
    assert await client.log_in() == {"accessToken": first, "expireIn": 7200}
    clock.advance(7000)
    assert (await client.send("li.wei")).status_code == 200


async def test_an_expired_token_is_refused_by_both_generations(
    client: Client, clock: Clock
) -> None:
    first = client.token
    clock.advance(7201)
    answer = await client.send("li.wei")
    assert (answer.status_code, answer.json()["code"]) == (400, "InvalidAuthentication")
    assert set(answer.json()) == {"code", "message", "requestid"}
    assert (await client.old("/topapi/v2/user/get", userid="x"))["sub_code"] == "42001"
    assert (await client.log_in())["accessToken"] != first


@pytest.mark.parametrize(
    ("request_parts", "code"),
    [
        ({"json": {"appKey": "x", "appSecret": "y"}}, "invalidClientIdOrSecret"),
        ({"json": {"appKey": "x"}}, "MissingappSecret"),
        ({"json": {"appKey": 1, "appSecret": "y"}}, "InvalidappKey"),
        ({"data": {"appKey": "x", "appSecret": "y"}}, "Missingbody"),
        ({"content": "{}"}, "Missingbody"),
        ({"content": "{", "headers": {"content-type": "application/json"}}, "Invalidbody"),
        ({"json": []}, "Invalidbody"),
    ],
)
async def test_a_wrong_request_for_a_token_is_refused(
    http: httpx.AsyncClient, request_parts: Json, code: str
) -> None:
    answer = await http.post(NEW, **request_parts)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_the_old_call_reads_its_query_only(client: Client) -> None:
    names = {"appkey": client.config["app_key"], "appsecret": client.config["app_secret"]}
    answer = (await client.http.get("/gettoken", params=names)).json()
    assert (answer["errcode"], answer["access_token"]) == (0, client.token)
    wrong = (await client.http.get("/gettoken", params={**names, "appsecret": "x"})).json()
    assert wrong["errcode"] == 40096
    assert (await client.http.get("/gettoken")).json()["errcode"] == 40035


async def test_an_old_token_may_be_worth_nothing_on_the_new_host(
    client: Client, emulator: Emulator
) -> None:
    emulator.one_token = False
    names = {"appkey": client.config["app_key"], "appsecret": client.config["app_secret"]}
    client.token = (await client.http.get("/gettoken", params=names)).json()["access_token"]
    assert (await client.send("li.wei")).json()["code"] == "InvalidAuthentication"
    assert (await client.old("/topapi/v2/user/get", userid="li.wei"))["errcode"] == 0


@pytest.mark.parametrize(
    ("corp", "changes", "expected"),
    [
        ("", {}, (200, None)),
        ("dingnobody", {}, (500, "unknownError")),
        ("", {"client_secret": "x"}, (400, "invalid.client")),
        ("", {"grant_type": "x"}, (400, "unsupported.grant.type")),
    ],
)
async def test_the_token_of_an_organisation_is_asked_for_in_snake_case(
    client: Client, corp: str, changes: Json, expected: tuple[int, str | None]
) -> None:
    body = {
        "client_id": client.config["app_key"],
        "client_secret": client.config["app_secret"],
        "grant_type": "client_credentials",
        **changes,
    }
    path = f"/v1.0/oauth2/{corp or client.emulator.corp_id}/token"
    answer = await client.http.post(path, json=body)
    assert (answer.status_code, answer.json().get("code")) == expected
    assert answer.json().get("access_token") == (client.token if expected[1] is None else None)
