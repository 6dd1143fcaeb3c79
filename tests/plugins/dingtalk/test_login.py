"""Who logs in: an address to go to, and a code in exchange for a userid."""

from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest

from gateway.plugin import (
    ContentError,
    CredentialError,
    Identity,
    RecipientError,
    ScopeMissingError,
    UncertainError,
)

from .conftest import Rig, Scripted

HOME = "http://127.0.0.1:8080/app/acme/dingtalk/oauth2/callback"
API = "http://dingtalk.test"


async def code_of(rig: Rig, person: str) -> str:
    """Let somebody log in on the emulated page and return their code."""
    url = rig.channel(api_base=API).login_url(HOME, "a state")
    back = await rig.context.http.post(url, data={"person": person})
    assert back.status_code == 302, back.text
    query = parse_qs(urlsplit(back.headers["location"]).query)
    assert query["state"] == ["a state"]
    return query[rig.channel().code_names[0]][0]


def test_people_log_in_on_the_platforms_own_page(rig: Rig) -> None:
    url = rig.channel().login_url(HOME, "st/at+e&x")
    there, query = urlsplit(url), dict(parse_qsl(urlsplit(url).query))
    assert f"{there.scheme}://{there.netloc}{there.path}" == (
        "https://login.dingtalk.com/oauth2/auth"
    )
    assert query["client_id"] == rig.config["app_key"]
    assert (query["redirect_uri"], query["state"]) == (HOME, "st/at+e&x")
    assert (query["response_type"], query["scope"], query["prompt"]) == (
        *("code", "openid", "consent"),
    )


async def test_a_code_says_which_member_somebody_is(rig: Rig) -> None:
    person = rig.emulator.people["li.wei"]
    told = await rig.channel().identify(await code_of(rig, "li.wei"), HOME)
    assert told.identity == Identity("li.wei", "user_id")
    assert told.others == (Identity(person.union_id, "union_id"),)
    assert (told.email, told.mobile) == (None, person.mobile)


async def test_a_hidden_number_stays_hidden(rig: Rig) -> None:
    rig.emulator.mobile_visible = False
    told = await rig.channel().identify(await code_of(rig, "li.wei"), HOME)
    assert told.mobile is None


async def test_a_code_serves_once_and_for_five_minutes(rig: Rig) -> None:
    channel = rig.channel()
    used, late = await code_of(rig, "li.wei"), await code_of(rig, "li.wei")
    await channel.identify(used, HOME)
    with pytest.raises(ContentError, match="used or too old"):
        await channel.identify(used, HOME)
    rig.clock.jump(301)
    with pytest.raises(ContentError, match="Log in again"):
        await channel.identify(late, HOME)


async def test_who_has_left_is_no_member(rig: Rig) -> None:
    code = await code_of(rig, "li.wei")
    rig.emulator.people["li.wei"].resigned = True
    with pytest.raises(RecipientError, match="no member"):
        await rig.channel().identify(code, HOME)


async def test_a_wrong_secret_is_the_applications_matter(rig: Rig) -> None:
    code = await code_of(rig, "li.wei")
    with pytest.raises(CredentialError, match="AppSecret"):
        await rig.channel(app_secret="wrong").identify(code, HOME)


@pytest.mark.parametrize("point", ["Contact.User.Read", "qyapi_get_member"])
async def test_a_missing_permission_is_named_with_the_page_that_grants_it(
    rig: Rig, point: str
) -> None:
    rig.permissions().discard(point)
    with pytest.raises(ScopeMissingError) as missing:
        await rig.channel().identify(await code_of(rig, "li.wei"), HOME)
    assert missing.value.scopes == (point,)
    assert point in (missing.value.fix_url or "")


ACCOUNT = {"unionId": "u1", "mobile": "13912345678", "stateCode": "86"}


def answers(member: object, account: object = ACCOUNT) -> object:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/userAccessToken"):
            return httpx.Response(200, json={"accessToken": "token-of-a-person", "expireIn": 7200})
        own = request.url.path.endswith("/users/me")
        return httpx.Response(200, json=account if own else {"errcode": 0, "result": member})

    return answer


@pytest.mark.parametrize(
    "member", [{"userid": "li", "contact_type": 1}, {"userid": "li", "contact_type": "1"}]
)
async def test_somebody_elses_employee_is_no_member(
    scripted: type[Scripted], member: object
) -> None:
    with pytest.raises(RecipientError, match="no member"):
        await scripted(answers(member)).channel.identify("code", HOME)  # type: ignore[arg-type]


async def test_a_number_is_dialled_with_its_country_code(scripted: type[Scripted]) -> None:
    told = await scripted(answers({"userid": "li"})).channel.identify("code", HOME)  # type: ignore[arg-type]
    assert told.mobile == "+8613912345678"
    bare = answers({"userid": "li"}, {"unionId": "u1", "mobile": "+6591230001"})
    assert (await scripted(bare).channel.identify("code", HOME)).mobile == "+6591230001"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("member", "account"), [({}, ACCOUNT), ({"userid": 7}, ACCOUNT), ({"userid": "li"}, {})]
)
async def test_what_says_nobodys_name_is_never_a_login(
    scripted: type[Scripted], member: object, account: object
) -> None:
    with pytest.raises(UncertainError):
        await scripted(answers(member, account)).channel.identify("code", HOME)  # type: ignore[arg-type]


async def test_no_error_repeats_the_code_or_the_token(scripted: type[Scripted]) -> None:
    def echo(request: httpx.Request) -> httpx.Response:
        if b"good" in request.content:
            return httpx.Response(200, json={"accessToken": "token-of-a-person", "expireIn": 7200})
        told = f"{request.headers.raw!r} {request.content!r}"
        return httpx.Response(400, json={"code": "odd", "message": told})

    for code in ("a-good-code-of-the-page", "a-bad-code-of-the-page"):
        with pytest.raises(ContentError) as refused:
            await scripted(echo).channel.identify(code, HOME)
        for secret in (code, "token-of-a-person", "very-secret-value"):
            assert secret not in str(refused.value)
