"""A login's two pages: what the browser carries, and how each ending is told."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from gateway.api.login_words import CONFIRM, LOGIN_PAGES
from gateway.connections import NotConfiguredError, NotOpenedError
from gateway.errors import (
    ContentError,
    CredentialError,
    RecipientError,
    ScopeMissingError,
    TemporaryError,
    UncertainError,
)
from gateway.models import Identity
from gateway.people.connecting import Standing
from gateway.people.pacing import Pace
from gateway.plugin import LoggedIn
from gateway.store import StoreUnavailableError
from tests.gateway.api.conftest import CHANNEL, LARK_BODY, PUBLIC, PersonChannel, World

APP = "/app/acme/lark"
LINK = f"{CHANNEL}/bindings/li/login-link"
CHINESE = {"Accept-Language": "zh-CN"}
LINK_IN_PAGE = re.compile(r'<a class="action" href="([^"]+)"')


class Visitor:
    """A stranger's browser at the gateway."""

    def __init__(self, world: World, http: httpx.AsyncClient) -> None:
        self.world = world
        self.http = http

    async def state(self, url: str = f"{APP}/login") -> str:
        """Begin a login and return the state that the platform would bring back."""
        answer = await self.http.get(url)
        page = answer.headers.get("location")
        if page is None:
            found = LINK_IN_PAGE.search(answer.text)
            assert found, answer.text
            page = unescape(found[1])
        query = parse_qs(urlsplit(page).query)
        assert query["redirect_uri"] == [f"{PUBLIC}{APP}/oauth2/callback"]
        return query["state"][0]

    async def back(self, state: str, **headers: str) -> httpx.Response:
        params = {"code": "canary-code", "state": state}
        return await self.http.get(f"{APP}/oauth2/callback", params=params, headers=headers)

    async def logged_in(self, told: object, **headers: str) -> httpx.Response:
        """Come back from the platform, which then says this."""
        channel = PersonChannel()
        channel.told = told  # type: ignore[assignment]
        self.world.connections.channel = channel
        return await self.back(await self.state(), **headers)


@pytest.fixture
async def visitor(world: World, admin: httpx.AsyncClient) -> AsyncIterator[Visitor]:
    await admin.put(CHANNEL, json=LARK_BODY)
    await admin.post(f"{CHANNEL}/enable")
    await admin.put("/v1/tenants/acme/users/li", json={"email": "li@example.com"})
    async with world.client(None) as http:
        yield Visitor(world, http)


def me(**more: Any) -> LoggedIn:  # noqa: ANN401 - any of its fields
    return LoggedIn(Identity("ou_1", "open_id"), **more)


async def test_the_browser_carries_a_cookie_that_no_script_and_no_stranger_sees(
    visitor: Visitor,
) -> None:
    answer = await visitor.http.get(f"{APP}/login")
    cookie = answer.headers["set-cookie"]
    assert answer.status_code == 302
    assert answer.headers["location"].startswith("https://accounts.example.com/authorize?")
    for trait in ("HttpOnly", "SameSite=lax", "Secure", f"Path={APP}", "Max-Age=600"):
        assert trait in cookie
    nonce = visitor.http.cookies["gateway_login"]
    assert len(nonce) >= 43
    assert nonce not in answer.headers["location"]


async def test_the_cookie_comes_back_to_a_gateway_below_a_path(visitor: Visitor) -> None:
    parts = replace(visitor.world.parts, base_url=f"{PUBLIC}/notify")
    visitor.world.app.state.parts = parts
    answer = await visitor.http.get(f"{APP}/login")
    assert f"Path=/notify{APP};" in answer.headers["set-cookie"]


async def test_a_login_ends_in_a_binding_and_without_the_cookie(
    visitor: Visitor, admin: httpx.AsyncClient
) -> None:
    answer = await visitor.logged_in(me(email="LI@example.com"))
    assert (answer.status_code, "<code>li</code>" in answer.text) == (200, True)
    assert "gateway_login" not in visitor.http.cookies
    (bound,) = (await admin.get(f"{CHANNEL}/bindings")).json()["items"]
    assert (bound["user"], bound["method"]) == ("li", "login")
    (line,) = [
        each
        for each in (await admin.get("/v1/tenants/acme/audit-log")).json()["items"]
        if each["action"] == "binding.put"
    ]
    assert (line["actor"], line["after"]["id"]) == ("login", "ou_1")


