"""People's logins: the page, "obtain-user-token" and "dingtalk-retrieve-user-information".

On the page of the real platform somebody is logged in already and agrees; on ours one chooses who
one is. A code lives for five minutes, serves once, and only for its app.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit, urlunsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from . import permissions
from .call import Call
from .codes import RejectedError, at_gate
from .contacts import phone
from .gate import HEADER, Endpoint, check_rate
from .ids import fresh
from .model import App, Json, Login, Person
from .pages import HEADERS, MOST_SHOWN, POLICY, TEMPLATES
from .state import Emulator

PAGE = "/oauth2/auth"
CODE_LASTS = 300.0
TOKEN_LASTS = 7200.0
SCOPES = ("openid", "openid corpid")
SCHEMES = ("http", "https")
HOST = re.compile(r"[0-9a-z.:\[\]-]+")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

Asked = Mapping[str, str]
Page = Callable[[Emulator, Request], Awaitable[Response]]


class _PageError(Exception):
    """The page shows an error instead of going anywhere: nobody is sent to a strange address."""


async def _choose(emulator: Emulator, request: Request) -> Response:
    """Show who one may be."""
    try:
        app, asked = _checked(emulator, request)
    except _PageError as error:
        return _draw(emulator, status=400, error=str(error))
    people = [each for each in emulator.people.values() if not each.resigned]
    there = urlsplit(asked["redirect_uri"])
    return _draw(
        emulator, to=f"{there.scheme}://{there.netloc}", app=app, people=people[:MOST_SHOWN]
    )


async def _chosen(emulator: Emulator, request: Request) -> Response:
    """Go back with a code for whoever was chosen, or with the refusal."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return _draw(emulator, status=403, error="Choose on the page itself.")
    try:
        app, asked = _checked(emulator, request)
    except _PageError as error:
        return _draw(emulator, status=400, error=str(error))
    form = parse_qs((await request.body()).decode(errors="replace"))
    if "refuse" in form:
        return _back(asked, error="access_denied")
    person = emulator.people.get(form.get("person", [""])[0])
    if person is None:
        return _draw(emulator, status=404, error="No such person.")
    code = fresh("", 32)
    emulator.logins[code] = Login(app.app_key, person.id, emulator.clock())
    return _back(asked, authCode=code)


def _checked(emulator: Emulator, request: Request) -> tuple[App, Asked]:
    asked = dict(request.query_params)
    app = emulator.apps.get(asked.get("client_id", ""))
    if app is None or not app.enabled:
        raise _PageError("There is no such application.")
    if asked.get("response_type") != "code":
        raise _PageError("The response type must be code.")
    if asked.get("scope") not in SCOPES:
        raise _PageError("The scope must be openid, or openid corpid.")
    if asked.get("prompt") != "consent":
        raise _PageError("The prompt must be consent.")
    if not _allowed(emulator, app, asked.get("redirect_uri", "")):
        raise _PageError("The redirect URL is not registered.")
    return app, asked


def _allowed(emulator: Emulator, app: App, address: str) -> bool:
    """Tell whether people may be sent there; what comes after the path does not count."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    bare = urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
    if bare in emulator.redirect_urls.get(app.app_key, ()):
        return True
    # It is written into the page's policy, so that nothing but a host and a port may be there.
    host = parts.hostname if HOST.fullmatch(parts.netloc) else None
    return emulator.loopback_redirects and parts.scheme in SCHEMES and host in LOOPBACK


def _back(asked: Asked, **told: str) -> Response:
    """Send the browser back; the state comes along as it was given."""
    parts = urlsplit(asked["redirect_uri"])
    state = {"state": asked["state"]} if "state" in asked else {}
    query = urlencode([*parse_qsl(parts.query), *{**told, **state}.items()])
    return RedirectResponse(urlunsplit((*parts[:3], query, "")), 302, HEADERS)


def _draw(emulator: Emulator, *, status: int = 200, to: str = "", **values: object) -> Response:
    text = TEMPLATES.get_template("login.html").render(emulator=emulator, **values)
    policy = POLICY.replace("form-action 'self'", f"form-action 'self' {to}".rstrip())
    return HTMLResponse(text, status, {**HEADERS, "Content-Security-Policy": policy})


def user_token(call: Call) -> Json:
    """Answer with a token of whoever chose themselves."""
    app = call.emulator.apps.get(call.text("clientId"))
    if app is None or app.app_secret != call.text("clientSecret") or not app.enabled:
        raise RejectedError("invalidClientIdOrSecret")
    check_rate(call, app.app_key)
    if call.text("grantType") != "authorization_code":
        raise RejectedError("invalidParameter.grantType")
    login = call.emulator.logins.get(call.text("code"))
    late = login is not None and call.now - login.created > CODE_LASTS
    if login is None or login.used or late or login.app_key != app.app_key:
        raise RejectedError("invalidParameter.authCode.notFound")
    login.used = True
    token = fresh("", 32)
    call.emulator.user_tokens[token] = (login, call.now + TOKEN_LASTS)
    return {
        "accessToken": token,
        "refreshToken": fresh("", 32),
        "expireIn": int(TOKEN_LASTS),
        "corpId": call.emulator.corp_id,
    }


def me(call: Call) -> Json:
    """Answer with whose token it is: the account, not the member of the organisation."""
    token = call.request.headers.get(HEADER)
    if not token:
        raise at_gate("token missing", call.generation)
    login, expires = call.emulator.user_tokens.get(token, (None, 0.0))
    if login is None or expires <= call.now:
        raise at_gate("token bad", call.generation)
    app = call.emulator.apps[login.app_key]
    check_rate(call, app.app_key)
    if not app.grants(permissions.PERSONAL):
        raise at_gate("permission", call.generation)
    return _account(call, call.emulator.people[login.person])


def _account(call: Call, person: Person) -> Json:
    shown = phone(person.mobile) if call.emulator.mobile_visible and person.mobile else {}
    number = {"mobile": shown["mobile"], "stateCode": shown["state_code"]} if shown else {}
    return {
        "nick": person.name,
        "unionId": person.union_id,
        "openId": fresh("", 24),
        "avatarUrl": "",
        **number,
    }


ENDPOINTS = (
    Endpoint("POST", "/v1.0/oauth2/userAccessToken", user_token, public=True),
    Endpoint("GET", "/v1.0/contact/users/me", me, public=True),
)


def _route(emulator: Emulator, method: str, page: Page) -> Route:
    async def serve(request: Request) -> Response:
        emulator.calls[f"{method} {PAGE}"] += 1
        return await page(emulator, request)

    return Route(PAGE, serve, methods=[method])


def routes(emulator: Emulator) -> list[BaseRoute]:
    """Return the routes of the page."""
    return [_route(emulator, "GET", _choose), _route(emulator, "POST", _chosen)]
