"""Tokens of internal apps, of both generations.

Documentation: "obtain-the-access-token-of-an-internal-app", "api-gettoken" and
"obtain-orgapp-token".
"""

from .call import Call
from .codes import RejectedError
from .gate import Endpoint, check_rate
from .ids import fresh
from .model import App, Json, Token

LIFETIME = 7200.0


def _app(call: Call, key: object, secret: object, code: str | int) -> App:
    app = call.emulator.apps.get(str(key))
    if app is None or app.app_secret != secret or not app.enabled:
        raise RejectedError(code)
    return app


def _token(call: Call, app: App, *, old: bool = False) -> str:
    """Return the token of an app: while it is valid the same again, renewed."""
    check_rate(call, app.app_key)
    old = old and not call.emulator.one_token
    for token in call.emulator.tokens.values():
        if token.app_key == app.app_key and token.old == old and token.expires > call.now:
            token.expires = call.now + LIFETIME
            return token.value
    value = fresh()
    call.emulator.tokens[value] = Token(value, app.app_key, call.now + LIFETIME, old)
    return value


def access_token(call: Call) -> Json:
    """Answer with the app's token."""
    key, secret = call.text("appKey"), call.text("appSecret")
    token = _token(call, _app(call, key, secret, "invalidClientIdOrSecret"))
    return {"accessToken": token, "expireIn": int(LIFETIME)}


def corp_token(call: Call) -> Json:
    """Answer with the app's token for an organisation, asked for in the OAuth manner."""
    if call.path("corp_id") != call.emulator.corp_id:
        raise RejectedError("unknownError")
    if call.text("grant_type") != "client_credentials":
        raise RejectedError("unsupported.grant.type")
    app = _app(call, call.text("client_id"), call.text("client_secret"), "invalid.client")
    return {"access_token": _token(call, app), "expires_in": int(LIFETIME)}


def get_token(call: Call) -> Json:
    """Answer with a token of the old API, which reads its query only."""
    key = call.query.get("appkey")
    if not key:
        raise RejectedError(40035, "缺少参数 corpid or appkey")
    app = _app(call, key, call.query.get("appsecret"), 40096)
    return {"access_token": _token(call, app, old=True), "expires_in": int(LIFETIME)}


ENDPOINTS = (
    Endpoint("POST", "/v1.0/oauth2/accessToken", access_token, public=True),
    Endpoint("POST", "/v1.0/oauth2/{corp_id}/token", corp_token, public=True),
    Endpoint("GET", "/gettoken", get_token, public=True),
)