async def test_a_link_is_for_one_user_and_asks_first(
    visitor: Visitor, admin: httpx.AsyncClient
) -> None:
    made = (await admin.post(LINK)).json()
    assert made["expires_at"].endswith("Z")
    asked = await visitor.http.get(made["url"])
    assert (asked.status_code, CONFIRM.words["en"].title in asked.text) == (200, True)
    assert "<code>li</code>" in asked.text
    policy = asked.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    visitor.world.connections.channel.told = me()  # type: ignore[attr-defined]
    answer = await visitor.back(await visitor.state(made["url"]))
    assert answer.status_code == 200
    (bound,) = (await admin.get(f"{CHANNEL}/bindings")).json()["items"]
    assert (bound["user"], bound["method"]) == ("li", "login")


async def test_a_sender_may_make_links_for_users_and_channels_that_are_there(
    visitor: Visitor, admin: httpx.AsyncClient
) -> None:
    async with visitor.world.as_role("sender") as sender:
        assert (await sender.post(LINK)).status_code == 200
        missing = LINK.replace("/li/", "/nobody/")
        assert (await sender.post(missing)).status_code == 404
        assert (await sender.post(LINK.replace("/lark/", "/none/"))).status_code == 404
    robot = {"type": "lark-robot", "config": {"webhook_url": "https://open.larksuite.com/hook/1"}}
    await admin.put("/v1/tenants/acme/channels/robot", json=robot)
    refused = await admin.post(LINK.replace("/lark/", "/robot/"))
    assert (refused.status_code, refused.json()["code"]) == (409, "not_supported")


async def test_a_link_lasts_a_day_and_a_login_ten_minutes(
    visitor: Visitor, admin: httpx.AsyncClient
) -> None:
    link = (await admin.post(LINK)).json()["url"]
    state = await visitor.state(link)
    await visitor.world.clock.advance(601)
    late = await visitor.back(state)
    assert (late.status_code, "<code>login_expired</code>" in late.text) == (400, True)
    assert (await visitor.http.get(link)).status_code == 200
    await visitor.world.clock.advance(24 * 3600)
    over = await visitor.http.get(link)
    assert (over.status_code, "<code>login_link_expired</code>" in over.text) == (410, True)


async def test_what_another_process_changed_of_the_channel_counts_here(
    visitor: Visitor, admin: httpx.AsyncClient
) -> None:
    await visitor.state()
    patched = await admin.patch(CHANNEL, json={"config": {"app_secret": "canary-secret-2"}})
    asked = visitor.world.connections.versions
    asked.clear()
    await visitor.logged_in(me(email="li@example.com"))
    assert asked == [patched.json()["version"]] * 3
    assert patched.json()["version"] > 1


async def test_a_link_that_was_cut_short_is_over_and_names_nobody_else(visitor: Visitor) -> None:
    cut = await visitor.http.get(f"{APP}/login?link=")
    assert (cut.status_code, "<code>login_link_expired</code>" in cut.text) == (410, True)


async def test_of_two_logins_in_one_browser_the_later_one_goes_on(visitor: Visitor) -> None:
    earlier, later = await visitor.state(), await visitor.state()
    visitor.world.connections.channel.told = me(email="li@example.com")  # type: ignore[attr-defined]
    assert (await visitor.back(earlier)).status_code == 400
    assert (await visitor.http.get(f"{APP}/login?link=old")).status_code == 410
    assert (await visitor.http.get(f"{APP}/oauth2/callback?error=no")).status_code == 403
    assert (await visitor.back(later)).status_code == 200


async def test_only_our_own_states_of_this_place_count(
    visitor: Visitor, admin: httpx.AsyncClient
) -> None:
    link = (await admin.post(LINK)).json()["url"].partition("link=")[2]
    state = await visitor.state()
    body, _, signature = state.partition(".")
    forged = [
        *("", "x", ".", f"{body}.", f".{signature}", f"{body}x.{signature}", f"{state}x"),
        *(link, "a" * 5000, "\ud83d", f"{body}.{'0' * 32}", "灯.灯"),
    ]
    for each in forged:
        answer = await visitor.back(each.encode("utf-8", "replace").decode())
        assert (answer.status_code, "login_expired" in answer.text) == (400, True), each
        await visitor.state()


