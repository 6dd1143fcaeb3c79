"""`/app/{tenant}/{channel}/login` and its way back: a person proves who they are on a platform.

What ties the two together is a cookie of this browser's and a signed state in the address; between
them nothing is kept here. A link that names a user is shown before it is followed, so that nobody
is connected to a stranger's account by a click elsewhere.
"""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from gateway.api.app_page import HEADERS, Page, drawn, language_of
from gateway.api.app_words import PAGES
from gateway.api.login_words import CONFIRM, FINE, LOGIN_PAGES, LoginPage
from gateway.api.parts import Parts
from gateway.people.identifying import LoginError
from gateway.people.logins import CALLBACK, STATE_LASTS, Begun, Logins
from gateway.registry import SLUG
from gateway.store import StoreUnavailableError

router = APIRouter(include_in_schema=False)
COOKIE = "gateway_login"
RETRY_AFTER = {"Retry-After": "60"}


@dataclass(frozen=True, slots=True)
class _Visit:
    """Somebody at one of the pages of a channel."""

    request: Request
    tenant: str
    channel: str

    @property
    def parts(self) -> Parts:
        return self.request.app.state.parts  # type: ignore[no-any-return]

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
        """Return the page that tells how it ended; the cookie has done its work."""
        known = LOGIN_PAGES.get(code) or self._of_the_application(code)
        shown = "" if code in FINE else code
        answer = drawn(Page(self.language, known.words[self.language], shown, user), known.status)
        if known.status == 503:  # noqa: PLR2004 - as HTTP has it
            answer.headers.update(RETRY_AFTER)
        if self.sane:
            answer.delete_cookie(COOKIE, path=self._path)
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
        return f"/app/{self.tenant}/{self.channel}"


@router.get("/app/{tenant}/{channel}/login")
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
        return _ended(visit, error)
    return visit.page(ending.standing, ending.user if ending.standing in FINE else None)


def _ended(visit: _Visit, error: LoginError | StoreUnavailableError) -> HTMLResponse:
    """Tell the person what is the matter, and an admin's log why."""
    if not isinstance(error, LoginError):
        return visit.page("store_unavailable")
    if error.detail:
        where = {"tenant": visit.tenant, "channel": visit.channel}
        visit.parts.log.warning("a login failed", code=error.code, why=error.detail, **where)
    return visit.page(error.code)
