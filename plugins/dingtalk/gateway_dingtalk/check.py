"""What a check of the credential tells, line by line.

The platform has no API that lists an application's permissions: each is tried by a call that
changes nothing and shows nothing to anybody, and what cannot be tried is `unknown`.
"""

import uuid
from collections.abc import Mapping
from dataclasses import replace

import httpx

from gateway.plugin import Check, DeliveryError, ScopeMissingError

from . import check_application, check_variables, probes
from .checking import Asked, failed
from .client import Client
from .codes_message import ROBOT_CODES
from .credential import DingTalkCredential
from .editions import CARD_PLATFORM, CONSOLE, apply_url
from .probes import Probe
from .scopes import APPS, ASKED, BASE, CARDS, OPTIONAL, ROBOT, Scope

TEMPLATE_ENDING = ".schema"
_BEHIND_THE_GATE = frozenset(row.code for row in ROBOT_CODES)
"""Who is told of a robot has passed the permission for it."""
_DENIED = frozenset({"60011", "Forbidden.AccessDenied.AccessTokenPermissionDenied"})
_WRONG_TEMPLATE = frozenset({"param.templateNotExist", "param.templateUnpublished", "param.empty"})


async def run(client: Client, credential: DingTalkCredential) -> list[Check]:
    """Ask the platform in the order in which an admin would mend what is missing.

    Without a token there is nothing else to ask; any other failure ends its own line only.
    """
    token = await _token(client)
    if token.state != "ok":
        return [token]
    asked = Asked(client, credential)
    tried = {probe.scope.name: await _tried(asked, probe) for probe in probes.PROBES}
    tried[BASE.name] = None  # without it there would be no token
    seen = await check_application.look(asked, tried[ROBOT.name])
    tried[APPS.name] = seen.listed
    template = await _template(asked)
    return [
        token,
        *await check_application.lines(asked, seen),
        template,
        *await check_variables.lines(asked, template),
        *(_scope(asked, scope, tried, template) for scope in (*ASKED, *OPTIONAL)),
    ]


async def _token(client: Client) -> Check:
    try:
        await client.tokens.get()
    except (DeliveryError, httpx.HTTPError) as error:
        line = failed(Check("token", "AppKey and AppSecret", "error"), error)
        return replace(line, state="error")  # what was not proved does not count as proved
    detail = "The platform issued a token."
    return Check("token", "AppKey and AppSecret", "ok", detail=detail)


async def _template(asked: Asked) -> Check:
    """Make a card that is delivered to nobody: it proves that the template is published."""
    template = asked.credential.card_template_id
    wanted = ("cards", "callbacks")
    given = template is not None
    line = Check("card_template", "Card template", "ok", required=given, features=wanted)
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
    lost = failed(line, error)
    if getattr(error, "provider_code", None) not in _WRONG_TEMPLATE:
        return lost
    hint = "" if template.endswith(TEMPLATE_ENDING) else " Template IDs end with .schema."
    return replace(lost, detail=lost.detail + hint, fix_url=CARD_PLATFORM)


async def _tried(asked: Asked, probe: Probe) -> Exception | None:
    """Return what the call of a permission ended in, or None where it proves the permission."""
    try:
        await probe.call(asked.client, asked.credential)
    except DeliveryError as error:
        return None if error.provider_code in probe.passes else error
    except httpx.HTTPError as error:
        return error
    return None


def _scope(
    asked: Asked, scope: Scope, tried: Mapping[str, Exception | None], template: Check
) -> Check:
    needed = scope is CARDS and template.required
    line = Check(
        f"scope:{scope.name}",
        scope.title,
        "ok",
        required=scope.required or needed,
        features=scope.features,
    )
    if scope.name not in tried:
        said = f"{scope.reason} The platform does not tell whether it is granted."
        return replace(line, state="unknown", detail=said)
    error = tried[scope.name]
    if error is None or getattr(error, "provider_code", None) in _BEHIND_THE_GATE:
        return replace(line, detail=scope.reason)
    if isinstance(error, ScopeMissingError):
        own = apply_url(asked.credential.app_key, scope.name)
        return _missing(line, scope, error, own)
    return replace(failed(line, error), state="unknown")


def _missing(line: Check, scope: Scope, error: ScopeMissingError, own: str) -> Check:
    """Say that it is missing, if it is this one; an address that is not allowed is another."""
    unnamed = not error.scopes and error.provider_code in _DENIED
    if scope.name not in error.scopes and not unnamed:
        return failed(line, error)
    detail = f"{scope.reason} {error.message}"
    fix = error.fix_url if error.fix_url not in (None, CONSOLE) else own
    code = error.provider_code
    return replace(line, state="missing", detail=detail, provider_code=code, fix_url=fix)
