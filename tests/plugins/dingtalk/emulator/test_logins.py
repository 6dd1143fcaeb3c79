"""The page on which one chooses who one is, and what a code of it buys."""

from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from gateway_dingtalk.emulator import Emulator, Person

from .conftest import Client, Clock

PAGE = "/oauth2/auth"
HOME = "http://127.0.0.1:8080/app/acme/dingtalk/oauth2/callback"


def page(client: Client, **changes: str) -> str:
    asked = {"client_id": client.config["app_key"], "response_type": "code", "scope": "openid"}
    asked |= {"prompt": "consent", "redirect_uri": HOME, "state": "a b&c"}
    return f"{PAGE}?{urlencode({**asked, **changes})}"


async def logged_in(client: Client, person: str = "li.wei") -> str:
    back = await client.http.post(page(client), data={"person": person})
    return parse_qs(urlsplit(back.headers["location"]).query)["authCode"][0]


async def bought(client: Client, code: str, /, **changes: str) -> httpx.Response:
    own = {"clientId": client.config["app_key"], "clientSecret": client.config["app_secret"]}
    body = {"grantType": "authorization_code", "code": code, **own, **changes}
    return await client.http.post("/v1.0/oauth2/userAccessToken", json=body)


async def me(client: Client, token: str) -> httpx.Response:
    client.token = token
    return await client.new("GET", "/v1.0/contact/users/me")


async def test_the_page_shows_who_one_may_be_and_runs_nothing(
    client: Client, emulator: Emulator
) -> None:
    emulator.add_person("<b>Bobby</b>", "bobby")
    emulator.add_person("Gone", "gone", resigned=True)
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
    assert set(query) == {"authCode", "state"}


async def test_a_refusal_goes_back_too(client: Client) -> None:
    back = await client.http.post(page(client), data={"refuse": "1"})
    assert parse_qs(urlsplit(back.headers["location"]).query) == {
        "error": ["access_denied"],
        "state": ["a b&c"],
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "nobody"},
        {"response_type": "token"},
        {"scope": "everything"},
        {"prompt": "none"},
        {"redirect_uri": "https://evil.example/app"},
        {"redirect_uri": ""},
        {"redirect_uri": "http://["},
        {"redirect_uri": "http://127.0.0.1:80; script-src */x"},
        {"redirect_uri": "ftp://127.0.0.1/x"},
        {"redirect_uri": "http://a; script-src *@127.0.0.1/x"},
        {"redirect_uri": "http://灯@127.0.0.1/x"},
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_wrong_request_goes_nowhere(
    client: Client, changes: dict[str, str], method: str
) -> None:
    shown = await client.http.request(method, page(client, **changes))
    assert shown.status_code == 400
    assert "location" not in shown.headers


async def test_only_registered_addresses_are_gone_back_to(
    client: Client, emulator: Emulator
) -> None:
    emulator.loopback_redirects = False
    assert (await client.http.get(page(client))).status_code == 400
    emulator.redirect_urls[client.config["app_key"]] = (HOME,)
    assert (await client.http.get(page(client))).status_code == 200
    assert (await client.http.get(page(client, redirect_uri=f"{HOME}/x"))).status_code == 400


async def test_nobody_is_chosen_from_another_page_or_by_another_name(client: Client) -> None:
    form = {"person": "li.wei"}
    crossed = await client.http.post(
        page(client), data=form, headers={"sec-fetch-site": "cross-site"}
    )
    unknown = await client.http.post(page(client), data={"person": "nobody"})
    assert (crossed.status_code, unknown.status_code) == (403, 404)


async def test_a_code_buys_a_token_that_tells_whose_account_it_is(
    client: Client, li_wei: Person
) -> None:
    told = (await bought(client, await logged_in(client))).json()
    assert told["corpId"] == client.emulator.corp_id
    who = (await me(client, told["accessToken"])).json()
    assert (who["unionId"], who["nick"], who["stateCode"]) == (li_wei.union_id, "Li Wei", "65")
    assert "userid" not in who
    assert "email" not in who


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"clientSecret": "wrong"}, "invalidClientIdOrSecret"),
        ({"code": "made-up"}, "invalidParameter.authCode.notFound"),
        ({"grantType": "password"}, "invalidParameter.grantType"),
    ],
)
async def test_a_wrong_exchange_is_refused(
    client: Client, changes: dict[str, str], code: str
) -> None:
    answer = await bought(client, await logged_in(client), **changes)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_a_code_serves_once_five_minutes_and_one_app(client: Client, clock: Clock) -> None:
    used, late, other = [await logged_in(client) for _ in range(3)]
    client.emulator.add_app("dinganother", "its-own-secret")
    own = {"clientId": "dinganother", "clientSecret": "its-own-secret"}
    assert (await bought(client, used)).status_code == 200
    assert (await bought(client, used)).status_code == 400
    assert (await bought(client, other, **own)).status_code == 400
    clock.advance(301)
    assert (await bought(client, late)).json()["code"] == "invalidParameter.authCode.notFound"


async def test_a_token_is_of_a_person_does_not_last_and_wants_its_permission(
    client: Client, clock: Clock
) -> None:
    assert (await me(client, client.token)).json()["code"] == "InvalidAuthentication"
    assert (await me(client, "")).json()["code"] == "AuthenticationFailed.MissingParameter"
    token = (await bought(client, await logged_in(client))).json()["accessToken"]
    client.emulator.apps[client.config["app_key"]].permissions.discard("Contact.User.Read")
    assert (await me(client, token)).status_code == 403
    clock.advance(7201)
    assert (await me(client, token)).json()["code"] == "InvalidAuthentication"
