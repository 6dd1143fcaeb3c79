import json

import httpx
import pytest

from gateway_lark.emulator import Emulator, create

from .conftest import Client, Clock

PATH = "/open-apis/auth/v3/tenant_access_token/internal"


async def test_a_token_answer_is_flat_and_needs_no_content_type(
    client: Client, http: httpx.AsyncClient
) -> None:
    content = json.dumps(client.config)
    for path in (PATH, f"{PATH}/"):
        answer = await http.post(path, content=content)
        assert answer.status_code == 200
        assert "data" not in answer.json()
        assert answer.json()["tenant_access_token"].startswith("t-")
        assert answer.headers["x-tt-logid"]


async def test_the_same_token_comes_back_while_half_an_hour_is_left(
    client: Client, clock: Clock
) -> None:
    first = await client.log_in()
    clock.advance(5400)
    second = await client.log_in()
    assert second["tenant_access_token"] == first["tenant_access_token"]
    assert (first["expire"], second["expire"]) == (7200, 1800)


async def test_a_new_token_comes_when_less_is_left_and_both_are_valid(
    client: Client, clock: Clock
) -> None:
    old = client.token
    clock.advance(5401)
    await client.log_in()
    assert client.token != old
    new = client.token
    for token in (new, old):
        client.token = token
        assert (await client.ask("GET", "bot/v3/info")).json()["code"] == 0


async def test_a_token_ends_after_two_hours(client: Client, clock: Clock) -> None:
    clock.advance(7200)
    assert (await client.ask("GET", "bot/v3/info")).json()["code"] == 99991663


@pytest.mark.parametrize(
    ("app_id", "secret", "refusal"),
    [
        ("", "", (10003, "invalid param")),
        ("nonsense", "x", (10003, "invalid param")),
        ("cli_unknown", "x", (10014, "app id not exists")),
        (None, "wrong", (10014, "app secret invalid")),
    ],
)
async def test_bad_credentials_are_told_with_http_200(
    client: Client,
    http: httpx.AsyncClient,
    app_id: str | None,
    secret: str,
    refusal: tuple[int, str],
) -> None:
    credential = {
        "app_id": client.config["app_id"] if app_id is None else app_id,
        "app_secret": secret,
    }
    answer = await http.post(PATH, json=credential)
    assert answer.status_code == 200
    assert (answer.json()["code"], answer.json()["msg"]) == refusal


async def test_a_wrong_secret_may_be_switched_to_http_400(
    client: Client, http: httpx.AsyncClient, emulator: Emulator
) -> None:
    emulator.wrong_secret_status = 400
    answer = await http.post(PATH, json={"app_id": client.app_id, "app_secret": "wrong"})
    assert (answer.status_code, answer.json()["code"]) == (400, 10014)


async def test_the_app_token_of_a_custom_app_is_its_tenant_token(
    client: Client, http: httpx.AsyncClient
) -> None:
    answer = await http.post("/open-apis/auth/v3/app_access_token/internal/", json=client.config)
    assert answer.json()["app_access_token"] == client.token
    assert answer.json()["tenant_access_token"] == client.token


async def test_apps_and_tokens_of_one_brand_are_unknown_to_the_other(client: Client) -> None:
    feishu = create(brand="feishu")
    transport = httpx.ASGITransport(feishu)
    async with httpx.AsyncClient(transport=transport, base_url="http://feishu.test") as other:
        login = await other.post(PATH, json=client.config)
        headers = {"Authorization": f"Bearer {client.token}"}
        call = await other.get("/open-apis/bot/v3/info", headers=headers)
    assert login.json()["code"] == 10014
    assert call.json()["code"] == 99991663


async def test_an_open_id_differs_per_app_and_per_brand_but_never_per_start(
    emulator: Emulator,
) -> None:
    again, feishu = create().state.emulator, create(brand="feishu").state.emulator
    ids = [
        each.open_id(app_id, each.people["li.wei"])
        for each, app_id in ((emulator, "cli_a"), (again, "cli_a"), (again, "cli_b"))
    ]
    assert ids[0] == ids[1] != ids[2]
    assert feishu.open_id("cli_a", feishu.people["li.wei"]) not in ids
