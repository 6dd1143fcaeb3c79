"""Tokens of custom apps (documentation: "Get tenant access token of a custom app")."""

import re

from .call import Call
from .codes import RejectedError
from .gate import Endpoint, check_rate
from .ids import fresh
from .model import App, Json

LIFETIME = 7200.0
KEEP = 1800.0
BASE = "/open-apis/auth/v3/"


def _app(call: Call) -> App:
    app_id, secret = call.parsed.get("app_id"), call.parsed.get("app_secret")
    if not isinstance(app_id, str) or not re.fullmatch(r"cli_\w+", app_id):
        raise RejectedError(10003)
    if not isinstance(secret, str) or not secret:
        raise RejectedError(10003)
    app = call.emulator.apps.get(app_id)
    if app is None or not app.enabled:
        raise RejectedError(10014)
    if app.app_secret != secret:
        raise _wrong_secret(call)
    return app


def _wrong_secret(call: Call) -> RejectedError:
    rejected = RejectedError(10014, status=call.emulator.wrong_secret_status)
    rejected.msg = "app secret invalid"
    return rejected


def _token(call: Call) -> tuple[str, int]:
    """Return the token of an app: the same while half an hour of it is left."""
    app = _app(call)
    check_rate(call, app.app_id)
    tokens = call.emulator.tokens
    for token, (owner, expires) in reversed(tokens.items()):
        if owner == app.app_id and expires - call.now >= KEEP:
            return token, int(expires - call.now)
    token = fresh("t-g1", 38)
    tokens[token] = (app.app_id, call.now + LIFETIME)
    return token, int(LIFETIME)


def tenant_token(call: Call) -> Json:
    """Answer with the tenant token, flat."""
    token, expire = _token(call)
    return {"tenant_access_token": token, "expire": expire}


def app_token(call: Call) -> Json:
    """Answer with the app token, which of a custom app is the tenant token."""
    token, expire = _token(call)
    return {"app_access_token": token, "tenant_access_token": token, "expire": expire}


ENDPOINTS = (
    Endpoint("POST", f"{BASE}tenant_access_token/internal", tenant_token, public=True),
    Endpoint("POST", f"{BASE}app_access_token/internal", app_token, public=True),
)
