"""Who logs in: the platform's page, and its code in exchange for a userid.

The platform names an account ("unionid"), which the organisation's own list turns into a member.
The account's e-mail address is whatever its holder wrote there, so that it is no help; its mobile
number is the one the account was proved by.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from gateway.plugin import Identity, LoggedIn, RecipientError, ScopeMissingError

from .asking import ask
from .client import Answer, Application, Client
from .credential import API_BASE
from .editions import apply_url
from .lookup import BY_UNION, UNION, USER
from .scopes import MEMBER, WHO_LOGS_IN

LOGIN_BASE = "https://login.dingtalk.com"
PAGE = "/oauth2/auth"
EXCHANGE = "/v1.0/oauth2/userAccessToken"
WHO = "/v1.0/contact/users/me"
CODE_NAMES = ("authCode", "code")
PURPOSE = "login"
TOKEN = "token"  # noqa: S105 - a purpose: whoever makes codes up spends nothing of the quota

NO_MEMBER = "Who logged in is no member of your organisation, or outside the contact range."
_MEMBER = (0, "0", None)


def page(application: Application, redirect_uri: str, state: str) -> str:
    """Return where people log in ("Obtain the identity of a user who logs in").

    An API at an address of its own has the page beside it.
    """
    asked = {
        "client_id": application.app_key,
        "response_type": "code",
        "scope": "openid",
        "prompt": "consent",
        "redirect_uri": redirect_uri,
        "state": state,
    }
    base = LOGIN_BASE if application.api_base == API_BASE else application.api_base
    return f"{base}{PAGE}?{urlencode(asked, quote_via=quote)}"


async def identify(client: Client, code: str) -> LoggedIn:
    """Return whose code it is, in three calls.

    Raises:
        ContentError: The code is none, used or too old.
        RecipientError: The account is no member of the organisation.
    """
    account = await _account(client, code)
    union_id = account.text("unionId")
    return LoggedIn(
        Identity(await _member(client, union_id), USER),
        others=(Identity(union_id, UNION),),
        mobile=_mobile(account.body),
    )


async def _account(client: Client, code: str) -> Answer:
    """Return the account ("Obtain a user's token", "Obtain a user's personal information")."""
    body = {
        "clientId": client.application.app_key,
        "clientSecret": client.application.secret,
        "code": code,
        "grantType": "authorization_code",
    }
    token = await client.call_plainly("POST", EXCHANGE, purpose=TOKEN, body=body, hidden=code)
    try:
        return await client.call_plainly(
            "GET", WHO, purpose=PURPOSE, token=token.text("accessToken")
        )
    except ScopeMissingError as error:
        if error.scopes:
            raise
        raise ScopeMissingError(
            f"{error.message} It wants: {WHO_LOGS_IN.name}.",
            scopes=(WHO_LOGS_IN.name,),
            provider_code=error.provider_code,
            http_status=error.http_status,
            log_id=error.log_id,
            fix_url=apply_url(client.application.app_key, WHO_LOGS_IN.name),
        ) from error


async def _member(client: Client, union_id: str) -> str:
    """Return the userid of an account, if it is the organisation's own."""
    try:
        answer = await ask(client, BY_UNION, {"unionid": union_id}, MEMBER, purpose="resolve")
    except RecipientError as error:
        raise RecipientError(
            NO_MEMBER,
            provider_code=error.provider_code,
            http_status=error.http_status,
            log_id=error.log_id,
        ) from error
    userid = answer.result.get("userid")
    if not isinstance(userid, str) or not userid:
        raise answer.odd("The answer has no userid.")
    if answer.result.get("contact_type") not in _MEMBER:
        raise RecipientError(NO_MEMBER)
    return userid


def _mobile(account: Mapping[str, Any]) -> str | None:
    """Return the number with its country code, which the platform tells beside it."""
    number, country = account.get("mobile"), account.get("stateCode")
    if not isinstance(number, str) or not number:
        return None
    bare = number.startswith("+") or not isinstance(country, str) or not country
    return number if bare else f"+{country}{number}"
