"""What a check of the credential tells, line by line."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import httpx

from gateway.plugin import (
    Check,
    CheckState,
    DeliveryError,
    RateLimitedError,
    ScopeMissingError,
    TemporaryError,
    UncertainError,
)

from . import lookup
from .client import Client, items, mapping, texts
from .platform import console_url, quick_add_url
from .scopes import SCOPES, Scope

BOT_PATH = "/open-apis/bot/v3/info"
APPLICATION_PATH = "/open-apis/application/v6/applications/me?lang=en_us"
SCOPES_PATH = "/open-apis/application/v6/scopes"
TENANT_PATH = "/open-apis/tenant/v2/tenant/query"
PROBE = "nobody@gateway.invalid"
"""An address that nobody can have (RFC 2606)."""

UNKNOWN_APPLICATION = 10014
_PASSING = (RateLimitedError, TemporaryError, UncertainError, httpx.HTTPError)

BOT_STATES = {
    0: "The bot is being set up.",
    1: "The bot was stopped by the organisation's admin.",
    2: "The bot is on.",
    3: "The bot is installed but not enabled.",
    4: "The bot waits for an upgrade.",
    5: "The application's licence has expired.",
    6: "The application's plan has ended.",
}
BOT_ON = 2
APPLICATION_STATES = {
    0: "The application was stopped.",
    1: "The application is enabled.",
    2: "The application is not enabled.",
}
APPLICATION_ON = 1
GRANTED = 1


@dataclass(slots=True)
class _Links:
    """The console's pages of one application."""

    client: Client

    def page(self, name: str) -> str:
        """Return a page of the console."""
        application = self.client.application
        return console_url(application.api_base, application.app_id, name)

    def scope(self, name: str) -> str:
        """Return the page that adds one permission."""
        application = self.client.application
        return quick_add_url(application.api_base, application.app_id, (name,))


async def run(client: Client, *, organization: str | None) -> list[Check]:
    """Ask the platform in the order in which an admin would mend what is missing.

    Without a token there is nothing else to ask; any other failure ends its own line only.
    """
    token = await _token(client)
    if token.state != "ok":
        return [token]
    links = _Links(client)
    bot = await _bot(client, links)
    application, waiting = await _application(client, links)
    return [
        token,
        *bot,
        *application,
        *await _scopes(client, links, waiting=waiting),
        await _organization(client, links, organization),
        await _lookup(client, links),
    ]


async def _token(client: Client) -> Check:
    try:
        await client.tokens.get()
    except (DeliveryError, httpx.HTTPError) as error:
        line = _failed("token", "App ID and App Secret", error, hint=_hint(client, error))
        return replace(line, state="error")  # what was not proved does not count as proved
    return Check("token", "App ID and App Secret", "ok", detail="The platform issued a token.")


def _hint(client: Client, error: Exception) -> str:
    """Name the other brand where the application may live there; nothing is tried on it."""
    if getattr(error, "provider_code", None) != str(UNKNOWN_APPLICATION):
        return ""
    twin = client.application.platform.twin
    return f"If the application was created on {twin}, use the channel type for {twin}."


async def _bot(client: Client, links: _Links) -> list[Check]:
    try:
        answer = await client.get(BOT_PATH, purpose="check")
    except (DeliveryError, httpx.HTTPError) as error:
        return [_failed("bot", "Bot", error)]
    bot = mapping(answer.body.get("bot"))
    status = bot.get("activate_status")
    if status == BOT_ON:
        lines = [Check("bot", "Bot", "ok", detail=BOT_STATES[BOT_ON])]
    else:
        said = BOT_STATES.get(status, "The bot's state is unknown.")  # type: ignore[arg-type]
        detail = f"{said} Add the Bot feature and publish a version."
        lines = [Check("bot", "Bot", "missing", detail=detail, fix_url=links.page("bot"))]
    return lines + _ip_allowlist(bot, links)


def _ip_allowlist(bot: Mapping[str, Any], links: _Links) -> list[Check]:
    addresses = texts(bot.get("ip_white_list"))
    if not addresses:
        return []
    detail = (
        f"Only these addresses may call: {', '.join(addresses)}. This call came from one of them; "
        "every other address of the gateway has to be listed too."
    )
    safe = links.page("safe")
    return [
        Check("ip_allowlist", "IP allow-list", "ok", required=False, detail=detail, fix_url=safe)
    ]


async def _application(client: Client, links: _Links) -> tuple[list[Check], bool]:
    """Return the lines of the application, and whether a version waits to be published."""
    try:
        answer = await client.get(APPLICATION_PATH, purpose="check")
    except (DeliveryError, httpx.HTTPError) as error:
        labels = (("application", "Application"), ("publication", "Published version"))
        return [_failed(id_, label, error, required=False) for id_, label in labels], False
    app = mapping(answer.data.get("app"))
    waiting = bool(app.get("unaudit_version_id")) or not app.get("online_version_id")
    return [_status(app, links), _publication(app, links)], waiting


