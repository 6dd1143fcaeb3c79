"""Who logs in: an address to go to, and a code in exchange for a name."""

from collections.abc import Callable
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest

from gateway.plugin import (
    ContentError,
    CredentialError,
    Identity,
    RecipientError,
    TemporaryError,
    UncertainError,
)
from gateway_lark.channel import LarkChannel

from .conftest import Rig

HOME = "http://127.0.0.1:8080/app/acme/lark/oauth2/callback"
API = "http://lark.test"
Connect = Callable[..., LarkChannel]


async def code_of(rig: Rig, person: str, redirect_uri: str = HOME) -> str:
    """Let somebody log in on the emulated page and return their code."""
    url = rig.channel(api_base=API).login_url(redirect_uri, "a state")
    back = await rig.http.post(url, data={"person": person})
    assert back.status_code == 302, back.text
    query = parse_qs(urlsplit(back.headers["location"]).query)
    assert query["state"] == ["a state"]
    return query["code"][0]


def test_people_log_in_where_the_brand_has_its_accounts(rig: Rig) -> None:
    url = rig.channel().login_url(HOME, "st/at+e&x")
    there, query = urlsplit(url), dict(parse_qsl(urlsplit(url).query))
    assert f"https://{there.netloc}" == rig.platform.accounts_base
    assert there.path == "/open-apis/authen/v1/authorize"
    assert query == {
        "client_id": rig.app_id,
        "response_type": "code",
        "redirect_uri": HOME,
        "state": "st/at+e&x",
    }


def test_a_deployment_of_its_own_has_the_page_beside_its_api(rig: Rig) -> None:
    url = rig.channel(api_base="https://open.lark.example.com").login_url(HOME, "s")
    assert url.startswith("https://open.lark.example.com/open-apis/authen/v1/authorize?")


async def test_a_code_says_who_somebody_is_by_each_of_their_ids(rig: Rig) -> None:
    person = rig.emulator.people["li.wei"]
    told = await rig.channel().identify(await code_of(rig, "li.wei"), HOME)
    open_id = rig.emulator.open_id(rig.app_id, person)
    assert told.identity == Identity(open_id, "open_id")
    assert set(told.others) == {
        Identity(person.union_id, "union_id"),
        Identity("li.wei", "user_id"),
    }
    assert (told.email, told.mobile) == (person.email, person.mobile)


async def test_without_permissions_there_is_still_a_name(rig: Rig) -> None:
    person = rig.emulator.people["li.wei"]
    rig.emulator.apps[rig.app_id].scopes.clear()
    told = await rig.channel().identify(await code_of(rig, "li.wei"), HOME)
    assert told.others == (Identity(person.union_id, "union_id"),)
    assert (told.email, told.mobile) == (None, None)


async def test_whose_organisation_it_is_gets_asked_once(rig: Rig) -> None:
    channel = rig.channel()
    for _ in range(2):
        await channel.identify(await code_of(rig, "li.wei"), HOME)
    assert (rig.calls("tenant_access_token"), rig.calls("tenant/query")) == (1, 1)
    assert (rig.calls("oauth/token"), rig.calls("user_info")) == (2, 2)


async def test_of_an_unknown_organisation_only_the_platforms_own_ids_count(rig: Rig) -> None:
    rig.emulator.apps[rig.app_id].scopes.discard("tenant:tenant:readonly")
    told = await rig.channel().identify(await code_of(rig, "li.wei"), HOME)
    assert [each.kind for each in (told.identity, *told.others)] == ["open_id", "union_id"]
    assert (told.email, told.mobile) == (None, None)


async def test_only_the_answer_to_a_good_code_counts_against_the_quota(
    lark_channel: Connect,
) -> None:
    purposes: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        purposes.append(request.extensions["purpose"])
        good = {"code": 0, "data": {"open_id": "ou_1"}}
        return httpx.Response(200, json=TOKEN if request.method == "POST" else good)

    await lark_channel(answer).identify("code", HOME)
    assert purposes == ["token", "login"]


async def test_a_code_serves_once_and_for_five_minutes(rig: Rig) -> None:
    channel = rig.channel()
    code = await code_of(rig, "li.wei")
    await channel.identify(code, HOME)
    with pytest.raises(ContentError, match="used before") as used:
        await channel.identify(code, HOME)
    assert used.value.provider_code == "20065"
    late = await code_of(rig, "li.wei")
    await rig.clock.advance(301)
    with pytest.raises(ContentError, match="expired"):
        await channel.identify(late, HOME)


