"""`/app/{tenant}/{channel}/login` and its way back: a person proves who they are on a platform.

What ties the two together is a cookie of this browser's and a signed state in the address; between
them nothing is kept here. A link that names a user is shown before it is followed, so that nobody
is connected to a stranger's account by a click elsewhere.
"""

from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from gateway.api.app_page import HEADERS, Page, drawn, language_of
from gateway.api.app_words import PAGES
from gateway.api.login_words import CONFIRM, FINE, LOGIN_PAGES, LoginPage
from gateway.api.parts import Parts
from gateway.people.identifying import LoginError
from gateway.people.logins import CALLBACK, START, STATE_LASTS, Begun, Logins
from gateway.registry import SLUG
from gateway.store import StoreUnavailableError

router = APIRouter(include_in_schema=False)
COOKIE = "gateway_login"
RETRY_AFTER = {"Retry-After": "60"}
ELSEWHERE = frozenset({"login_expired", "login_refused", "unknown_channel"})
"""Endings that need not be those of the login whose cookie the browser has."""


@dataclass(frozen=True, slots=True)
class _Visit:
    """Somebody at one of the pages of a channel."""

    request: Request
    tenant: str
    channel: str

    @property
    def parts(self) -> Parts:
        parts: Parts = self.request.app.state.parts
        return parts

    @property
    def language(self) -> str:
        return language_of(self.request.headers.get("Accept-Language", ""))

    @property
    def sane(self) -> bool:
        return bool(SLUG.fullmatch(self.tenant) and SLUG.fullmatch(self.channel))

    def checked(self) -> Logins:
        """Return what logs people in, if there may be such a channel at all."""
        if not self.sane:
            raise LoginError("unknown_channel")
        return self.parts.people.logins

    def page(self, code: str, user: str | None = None) -> HTMLResponse:
        """Return the page that tells how it ended."""
        known = LOGIN_PAGES.get(code) or self._of_the_application(code)
        shown = "" if code in FINE else code
        answer = drawn(Page(self.language, known.words[self.language], shown, user), known.status)
        if known.status == HTTPStatus.SERVICE_UNAVAILABLE:
            answer.headers.update(RETRY_AFTER)
        return answer

    def confirmation(self, begun: Begun) -> HTMLResponse:
        """Return the page that asks whether the account is one's own."""
        words = CONFIRM.words[self.language]
        return drawn(Page(self.language, words, "", begun.user, begun.url))

    def remember(self, answer: Response, nonce: str) -> Response:
        """Let this browser prove that the login is its own."""
        answer.set_cookie(
            COOKIE,
            nonce,
            max_age=int(STATE_LASTS.total_seconds()),
            path=self._path,
            secure=self.parts.base_url.startswith("https://"),
            httponly=True,
            samesite="lax",
        )
        return answer

    def forget(self, answer: Response) -> Response:
        """Take the cookie back, whose login is over."""
        answer.delete_cookie(COOKIE, path=self._path)
        return answer

    def _of_the_application(self, code: str) -> LoginPage:
        """Return a page that the application's own address shows, too.

        Where it is not in effect yet, an address of the setup guide that is merely opened answers
        as the others do; a login that is under way is refused.
        """
        if code == "unknown_channel":
            return LoginPage(404, PAGES["unknown_channel"])
        under_way = {"link", "state"} & set(self.request.query_params)
        return LoginPage(409 if under_way else 200, PAGES["channel_disabled"])

    @property
    def _path(self) -> str:
        """Return the channel's path as browsers see it, who may reach us below another one."""
        below = urlsplit(self.parts.base_url).path
        return f"{below}/app/{self.tenant}/{self.channel}"


@router.get("/app/{tenant}/{channel}" + START)
async def login(request: Request, tenant: str, channel: str) -> Response:
    """Send somebody to the platform's page, once they have seen whose account it is about."""
    visit = _Visit(request, tenant, channel)
    try:
        begun = await visit.checked().begin(tenant, channel, request.query_params.get("link"))
    except (LoginError, StoreUnavailableError) as error:
        return _ended(visit, error)
    if begun.user is None:
        return visit.remember(RedirectResponse(begun.url, 302, HEADERS), begun.nonce)
    return visit.remember(visit.confirmation(begun), begun.nonce)


@router.get("/app/{tenant}/{channel}" + CALLBACK)
async def come_back(request: Request, tenant: str, channel: str) -> Response:
    """Bind whoever comes back from the platform, and tell them how it ended."""
    visit = _Visit(request, tenant, channel)
    answer, nonce = dict(request.query_params), request.cookies.get(COOKIE, "")
    try:
        ending = await visit.checked().end(tenant, channel, answer, nonce)
    except (LoginError, StoreUnavailableError) as error:
        page = _ended(visit, error)
        own = isinstance(error, LoginError) and error.code not in ELSEWHERE
        return visit.forget(page) if own else page
    user = ending.user if ending.standing in FINE else None
    return visit.forget(visit.page(ending.standing, user))


def _ended(visit: _Visit, error: LoginError | StoreUnavailableError) -> HTMLResponse:
    """Tell the person what is the matter, and an admin's log why."""
    if not isinstance(error, LoginError):
        return visit.page("store_unavailable")
    if error.detail:
        where = {"tenant": visit.tenant, "channel": visit.channel}
        visit.parts.log.warning("a login failed", code=error.code, why=error.detail, **where)
    return visit.page(error.code)
