"""What a check of the credential tells, line by line.

The platform has no API that lists an application's permissions: each is tried by a call that
changes nothing and shows nothing to anybody, and what cannot be tried is `unknown`.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import httpx

from gateway.plugin import (
    Check,
    CheckState,
    CredentialError,
    DeliveryError,
    RateLimitedError,
    ScopeMissingError,
    TemporaryError,
    UncertainError,
)

from . import probes
from .client import Client, items, mapping
from .codes_message import ROBOT_CODES
from .credential import DingTalkCredential
from .editions import CARD_PLATFORM, CONSOLE, apply_url
from .probes import Probe
from .scopes import ASKED, BASE, CARDS, ROBOT, Scope

APPS_PATH = "/v1.0/microApp/allInnerApps"
TEMPLATE_ENDING = ".schema"
ENABLED = 1
_PASSING = (RateLimitedError, TemporaryError, UncertainError, httpx.HTTPError)
_BEHIND_THE_GATE = frozenset(row.code for row in ROBOT_CODES)
"""Who is told of a robot has passed the permission for it."""
_DENIED = frozenset({"60011", "Forbidden.AccessDenied.AccessTokenPermissionDenied"})
_WRONG_TEMPLATE = frozenset({"param.templateNotExist", "param.templateUnpublished", "param.empty"})

Found = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who is checked."""

    client: Client
    credential: DingTalkCredential

    def own(self, name: str) -> str:
        """Return a field that not every edition has."""
        return str(getattr(self.credential, name, None) or "")


async def run(client: Client, credential: DingTalkCredential) -> list[Check]:
    """Ask the platform in the order in which an admin would mend what is missing.

    Without a token there is nothing else to ask; any other failure ends its own line only.
    """
    token = await _token(client)
    if token.state != "ok":
        return [token]
    asked = _Asked(client, credential)
    tried = {probe.scope.name: await _tried(asked, probe) for probe in probes.PROBES}
    tried[BASE.name] = None  # without it there would be no token
    template = await _template(asked)
    return [
        token,
        *await _application(asked, tried[ROBOT.name]),
        template,
        *(_scope(asked, scope, tried, template) for scope in ASKED),
    ]


async def _token(client: Client) -> Check:
    try:
        await client.tokens.get()
    except (DeliveryError, httpx.HTTPError) as error:
        line = _failed(Check("token", "AppKey and AppSecret", "error"), error)
        return replace(line, state="error")  # what was not proved does not count as proved
    detail = "The platform issued a token."
    return Check("token", "AppKey and AppSecret", "ok", detail=detail)


async def _application(asked: _Asked, robot: Exception | None) -> list[Check]:
    """Compare the configuration with the organisation's applications, where they may be read."""
    try:
        answer = await asked.client.get(APPS_PATH, purpose="check")
    except (DeliveryError, httpx.HTTPError) as error:
        return [_robot(asked, None, robot), *_unread(asked, error)]
    rows = items(answer.body.get("appList"))
    found = next((row for row in rows if _is(asked, row)), None)
    return [_robot(asked, found, robot), *_told(asked, found)]


def _is(asked: _Asked, row: Found) -> bool:
    agent = asked.own("agent_id")
    if agent:
        return str(row.get("agentId")) == agent
    return mapping(row.get("robotInfo")).get("robotCode") == asked.credential.robot_code


def _robot(asked: _Asked, row: Found | None, tried: Exception | None) -> Check:
    """Judge the chatbot code by the call that would send, but to nobody."""
    line = Check("robot", "Chatbot code", "ok", detail="The chatbot can send.")
    if tried is not None and not isinstance(tried, ScopeMissingError):
        failed = _failed(line, tried)
        return failed if isinstance(tried, CredentialError) else replace(failed, state="unknown")
    code = asked.credential.robot_code
    listed = mapping((row or {}).get("robotInfo")).get("robotCode")
    if listed is not None and listed != code:
        detail = f"The application's chatbot is {listed}, not {code}."
        return replace(line, state="error", detail=detail, fix_url=CONSOLE)
    if isinstance(tried, ScopeMissingError):
        same = code == asked.credential.app_key
        detail = "It is the AppKey, as for most applications." if same else "It is not the AppKey."
        said = f"{detail} Only with the permission {ROBOT.name} can it be tried."
        return replace(line, state="unknown", detail=said)
    return line


def _unread(asked: _Asked, error: Exception) -> list[Check]:
    """Tell that the applications could not be read, of each field that asks for it."""
    lines = []
    for id_, label in (("agent", "Agent ID"), ("app", "App ID")):
        if asked.own(f"{id_}_id"):
            failed = _failed(Check(id_, label, "unknown", required=False), error)
            lines.append(replace(failed, state="unknown"))
    return lines