async def test_a_state_of_another_tenant_or_channel_is_none(
    visitor: Visitor, admin: httpx.AsyncClient
) -> None:
    async with visitor.world.as_role("admin", "other") as other:
        await other.put("/v1/tenants/other/channels/lark", json=LARK_BODY)
        await other.post("/v1/tenants/other/channels/lark/enable")
    await admin.put("/v1/tenants/acme/channels/second", json=LARK_BODY)
    await admin.post("/v1/tenants/acme/channels/second/enable")
    for place in ("/app/other/lark", "/app/acme/second"):
        state = await visitor.state()
        cookies = {"gateway_login": visitor.http.cookies["gateway_login"]}
        params = {"code": "c", "state": state}
        async with visitor.world.client(None) as http:
            http.cookies.update(cookies)
            answer = await http.get(f"{place}/oauth2/callback", params=params)
        assert (answer.status_code, "login_expired" in answer.text) == (400, True)


@pytest.mark.parametrize("answer", [{}, {"code": ""}, {"code": "x" * 5000}, {"code": "\x00"}])
async def test_without_a_sane_code_there_is_no_login(
    visitor: Visitor, answer: dict[str, str]
) -> None:
    params = {**answer, "state": await visitor.state()}
    page = await visitor.http.get(f"{APP}/oauth2/callback", params=params)
    assert (page.status_code, "<code>login_expired</code>" in page.text) == (400, True)


@pytest.mark.parametrize(
    ("told", "status", "code"),
    [
        (ContentError("used"), 400, "login_code_refused"),
        (RecipientError("left"), 403, "login_not_a_member"),
        (CredentialError("wrong"), 409, "login_application_refused"),
        (ScopeMissingError("not allowed"), 409, "login_application_refused"),
        (TemporaryError("busy"), 503, "platform_unavailable"),
        (UncertainError("silent"), 503, "platform_unavailable"),
        (httpx.ConnectTimeout("slow"), 503, "platform_unavailable"),
        (KeyError("canary-code"), 503, "plugin_failed"),
        ("nobody", 503, "plugin_failed"),
        (LoggedIn(Identity("ou_1", "fax")), 503, "plugin_failed"),
        (LoggedIn(Identity("ou 1\n", "open_id")), 503, "plugin_failed"),
        (LoggedIn("ou_1"), 503, "plugin_failed"),  # type: ignore[arg-type]
        (me(others=None), 503, "plugin_failed"),
        (me(others=("on_1",)), 503, "plugin_failed"),
        (me(email=5), 503, "plugin_failed"),
        (me(mobile=b"+6590000009"), 503, "plugin_failed"),
        (me(), 403, "no_user"),
        (me(email="nobody@example.com", mobile="+6590000009"), 403, "no_user"),
    ],
)
async def test_each_failure_has_its_page_and_binds_nobody(
    visitor: Visitor, admin: httpx.AsyncClient, told: object, status: int, code: str
) -> None:
    answer = await visitor.logged_in(told)
    assert (answer.status_code, f"<code>{code}</code>" in answer.text) == (status, True)
    assert ("retry-after" in answer.headers) == (status == 503)
    assert "canary" not in answer.text
    assert (await admin.get(f"{CHANNEL}/bindings")).json()["items"] == []


class Lost(PersonChannel):
    """One whose plugin does not know where people log in."""

    page: object = None

    def login_url(self, redirect_uri: str, state: str) -> str:
        if isinstance(self.page, Exception):
            raise self.page
        return self.page  # type: ignore[return-value]  # whatever a plugin says


@pytest.mark.parametrize(
    "page", [None, "", "/elsewhere", "javascript:alert(1)", "https://", "https://[", KeyError("x")]
)
async def test_nobody_is_sent_where_no_page_can_be(
    visitor: Visitor, admin: httpx.AsyncClient, page: object
) -> None:
    lost = Lost()
    lost.page = page
    visitor.world.connections.channel = lost
    link = (await admin.post(LINK)).json()["url"]
    for url in (f"{APP}/login", link):
        answer = await visitor.http.get(url)
        assert (answer.status_code, "<code>plugin_failed</code>" in answer.text) == (503, True)


