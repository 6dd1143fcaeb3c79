"""Who logs in: the platform's page, and its code in exchange for a name.

Only who somebody is gets asked for: the login asks people for no permission of theirs, and the
token that comes of it is used once and dropped.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from gateway.plugin import DeliveryError, Identity, LoggedIn, RecipientError, UncertainError

from .client import Answer, Application, Client, mapping

PAGE = "/open-apis/authen/v1/authorize"
EXCHANGE = "/open-apis/authen/v2/oauth/token"
WHO = "/open-apis/authen/v1/user_info"
HOME = "/open-apis/tenant/v2/tenant/query"
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


@dataclass(slots=True)
class Home:
    """The organisation that an application belongs to, asked for once ("Obtain company info")."""

    client: Client
    _key: str | None = None

    async def has(self, key: str) -> bool | None:
        """Tell whether that is its key; None where the application may not ask."""
        if self._key is None:
            try:
                answer = await self.client.get(HOME, purpose=PURPOSE)
            except (DeliveryError, httpx.HTTPError):
                return None
            self._key = _text(mapping(answer.data.get("tenant")), "tenant_key")
        return None if self._key is None else self._key == key


async def identify(client: Client, home: Home, code: str, redirect_uri: str) -> LoggedIn:
    """Return whose code it is ("Get user_access_token", "Get user information").

    What another organisation's admin chose is no proof here: of somebody whose organisation
    cannot be told only the ids count that the platform itself gives out.

    Raises:
        ContentError: The code is none, used or too old.
        RecipientError: The person may not use the application, has left, or is of another
            organisation, with which the application is shared.
    """
    answer = await client.call_plainly(
        "GET", WHO, purpose=PURPOSE, token=await _token(client, code, redirect_uri)
    )
    told, theirs = answer.data, _text(answer.data, "tenant_key")
    is_ours = await home.has(theirs) if theirs else True
    if is_ours is False:
        raise RecipientError("The person belongs to another organisation.", **_facts(answer))
    open_id = _text(told, "open_id")
    if open_id is None:
        raise UncertainError("The platform did not say who logged in.", **_facts(answer))
    who = LoggedIn(Identity(open_id, "open_id"), others=_identities(told, "union_id"))
    return replace(who, **_chosen_there(told)) if is_ours else who


def _chosen_there(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a person's own organisation says of them."""
    return {
        "others": _identities(told, "union_id", "user_id"),
        "email": _text(told, "enterprise_email") or _text(told, "email"),
        "mobile": _text(told, "mobile"),
    }


def _identities(told: Mapping[str, Any], *kinds: str) -> tuple[Identity, ...]:
    return tuple(Identity(name, kind) for kind in kinds if (name := _text(told, kind)))


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
