"""The page on which one chooses who one is, and what a code of it buys."""

import base64
import hashlib
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from gateway_lark.emulator import Emulator, Person

from .conftest import Client, Clock, Json

PAGE = "/open-apis/authen/v1/authorize"
HOME = "http://127.0.0.1:8080/app/acme/lark/oauth2/callback"


def page(client: Client, **changes: str) -> str:
    asked = {"client_id": client.app_id, "response_type": "code", "redirect_uri": HOME}
    return f"{PAGE}?{urlencode({**asked, 'state': 'a b&c', **changes})}"


async def logged_in(client: Client, person: str = "li.wei", **changes: str) -> str:
    back = await client.http.post(page(client, **changes), data={"person": person})
    return parse_qs(urlsplit(back.headers["location"]).query)["code"][0]


async def bought(client: Client, code: str, /, **changes: str) -> httpx.Response:
    own = {"client_id": client.app_id, "client_secret": client.config["app_secret"]}
    body = {"grant_type": "authorization_code", "code": code, "redirect_uri": HOME, **own}
    return await client.http.post("/open-apis/authen/v2/oauth/token", json={**body, **changes})


async def test_the_page_shows_who_one_may_be_and_runs_nothing(
    client: Client, emulator: Emulator
) -> None:
    emulator.add_person("<b>Bobby</b>", user_id="bobby")
    emulator.add_person("Gone", user_id="gone", resigned=True)
    shown = await client.http.get(page(client))
    assert shown.status_code == 200
    assert "Li Wei" in shown.text
    assert "&lt;b&gt;Bobby" in shown.text
    assert "Gone" not in shown.text
    assert "<script" not in shown.text
    policy = shown.headers["content-security-policy"]
    assert "form-action 'self' http://127.0.0.1:8080;" in policy


async def test_the_browser_goes_back_with_a_code_and_the_state_as_it_was(client: Client) -> None:
    back = await client.http.post(page(client), data={"person": "li.wei"})
    there = urlsplit(back.headers["location"])
    query = parse_qs(there.query)
    assert (back.status_code, f"{there.scheme}://{there.netloc}{there.path}") == (302, HOME)
    assert query["state"] == ["a b&c"]
    assert len(query["code"][0]) >= 64


async def test_a_refusal_goes_back_too(client: Client) -> None:
    back = await client.http.post(page(client), data={"refuse": "1"})
    assert parse_qs(urlsplit(back.headers["location"]).query) == {
        "error": ["access_denied"],
        "state": ["a b&c"],
    }


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"client_id": "cli_nobody"}, "20028"),
        ({"response_type": "token"}, "20026"),
        ({"redirect_uri": "https://evil.example/app"}, "20029"),
        ({"redirect_uri": ""}, "20029"),
        ({"redirect_uri": "http://["}, "20029"),
        ({"redirect_uri": "http://127.0.0.1:80; script-src */x"}, "20029"),
        ({"redirect_uri": "ftp://127.0.0.1/x"}, "20029"),
        ({"redirect_uri": "http://a; script-src *@127.0.0.1/x"}, "20029"),
        ({"redirect_uri": "http://灯@127.0.0.1/x"}, "20029"),
        ({"scope": "no:such:scope"}, "20027"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_wrong_request_goes_nowhere(
    client: Client, changes: dict[str, str], said: str, method: str
) -> None:
    shown = await client.http.request(method, page(client, **changes))
    assert (shown.status_code, said in shown.text) == (400, True)


async def test_only_registered_addresses_are_gone_back_to(
    client: Client, emulator: Emulator
) -> None:
    emulator.loopback_redirects = False
    assert (await client.http.get(page(client))).status_code == 400
    emulator.apps[client.app_id].redirect_urls = (HOME,)
    assert (await client.http.get(page(client))).status_code == 200
    assert (await client.http.get(page(client, redirect_uri=f"{HOME}?x=1"))).status_code == 200
    for other in (f"{HOME}/", HOME.replace("8080", "8081"), HOME.removesuffix("/callback")):
        assert (await client.http.get(page(client, redirect_uri=other))).status_code == 400


async def test_nobody_is_chosen_from_another_page_or_by_another_name(client: Client) -> None:
    form = {"person": "li.wei"}
    crossed = await client.http.post(
        page(client), data=form, headers={"sec-fetch-site": "cross-site"}
    )
    unknown = await client.http.post(page(client), data={"person": "nobody"})
    assert (crossed.status_code, unknown.status_code) == (403, 404)


async def test_a_code_buys_a_token_that_tells_who_it_is(client: Client, li_wei: Person) -> None:
    answer = await bought(client, await logged_in(client))
    told = answer.json()
    assert (answer.status_code, told["code"], told["token_type"]) == (200, 0, "Bearer")
    assert "msg" not in told
    client.token = told["access_token"]
    who = (await client.ask("GET", "authen/v1/user_info")).json()["data"]
    assert who["open_id"] == client.emulator.open_id(client.app_id, li_wei)
    assert (who["union_id"], who["user_id"], who["email"]) == (
        li_wei.union_id,
        "li.wei",
        li_wei.email,
    )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"client_secret": "wrong"}, 20002),
        ({"client_id": "cli_nobody"}, 20048),
        ({"code": "made-up"}, 20003),
        ({"redirect_uri": f"{HOME}/x"}, 20071),
        ({"grant_type": "password"}, 20036),
        ({"code": ""}, 20001),
    ],
)
async def test_a_wrong_exchange_is_refused_as_oauth_says_it(
    client: Client, changes: dict[str, str], code: int
) -> None:
    answer = await bought(client, await logged_in(client), **changes)
    told: Json = answer.json()
    assert (answer.status_code, told["code"]) == (400, code)
    assert set(told) == {"code", "error", "error_description"}
    assert client.emulator.rejections[code] == 1


async def test_a_code_serves_once_five_minutes_and_one_app(client: Client, clock: Clock) -> None:
    used = await logged_in(client)
    await bought(client, used)
    assert (await bought(client, used)).json()["code"] == 20065
    late = await logged_in(client)
    clock.advance(301)
    assert (await bought(client, late)).json()["code"] == 20004
    client.emulator.add_app("cli_another1", "its-own-secret")
    other = {"client_id": "cli_another1", "client_secret": "its-own-secret"}
    assert (await bought(client, await logged_in(client), **other)).json()["code"] == 20024


async def test_a_proof_key_that_was_announced_has_to_come(client: Client) -> None:
    digest = hashlib.sha256(b"verifier").digest()
    challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    code = await logged_in(client, code_challenge=challenge, code_challenge_method="S256")
    assert (await bought(client, code)).json()["code"] == 20049
    assert (await bought(client, code, code_verifier="verifier")).json()["code"] == 0


async def test_a_token_is_of_a_person_and_does_not_last(client: Client, clock: Clock) -> None:
    assert (await client.ask("GET", "authen/v1/user_info")).json()["code"] == 20005
    client.token = (await bought(client, await logged_in(client))).json()["access_token"]
    clock.advance(7201)
    answer = await client.ask("GET", "authen/v1/user_info")
    assert (answer.status_code, answer.json()["code"]) == (200, 20005)
