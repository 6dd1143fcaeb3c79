"""People's logins (documentation: "Obtain OAuth code", "Get user_access_token", "Get user info").

On the page of the real platform somebody is logged in already and agrees; on ours one chooses who
one is. A code lives for five minutes, serves once, and only for its app and redirect address.
"""

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit, urlunsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from .call import Call
from .codes import RejectedError
from .gate import Endpoint, check_rate
from .ids import fresh
from .model import App, Json, Login, Person
from .pages import HEADERS, MOST_SHOWN, POLICY, TEMPLATES
from .scopes import USER_FIELDS
from .state import Emulator

PAGE = "/open-apis/authen/v1/authorize"
CODE_LASTS = 300.0
TOKEN_LASTS = 7200.0
MOST_SCOPES = 50
SCHEMES = ("http", "https")
HOST = re.compile(r"[0-9a-z.:\[\]-]+")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
PROFILE = {"email": "email", "mobile": "mobile", "user_id": "id"}

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
    return _back(asked, code=_code(emulator, app, person, asked))


def _checked(emulator: Emulator, request: Request) -> tuple[App, Asked]:
    asked = dict(request.query_params)
    app = emulator.apps.get(asked.get("client_id") or asked.get("app_id", ""))
    if app is None or not app.enabled:
        raise _PageError("20028: there is no such application.")
    if asked.get("response_type", "code") != "code":
        raise _PageError("20026: the response type must be code.")
    if not _allowed(emulator, app, asked.get("redirect_uri", "")):
        raise _PageError("20029: the redirect URL is not registered.")
    scopes = asked.get("scope", "").split()
    if len(scopes) > MOST_SCOPES or not all(app.grants((each,)) for each in scopes):
        raise _PageError("20027: the application lacks a permission that is asked for.")
    return app, asked


def _allowed(emulator: Emulator, app: App, address: str) -> bool:
    """Tell whether people may be sent there; what comes after the path does not count."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    bare = urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
    if bare in app.redirect_urls:
        return True
    # It is written into the page's policy, so that nothing but a host and a port may be there.
    host = parts.hostname if HOST.fullmatch(parts.netloc) else None
    return emulator.loopback_redirects and parts.scheme in SCHEMES and host in LOOPBACK


def _code(emulator: Emulator, app: App, person: Person, asked: Asked) -> str:
    code = fresh("", 64)
    emulator.logins[code] = Login(
        app.app_id,
        person.id,
        asked["redirect_uri"],
        emulator.clock(),
        challenge=asked.get("code_challenge", ""),
        scopes=frozenset(asked.get("scope", "").split()),
    )
    return code


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
    """Answer with a token of whoever chose themselves, flat and without a message."""
    if call.parsed.get("grant_type") != "authorization_code":
        raise RejectedError(20036)
    app = call.emulator.apps.get(_needed(call, "client_id"))
    if app is None:
        raise RejectedError(20048)
    if _needed(call, "client_secret") != app.app_secret:
        raise RejectedError(20002)
    check_rate(call, app.app_id)
    login = _login(call, app)
    if not call.emulator.people[login.person].available:
        raise RejectedError(20010)
    login.used = True
    token = fresh("u-", 64)
    call.emulator.user_tokens[token] = (login, call.now + TOKEN_LASTS)
    return {
        "access_token": token,
        "expires_in": int(TOKEN_LASTS),
        "scope": " ".join(sorted(login.scopes)),
        "token_type": "Bearer",
    }


def _login(call: Call, app: App) -> Login:
    login = call.emulator.logins.get(_needed(call, "code"))
    if login is None:
        raise RejectedError(20003)
    if login.app_id != app.app_id:
        raise RejectedError(20024)
    if login.used:
        raise RejectedError(20065)
    if call.now - login.created > CODE_LASTS:
        raise RejectedError(20004)
    if _needed(call, "redirect_uri") != login.redirect_uri:
        raise RejectedError(20071)
    if login.challenge and login.challenge != _challenge(call):
        raise RejectedError(20049)
    return login


def _challenge(call: Call) -> str:
    verifier = str(call.parsed.get("code_verifier", ""))
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _needed(call: Call, name: str) -> str:
    value = call.parsed.get(name)
    if not isinstance(value, str) or not value:
        raise RejectedError(20001)
    return value


def user_info(call: Call) -> Json:
    """Answer with whose token it is; a field whose permission is missing is not there."""
    kind, _, token = call.request.headers.get("authorization", "").partition(" ")
    login, expires = call.emulator.user_tokens.get(token.strip(), (None, 0.0))
    if kind != "Bearer" or login is None or expires <= call.now:
        raise RejectedError(20005)
    app, person = call.emulator.apps[login.app_id], call.emulator.people[login.person]
    check_rate(call, app.app_id)
    _check_standing(person)
    return {"data": _profile(call, app, person)}


def _check_standing(person: Person) -> None:
    for wrong, code in ((person.resigned, 20021), (person.frozen, 20022)):
        if wrong:
            raise RejectedError(code)


def _profile(call: Call, app: App, person: Person) -> Json:
    avatar = f"{call.emulator.brand.open_host}/avatar/{person.id}.png"
    shown = {
        name: getattr(person, field) or ""
        for name, field in PROFILE.items()
        if app.grants(USER_FIELDS[name])
    }
    return {
        "name": person.name,
        "en_name": person.name if person.locale == "en" else "",
        "avatar_url": avatar,
        "open_id": call.emulator.open_id(app.app_id, person),
        "union_id": person.union_id,
        "tenant_key": call.emulator.tenant_key,
        **shown,
    }


ENDPOINTS = (
    Endpoint("POST", "/open-apis/authen/v2/oauth/token", user_token, public=True, oauth=True),
    Endpoint("GET", "/open-apis/authen/v1/user_info", user_info, public=True),
)


def _route(emulator: Emulator, method: str, page: Page) -> Route:
    async def serve(request: Request) -> Response:
        emulator.calls[f"{method} {PAGE}"] += 1
        return await page(emulator, request)

    return Route(PAGE, serve, methods=[method])


def routes(emulator: Emulator) -> list[BaseRoute]:
    """Return the routes of the page."""
    return [_route(emulator, "GET", _choose), _route(emulator, "POST", _chosen)]
