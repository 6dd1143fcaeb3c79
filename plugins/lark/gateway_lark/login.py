"""Who logs in: the platform's page, and its code in exchange for a name.

Only who somebody is gets asked for: the login asks people for no permission of theirs, and the
token that comes of it is used once and dropped.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from gateway.plugin import Identity, LoggedIn, UncertainError

from .client import Answer, Application, Client

PAGE = "/open-apis/authen/v1/authorize"
EXCHANGE = "/open-apis/authen/v2/oauth/token"
WHO = "/open-apis/authen/v1/user_info"
PURPOSE = "login"
TOKEN = "token"  # noqa: S105 - a purpose: whoever makes codes up spends nothing of the quota


def page(application: Application, redirect_uri: str, state: str) -> str:
    """Return where people log in ("Obtain OAuth code").

    A deployment of its own has the page beside its API.
    """
    platform = application.platform
    own = application.api_base != platform.api_base
    asked = {
        "client_id": application.app_id,
        "response_type": "code",
        "redirect_uri": redirect_uri,
        "state": state,
    }
    base = application.api_base if own else platform.accounts_base
    return f"{base}{PAGE}?{urlencode(asked, quote_via=quote)}"


async def identify(client: Client, code: str, redirect_uri: str) -> LoggedIn:
    """Return whose code it is ("Get user_access_token", "Get user information").

    Raises:
        ContentError: The code is none, used or too old.
        RecipientError: The person may not use the application, or has left.
    """
    answer = await client.call_plainly(
        "GET", WHO, purpose=PURPOSE, token=await _token(client, code, redirect_uri)
    )
    told = answer.data
    open_id = _text(told, "open_id")
    if open_id is None:
        raise UncertainError("The platform did not say who logged in.", **_facts(answer))
    return LoggedIn(
        Identity(open_id, "open_id"),
        others=tuple(
            Identity(name, kind) for kind in ("union_id", "user_id") if (name := _text(told, kind))
        ),
        email=_text(told, "enterprise_email") or _text(told, "email"),
        mobile=_text(told, "mobile"),
    )


async def _token(client: Client, code: str, redirect_uri: str) -> str:
    application = client.application
    body = {
        "grant_type": "authorization_code",
        "client_id": application.app_id,
        "client_secret": application.secret,
        "code": code,
        "redirect_uri": redirect_uri,
    }
    answer = await client.call_plainly("POST", EXCHANGE, purpose=TOKEN, body=body, hidden=code)
    # The page of an older version shows the same answer inside `data`.
    token = _text(answer.body, "access_token") or _text(answer.data, "access_token")
    if token is None:
        raise UncertainError("The platform gave no token for the code.", **_facts(answer))
    return token


def _facts(answer: Answer) -> Mapping[str, Any]:
    return {"http_status": answer.http_status, "log_id": answer.log_id}


def _text(found: Mapping[str, Any], name: str) -> str | None:
    value = found.get(name)
    return value if isinstance(value, str) and value else None
