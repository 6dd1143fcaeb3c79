"""C8: a person logs in on the platform, is identified, and nothing else is kept (seed 001)."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.faults.stage import TENANT
from tests.seeds.people_stage import LARKS, Company, company

PUBLIC = "https://notify.example.com"
BRANDS = ("lark", "feishu", "dingtalk", "dingtalk-exclusive")
ACTION = re.compile(r'<a class="action" href="([^"]+)"')


@dataclass
class Browser:
    """Somebody's browser: it has cookies, and follows a login to its end."""

    acme: Company
    http: httpx.AsyncClient

    @property
    def home(self) -> str:
        return f"{PUBLIC}/app/{TENANT}/{self.acme.brand}"

    async def open(self, url: str) -> httpx.Response:
        return await self.http.get(url)

    async def chosen(self, page: str, **form: str) -> str:
        """Choose on the platform's page, and return where the browser is sent."""
        shown = await self.http.get(page)
        assert shown.status_code == 200, shown.text
        back = await self.http.post(page, data=form)
        assert back.status_code == 302, back.text
        return back.headers["location"]

    async def begun(self, url: str = "") -> str:
        """Begin a login, from the application's page or from a link, and return the page."""
        if not url:
            url = _action(await self.open(self.home))
        answer = await self.open(url)
        if answer.status_code == 302:
            return str(answer.headers["location"])
        return _action(answer)

    async def log_in(self, person: str, url: str = "") -> httpx.Response:
        """Log in as somebody and return the page at the end."""
        return await self.open(await self.chosen(await self.begun(url), person=person))

    async def link(self, user: str) -> str:
        made = await self.acme.call("POST", f"{self.acme.bindings}/{user}/login-link")
        return str(made["url"])


def _action(page: httpx.Response) -> str:
    found = ACTION.search(page.text)
    assert found, page.text
    return unescape(found[1])


@asynccontextmanager
async def visiting(database_url: str, brand: str = "lark") -> AsyncIterator[Browser]:
    """Serve a tenant whose redirect URLs, those of its guide, are registered on the platform."""
    async with company(database_url, brand, public_url=PUBLIC) as acme:
        guide = await acme.call("GET", f"{acme.channel}/setup-guide", features="login")
        acme.emulator.loopback_redirects = False
        _register(acme, tuple(guide["redirect_urls"]))
        acme.emulator.add_people(3)
        mounts = {PUBLIC: httpx.ASGITransport(acme.app)}
        async with httpx.AsyncClient(mounts=mounts, trust_env=False) as http:
            yield Browser(acme, http)


def _register(acme: Company, urls: tuple[str, ...]) -> None:
    if acme.brand in LARKS:
        acme.emulator.apps[acme.config["app_id"]].redirect_urls = urls
    else:
        acme.emulator.redirect_urls[acme.config["app_key"]] = urls


@pytest.fixture(params=BRANDS)
async def browser(request: pytest.FixtureRequest, sqlite_url: str) -> AsyncIterator[Browser]:
    async with visiting(sqlite_url, request.param) as made:
        yield made


@pytest.fixture(params=["lark", "dingtalk"])
async def either(request: pytest.FixtureRequest, sqlite_url: str) -> AsyncIterator[Browser]:
    """One brand of each protocol, where brands cannot differ."""
    async with visiting(sqlite_url, request.param) as made:
        yield made


@pytest.fixture
async def lark(sqlite_url: str) -> AsyncIterator[Browser]:
    async with visiting(sqlite_url) as made:
        yield made


async def test_c8_a_login_binds_the_user_who_has_the_address(browser: Browser) -> None:
    acme = browser.acme
    await acme.user("li.wei", email="P2@example.com")
    await acme.user("another", email="p1@example.com")
    page = await browser.log_in("p2")
    assert (page.status_code, "You are connected" in page.text) == (200, True)
    assert "<code>li.wei</code>" in page.text
    (bound,) = (await acme.bound()).values()
    assert (bound["user"], bound["identity"], bound["method"]) == (
        *("li.wei", acme.identity("p2"), "login"),
    )
    before = acme.calls("batch_get_id") + acme.calls("getbymobile")
    assert (await acme.send("li.wei"))["state"] == "sent"
    assert acme.calls("batch_get_id") + acme.calls("getbymobile") == before


async def test_c8_a_login_link_names_the_user_whatever_the_addresses_say(browser: Browser) -> None:
    acme = browser.acme
    await acme.user("li.wei")
    link = await browser.link("li.wei")
    asked = await browser.open(link)
    assert (asked.status_code, "<code>li.wei</code>" in asked.text) == (200, True)
    assert "You are connected" in (await browser.log_in("p3", link)).text
    assert (await acme.bound())["li.wei"]["identity"] == acme.identity("p3")
    assert (await acme.send("li.wei"))["state"] == "sent"
    line = next(each for each in await acme.audited() if each["action"] == "binding.put")
    assert (line["actor"], line["target"]) == ("login", f"{acme.brand}/li.wei")
    assert line["after"]["method"] == "login"