async def test_an_admin_finds_the_reason_in_the_log_and_no_code(visitor: Visitor) -> None:
    await visitor.logged_in(ContentError("it said canary-code is used"))
    ((event, fields),) = [each for each in visitor.world.log.lines if "login" in each[0]]
    assert event == "a login failed"
    assert (fields["tenant"], fields["channel"]) == ("acme", "lark")
    assert fields["why"] == "it said *** is used"
    assert visitor.world.redactor.clean("canary-code") == "canary-code"


async def test_a_storm_of_logins_asks_the_platform_no_more(visitor: Visitor) -> None:
    parts = visitor.world.parts
    people = replace(parts.people, logins=replace(parts.people.logins, pace=Pace(most=1)))
    visitor.world.app.state.parts = replace(parts, people=people)
    assert (await visitor.logged_in(ContentError("made up"))).status_code == 400
    page = await visitor.logged_in(me())
    assert (page.status_code, "<code>too_many_logins</code>" in page.text) == (503, True)
    await visitor.world.clock.advance(60)
    assert (await visitor.logged_in(me(email="li@example.com"))).status_code == 200


async def test_strangers_who_make_codes_up_lock_out_nobody_with_a_link(
    visitor: Visitor, admin: httpx.AsyncClient
) -> None:
    parts = visitor.world.parts
    people = replace(parts.people, logins=replace(parts.people.logins, pace=Pace(most=1)))
    visitor.world.app.state.parts = replace(parts, people=people)
    for _ in range(2):
        refused = await visitor.logged_in(ContentError("made up"))
    assert refused.status_code == 503
    state = await visitor.state((await admin.post(LINK)).json()["url"])
    visitor.world.connections.channel.told = me()  # type: ignore[attr-defined]
    assert (await visitor.back(state)).status_code == 200


async def test_a_refusal_on_the_platform_is_told_and_changes_nothing(visitor: Visitor) -> None:
    params = {"error": "access_denied", "state": await visitor.state()}
    page = await visitor.http.get(f"{APP}/oauth2/callback", params=params, headers=CHINESE)
    assert (page.status_code, 'lang="zh-CN"' in page.text) == (403, True)
    assert "access_denied" not in page.text


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (NotConfiguredError("the configuration is incomplete"), 409, "channel_incomplete"),
        (NotOpenedError("the plugin cannot open it"), 503, "plugin_failed"),
    ],
)
async def test_a_channel_that_cannot_be_opened_has_a_page(
    visitor: Visitor,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
    code: str,
) -> None:
    async def live(_tenant: str, _name: str, _version: int) -> None:
        raise error

    monkeypatch.setattr(visitor.world.connections, "live", live)
    page = await visitor.http.get(f"{APP}/login")
    assert (page.status_code, f"<code>{code}</code>" in page.text) == (status, True)


class AwayStore:
    """A database that does not answer."""

    async def read(self, _read: object) -> None:
        raise StoreUnavailableError("disk /secret/path is full")


async def test_a_store_that_is_away_has_a_page(visitor: Visitor) -> None:
    parts = visitor.world.parts
    asking = replace(parts.people.logins.asking, store=AwayStore())  # type: ignore[arg-type]
    people = replace(parts.people, logins=replace(parts.people.logins, asking=asking))
    visitor.world.app.state.parts = replace(parts, people=people)
    page = await visitor.http.get(f"{APP}/login")
    assert (page.status_code, "<code>store_unavailable</code>" in page.text) == (503, True)
    assert "secret" not in page.text


@pytest.mark.parametrize("tail", ["/login", "/oauth2/callback?code=1&state=2"])
@pytest.mark.parametrize(
    "place",
    ["/app/other/lark", "/app/no-such/lark", "/app/a%0D%0Ab/lark", "/app/%00/x", "/app/a;b/c"],
)
async def test_where_nothing_is_there_is_one_page_and_no_cookie(
    visitor: Visitor, place: str, tail: str
) -> None:
    answer = await visitor.http.get(place + tail)
    assert answer.status_code == 404
    assert "<code>unknown_channel</code>" in answer.text
    assert "%0D" not in answer.headers.get("set-cookie", "")


def test_every_ending_has_a_page_in_both_languages_that_says_whom_to_ask() -> None:
    assert set(Standing) - set(LOGIN_PAGES) == {Standing.DISABLED}
    for page in (*LOGIN_PAGES.values(), CONFIRM):
        assert set(page.words) == {"en", "zh-CN"}
        assert "administrator" in page.words["en"].ask
        assert "管理员" in page.words["zh-CN"].ask