def _status(app: Mapping[str, Any], links: _Links) -> Check:
    status = app.get("status")
    state: CheckState = "ok" if status == APPLICATION_ON else "missing"
    said = APPLICATION_STATES.get(status, "The application's state is unknown.")  # type: ignore[arg-type]
    fix = None if state == "ok" else links.page("version")
    return Check("application", "Application", state, detail=said, fix_url=fix)


def _publication(app: Mapping[str, Any], links: _Links) -> Check:
    id_, label = "publication", "Published version"
    waiting = bool(app.get("unaudit_version_id"))
    if not app.get("online_version_id"):
        said = "A version waits for review." if waiting else "No version has been published yet."
        line = Check(id_, label, "missing", detail=said, fix_url=links.page("version"))
        return replace(line, pending_review=waiting)
    if waiting:
        said = "A version is published; a newer one waits for review and does not count yet."
        line = Check(id_, label, "ok", detail=said, fix_url=links.page("version"))
        return replace(line, pending_review=True)
    return Check(id_, label, "ok", detail="A version is published.")


async def _scopes(client: Client, links: _Links, *, waiting: bool) -> list[Check]:
    offered = [s for s in SCOPES if s.name not in client.application.platform.unavailable]
    try:
        answer = await client.get(SCOPES_PATH, purpose="check")
    except (DeliveryError, httpx.HTTPError) as error:
        lines = (_failed(f"scope:{s.name}", s.name, error, required=s.required) for s in offered)
        return [replace(row, features=s.features) for row, s in zip(lines, offered, strict=True)]
    rows = items(answer.data.get("scopes"))
    granted = {str(r.get("scope_name")) for r in rows if r.get("grant_status") == GRANTED}
    return [_scope(scope, granted, links, waiting=waiting) for scope in offered]


def _scope(scope: Scope, granted: set[str], links: _Links, *, waiting: bool) -> Check:
    line = Check(
        f"scope:{scope.name}",
        scope.name,
        "ok",
        required=scope.required,
        detail=scope.reason,
        features=scope.features,
    )
    if any(_holds(granted, name) for name in (scope.name, *scope.implied_by)):
        return line
    said, fix = "Not granted.", links.scope(scope.name)
    if waiting:
        # The platform lists what is not granted without telling what was saved.
        said = "Not granted; if it was saved, its version is not published yet."
        fix = links.page("version")
    return replace(line, state="missing", detail=f"{scope.reason} {said}", fix_url=fix)


def _holds(names: set[str], name: str) -> bool:
    """Tell whether a permission is listed; the platform leaves out a `contact:` prefix at times."""
    return name in names or name.removeprefix("contact:") in names


async def _organization(client: Client, links: _Links, wanted: str | None) -> Check:
    id_, label = "organization", "Organization"
    try:
        answer = await client.get(TENANT_PATH, purpose="check")
    except (DeliveryError, httpx.HTTPError) as error:
        return _failed(id_, label, error, required=False)
    name = str(mapping(answer.data.get("tenant")).get("name", ""))
    if wanted is None or " ".join(wanted.split()).casefold() == " ".join(name.split()).casefold():
        detail = f"The application belongs to {name}."
        return Check(id_, label, "ok", required=wanted is not None, detail=detail)
    detail = f"The application belongs to {name}, not to {wanted}."
    return Check(id_, label, "error", detail=detail, fix_url=links.page("baseinfo"))


async def _lookup(client: Client, links: _Links) -> Check:
    """Look up nobody, which costs no quota and proves that somebody could be."""
    id_, label = "lookup", "Looking up people"
    body = {"emails": [PROBE], "mobiles": [], "include_resigned": False}
    try:
        await client.post(lookup.PATH, body, purpose="resolve")
    except ScopeMissingError as error:
        fix = error.fix_url or links.scope("contact:user.id:readonly")
        line = _failed(id_, label, error, required=False, fix_url=fix)
    except (DeliveryError, httpx.HTTPError) as error:
        line = _failed(id_, label, error, required=False)
    else:
        detail = "People can be found by e-mail address and mobile number."
        line = Check(id_, label, "ok", required=False, detail=detail)
    return replace(line, features=("resolve",))


def _failed(  # noqa: PLR0913 - one line's worth of facts
    id_: str,
    label: str,
    error: Exception,
    *,
    required: bool = True,
    hint: str = "",
    fix_url: str | None = None,
) -> Check:
    """Write the line of a call that failed."""
    state: CheckState = "unknown" if isinstance(error, _PASSING) else "error"
    if not isinstance(error, DeliveryError):
        said = f"The platform did not answer: {type(error).__name__}."
        return Check(id_, label, state, required=required, detail=said)
    if isinstance(error, ScopeMissingError):
        state = "missing"
    detail = f"{error.message} {hint}".strip()
    return Check(
        id_,
        label,
        state,
        required=required,
        detail=detail,
        provider_code=error.provider_code,
        fix_url=fix_url or error.fix_url,
    )