async def test_c8_nothing_is_kept_of_a_login_but_the_binding(
    browser: Browser, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    acme = browser.acme
    await acme.user("li.wei")
    page = await browser.begun(await browser.link("li.wei"))
    back = await browser.chosen(page, person="p3")
    await browser.open(back)
    code = re.search(r"[cC]ode=([^&]+)", back)
    assert code
    tokens = set(acme.emulator.user_tokens)
    assert len(tokens) == 1
    kept = _written(tmp_path)
    audited = json.dumps(await acme.audited())
    for secret in (code[1], *tokens):
        assert secret.encode() not in kept
        assert secret not in audited
        assert secret not in caplog.text
    user = await acme.call("GET", f"/v1/tenants/{TENANT}/users/li.wei")
    assert (user["display_name"], user["email"], user["mobile"]) == ("", None, None)


def _written(folder: Path) -> bytes:
    """Return every byte of the database and what lies beside it."""
    return b"".join(each.read_bytes() for each in folder.rglob("*") if each.is_file())


async def test_c8_the_person_a_user_is_bound_to_may_log_in_again_and_nothing_changes(
    browser: Browser,
) -> None:
    acme = browser.acme
    await acme.user("li.wei")
    identity = {"kind": "user_id", "id": "p1"}
    await acme.call("PUT", f"{acme.bindings}/li.wei", {"identity": identity})
    before = await acme.bound()
    again = await browser.log_in("p1")
    assert (again.status_code, "connected before" in again.text) == (200, True)
    linked = await browser.log_in("p1", await browser.link("li.wei"))
    assert (linked.status_code, "connected before" in linked.text) == (200, True)
    assert await acme.bound() == before


async def test_c8_nobody_is_bound_over_somebody_else(browser: Browser) -> None:
    acme = browser.acme
    await acme.user("li.wei", email="p2@example.com")
    await acme.user("boss")
    body = {"identity": acme.identity("p1")}
    await acme.call("PUT", f"{acme.bindings}/li.wei", body)
    await acme.call("PUT", f"{acme.bindings}/boss", {"identity": acme.identity("p3")})
    before = await acme.bound()
    for page, code in (
        (await browser.log_in("p2"), "bound_to_another"),
        (await browser.log_in("p2", await browser.link("li.wei")), "bound_to_another"),
    ):
        assert (page.status_code, f"<code>{code}</code>" in page.text) == (409, True)
    await acme.user("fresh")
    page = await browser.log_in("p3", await browser.link("fresh"))
    assert (page.status_code, "<code>identity_taken</code>" in page.text) == (409, True)
    assert await acme.bound() == before


async def test_c8_who_is_nobodys_user_or_several_is_told_so(either: Browser) -> None:
    acme = either.acme
    nobody = await either.log_in("p1")
    assert (nobody.status_code, "<code>no_user</code>" in nobody.text) == (403, True)
    await acme.user("one", email="p1@example.com")
    await acme.user("two", mobile="+6590000001")
    several = await either.log_in("p1")
    assert (several.status_code, "<code>several_users</code>" in several.text) == (409, True)
    assert await acme.bound() == {}


async def test_c8_after_an_unbinding_a_login_binds_again(either: Browser) -> None:
    acme = either.acme
    await acme.user("li.wei", email="p1@example.com")
    old = await either.link("li.wei")
    await either.log_in("p1", old)
    await acme.call("DELETE", f"{acme.bindings}/li.wei")
    assert await acme.bound() == {}
    used = await either.open(old)
    assert (used.status_code, "<code>login_link_used</code>" in used.text) == (410, True)
    await either.log_in("p1")
    assert (await acme.bound())["li.wei"]["method"] == "login"
    assert (await acme.send("li.wei"))["state"] == "sent"


async def test_c8_a_link_serves_once(either: Browser) -> None:
    acme = either.acme
    await acme.user("li.wei")
    link = await either.link("li.wei")
    page = await either.begun(link)
    other = httpx.AsyncClient(mounts={PUBLIC: httpx.ASGITransport(acme.app)}, trust_env=False)
    async with other:
        thief = Browser(acme, other)
        late = await thief.chosen(await thief.begun(link), person="p2")
        await either.open(await either.chosen(page, person="p1"))
        refused = await thief.open(late)
    assert (refused.status_code, "<code>login_link_used</code>" in refused.text) == (410, True)
    used = await either.open(link)
    assert (used.status_code, "<code>login_link_used</code>" in used.text) == (410, True)
    assert (await acme.bound())["li.wei"]["identity"] == acme.identity("p1")


async def test_c8_who_refuses_is_bound_to_nothing(either: Browser) -> None:
    await either.acme.user("li.wei", email="p1@example.com")
    page = await either.open(await either.chosen(await either.begun(), refuse="1"))
    assert (page.status_code, "<code>login_refused</code>" in page.text) == (403, True)
    assert await either.acme.bound() == {}


async def test_c8_another_browser_cannot_end_a_login(either: Browser) -> None:
    acme = either.acme
    await acme.user("li.wei", email="p1@example.com")
    back = await either.chosen(await either.begun(), person="p1")
    mounts = {PUBLIC: httpx.ASGITransport(acme.app)}
    async with httpx.AsyncClient(mounts=mounts, trust_env=False) as other:
        page = await Browser(acme, other).open(back)
        assert (page.status_code, "<code>login_expired</code>" in page.text) == (400, True)
    assert await acme.bound() == {}
    assert (await either.open(back)).status_code == 200


async def test_c8_a_page_that_is_loaded_again_asks_the_platform_nothing(either: Browser) -> None:
    acme = either.acme
    await acme.user("li.wei", email="p1@example.com")
    back = await either.chosen(await either.begun(), person="p1")
    assert (await either.open(back)).status_code == 200
    before = acme.emulator.calls.total()
    again = await either.open(back)
    assert (again.status_code, "<code>login_expired</code>" in again.text) == (400, True)
    assert acme.emulator.calls.total() == before
    assert (await acme.bound())["li.wei"]["method"] == "login"


async def test_c8_a_code_that_was_used_elsewhere_binds_nobody(either: Browser) -> None:
    acme = either.acme
    await acme.user("li.wei", email="p1@example.com")
    back = await either.chosen(await either.begun(), person="p1")
    for login in acme.emulator.logins.values():
        login.used = True
    page = await either.open(back)
    assert (page.status_code, "<code>login_code_refused</code>" in page.text) == (400, True)
    assert await acme.bound() == {}


async def test_c8_while_the_platform_is_down_the_page_says_so(either: Browser) -> None:
    acme = either.acme
    await acme.user("li.wei", email="p1@example.com")
    back = await either.chosen(await either.begun(), person="p1")
    acme.emulator.faults = [{"path": "/", "kind": "status:503"}]
    page = await either.open(back)
    assert (page.status_code, "<code>platform_unavailable</code>" in page.text) == (503, True)
    assert page.headers["retry-after"]
    acme.emulator.faults = []
    assert await acme.bound() == {}


async def test_c8_a_channel_that_is_switched_off_in_between_binds_nobody(either: Browser) -> None:
    acme = either.acme
    await acme.user("li.wei", email="p1@example.com")
    back = await either.chosen(await either.begun(), person="p1")
    await acme.call("POST", f"{acme.channel}/disable")
    before = acme.emulator.calls.total()
    for url in (back, await either.link("li.wei")):
        page = await either.open(url)
        assert (page.status_code, "<code>channel_disabled</code>" in page.text) == (409, True)
    assert acme.emulator.calls.total() == before
    assert "/login" not in (await either.open(either.home)).text


async def test_c8_without_permissions_a_link_still_binds(lark: Browser) -> None:
    acme = lark.acme
    acme.emulator.apps[acme.config["app_id"]].scopes.clear()
    await acme.user("li.wei", email="p1@example.com")
    assert "<code>no_user</code>" in (await lark.log_in("p1")).text
    assert (await lark.log_in("p1", await lark.link("li.wei"))).status_code == 200
    assert (await acme.bound())["li.wei"]["identity"] == acme.identity("p1")


async def test_c8_a_missing_permission_of_the_application_is_told_on_the_page(
    sqlite_url: str,
) -> None:
    async with visiting(sqlite_url, "dingtalk") as browser:
        browser.acme.forbid("Contact.User.Read")
        page = await browser.log_in("p1")
        assert "<code>login_application_refused</code>" in page.text
        assert page.status_code == 409


async def test_c8_every_redirect_address_of_the_guide_answers(browser: Browser) -> None:
    acme = browser.acme
    guide: dict[str, Any] = await acme.call("GET", f"{acme.channel}/setup-guide")
    answers = {
        url.removeprefix(browser.home): (await browser.open(url)).status_code
        for url in guide["redirect_urls"]
    }
    assert answers == {
        "": 200,
        "/workbench": 200,
        "/login": 302,
        "/oauth2/callback": 400,
        "/person/inviteToGroup": 200,
    }