async def test_a_code_of_another_application_or_address_is_none(rig: Rig) -> None:
    rig.emulator.add_app("cli_another1", "its-own-secret")
    code = await code_of(rig, "li.wei")
    with pytest.raises(ContentError, match="another application"):
        await rig.channel(app_id="cli_another1", app_secret="its-own-secret").identify(code, HOME)
    with pytest.raises(CredentialError, match="another address"):
        await rig.channel().identify(code, HOME + "/elsewhere")
    with pytest.raises(CredentialError, match="App Secret"):
        await rig.channel(app_secret="wrong-secret").identify(code, HOME)


@pytest.mark.parametrize(
    ("trait", "code"), [("available", "20010"), ("resigned", "20021"), ("frozen", "20022")]
)
async def test_who_may_not_use_the_application_is_told_so(rig: Rig, trait: str, code: str) -> None:
    own = await code_of(rig, "li.wei")
    person = rig.emulator.people["li.wei"]
    setattr(person, trait, not getattr(person, trait))
    with pytest.raises(RecipientError) as refused:
        await rig.channel().identify(own, HOME)
    assert refused.value.provider_code == code


TOKEN = {"code": 0, "access_token": "u-secret-token-of-a-person", "expires_in": 7200}


def scripted(who: httpx.Response, token: object = TOKEN) -> Callable[..., httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=token) if request.method == "POST" else who

    return answer


@pytest.mark.parametrize(("ours", "let_in"), [("t-1", True), ("t-2", False)])
async def test_somebody_of_another_organisation_is_not_let_in(
    lark_channel: Connect, ours: str, *, let_in: bool
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(200, json={**TOKEN, "tenant_access_token": "t", "expire": 7200})
        who = {"open_id": "ou_1", "email": "boss@acme.example", "tenant_key": "t-1"}
        of = {"tenant": {"tenant_key": ours}}
        asks = request.url.path.endswith("/tenant/query")
        return httpx.Response(200, json={"code": 0, "data": of if asks else who})

    login = lark_channel(answer).identify("code", HOME)
    if let_in:
        assert (await login).email == "boss@acme.example"
        return
    with pytest.raises(RecipientError, match="another organisation"):
        await login


async def test_no_error_repeats_the_code_or_the_token(lark_channel: Connect) -> None:
    def echo(request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and b"good" in request.content:
            return httpx.Response(200, json=TOKEN)
        told = f"{request.headers} {request.content!r}"
        return httpx.Response(400, json={"code": 4711, "msg": told})

    for code in ("a-good-code-of-the-page", "a-bad-code-of-the-page"):
        with pytest.raises(ContentError) as refused:
            await lark_channel(echo).identify(code, HOME)
        for secret in (code, "u-secret-token", "very-secret-value"):
            assert secret not in str(refused.value)


async def test_a_token_inside_data_is_one_too_and_an_enterprise_address_comes_first(
    lark_channel: Connect,
) -> None:
    who = {"open_id": "ou_1", "enterprise_email": "li@acme.example", "email": "li@home.example"}
    reply = httpx.Response(200, json={"code": 0, "data": who})
    older = {"code": 0, "data": {"access_token": "u-1"}}
    told = await lark_channel(scripted(reply, older)).identify("code", HOME)
    assert (told.identity, told.email) == (Identity("ou_1", "open_id"), "li@acme.example")


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, {"code": 0, "data": {}}, UncertainError),
        (200, {"code": 0, "data": {"open_id": 1}}, UncertainError),
        (500, {"code": 20050}, UncertainError),
        (503, {"code": 20072}, TemporaryError),
        (200, {"code": 20005, "msg": "invalid"}, ContentError),
    ],
)
async def test_what_says_nobodys_name_is_never_a_login(
    lark_channel: Connect, status: int, body: object, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await lark_channel(scripted(httpx.Response(status, json=body))).identify("code", HOME)
    with pytest.raises(UncertainError, match="no token"):
        await lark_channel(scripted(httpx.Response(200), {"code": 0})).identify("code", HOME)