def _told(asked: _Asked, row: Found | None) -> list[Check]:
    lines = []
    if asked.own("agent_id"):
        lines.append(_agent(row))
    if asked.own("app_id"):
        lines.append(_app_id(asked, row))
    return lines


def _agent(row: Found | None) -> Check:
    line = Check("agent", "Agent ID", "ok", required=False, fix_url=None)
    if row is None:
        detail = "No application of the organisation has this Agent ID."
        return replace(line, state="error", detail=detail, fix_url=CONSOLE)
    if row.get("appStatus") != ENABLED:
        detail = "The application is disabled."
        return replace(line, state="missing", detail=detail, fix_url=CONSOLE)
    return replace(line, detail=f"The application is {row.get('name', 'enabled')}.")


def _app_id(asked: _Asked, row: Found | None) -> Check:
    line = Check("app", "App ID", "ok", required=False, detail="The application has this App ID.")
    listed = (row or {}).get("unifiedAppId")
    if listed == asked.own("app_id"):
        return line
    detail = f"The platform lists the application as {listed or 'none'}; no call depends on it."
    return replace(line, state="unknown", detail=detail)


async def _template(asked: _Asked) -> Check:
    """Make a card that is delivered to nobody: it proves that the template is published."""
    template = asked.credential.card_template_id
    line = Check("card_template", "Card template", "ok", required=template is not None)
    if template is None:
        said = "None is given: notifications go out as plain messages of the chatbot."
        return replace(line, detail=said)
    body = {
        "cardTemplateId": template,
        "outTrackId": f"check-{uuid.uuid4().hex}",
        "cardData": {"cardParamMap": {"title": "check"}},
        "imRobotOpenSpaceModel": {"supportForward": True},
    }
    try:
        answer = await asked.client.post(probes.CARDS_PATH, body, purpose="check")
        answer.succeeded()
    except (DeliveryError, httpx.HTTPError) as error:
        return _bad_template(line, error, template)
    return replace(line, detail="The template is published; a card of it was made for nobody.")


def _bad_template(line: Check, error: Exception, template: str) -> Check:
    failed = _failed(line, error)
    if getattr(error, "provider_code", None) not in _WRONG_TEMPLATE:
        return failed
    hint = "" if template.endswith(TEMPLATE_ENDING) else " Template IDs end with .schema."
    return replace(failed, detail=failed.detail + hint, fix_url=CARD_PLATFORM)


async def _tried(asked: _Asked, probe: Probe) -> Exception | None:
    """Return what the call of a permission ended in, or None where it proves the permission."""
    try:
        await probe.call(asked.client, asked.credential)
    except DeliveryError as error:
        return None if error.provider_code in probe.passes else error
    except httpx.HTTPError as error:
        return error
    return None


def _scope(
    asked: _Asked, scope: Scope, tried: Mapping[str, Exception | None], template: Check
) -> Check:
    needed = scope is CARDS and template.required
    line = Check(f"scope:{scope.name}", scope.title, "ok", required=scope.required or needed)
    if scope.name not in tried:
        said = f"{scope.reason} The platform does not tell whether it is granted."
        return replace(line, state="unknown", detail=said)
    error = tried[scope.name]
    if error is None or getattr(error, "provider_code", None) in _BEHIND_THE_GATE:
        return replace(line, detail=scope.reason)
    if isinstance(error, ScopeMissingError):
        own = apply_url(asked.credential.app_key, scope.name)
        return _missing(line, scope, error, own)
    return replace(_failed(line, error), state="unknown")


def _missing(line: Check, scope: Scope, error: ScopeMissingError, own: str) -> Check:
    """Say that it is missing, if it is this one; an address that is not allowed is another."""
    unnamed = not error.scopes and error.provider_code in _DENIED
    if scope.name not in error.scopes and not unnamed:
        return _failed(line, error)
    detail = f"{scope.reason} {error.message}"
    fix = error.fix_url if error.fix_url not in (None, CONSOLE) else own
    code = error.provider_code
    return replace(line, state="missing", detail=detail, provider_code=code, fix_url=fix)


def _failed(line: Check, error: Exception) -> Check:
    """Write the line of a call that failed."""
    state: CheckState = "unknown" if isinstance(error, _PASSING) else "error"
    if not isinstance(error, DeliveryError):
        said = f"The platform did not answer: {type(error).__name__}."
        return replace(line, state=state, detail=said)
    return replace(
        line,
        state="missing" if isinstance(error, ScopeMissingError) else state,
        detail=error.message,
        provider_code=error.provider_code,
        fix_url=error.fix_url,
    )
