"""Whether the card template has the variables that our cards fill in, where the platform tells.

The look-up is meant for makers of applications for others: an organization's own application is
mostly refused, which proves nothing. How it tells the variables is UNCONFIRMED, so that what is
not understood counts as not told.
"""

import json
from collections.abc import Mapping

import httpx

from gateway.plugin import Check, CheckState, DeliveryError

from .cards import VARIABLES
from .checking import Asked
from .client import items
from .editions import CARD_PLATFORM

PATH = "/v1.0/card/templates/lists/query"
LIST = "commonVariableList"
_FEATURES = ("cards", "callbacks")


async def lines(asked: Asked, template: Check) -> list[Check]:
    """Compare the template's variables with ours, once it is known to be published."""
    given = asked.credential.card_template_id
    if given is None or template.state != "ok":
        return []
    return [_compared(await _told(asked, given))]


async def _told(asked: Asked, template: str) -> Mapping[str, str] | None:
    """Return the types of the template's variables by name; None where it is not told."""
    body = {"templateIds": [template]}
    try:
        answer = await asked.client.post(PATH, body, purpose="check")
    except (DeliveryError, httpx.HTTPError):
        return None
    rows = items(answer.body.get("data"))
    mine = next((row for row in rows if row.get("templateId") == template), {})
    return variables_in(mine.get(LIST))


def variables_in(told: object) -> Mapping[str, str] | None:
    """Read a list of variables, or the JSON of one; None where it is neither."""
    if isinstance(told, str):
        try:
            told = json.loads(told)
        except ValueError:
            return None
    if not isinstance(told, list) or not all(isinstance(each, dict) for each in told):
        return None
    named = {str(each.get("name") or each.get("id")): each for each in told}
    return {name: str(each.get("type") or "") for name, each in named.items()} or None


def _compared(told: Mapping[str, str] | None) -> Check:
    line = _line("ok", f"It has all {len(VARIABLES)} that our cards fill in.")
    if told is None:
        return _line("unknown", "The platform does not tell this application of them.")
    lacks = [name for name in VARIABLES if name not in told]
    if lacks:
        said = f"It lacks {', '.join(lacks)}: what these would say is not shown."
        return _line("missing", said)
    wrong = [name for name, kind in VARIABLES.items() if told[name] not in ("", kind)]
    if wrong:
        types = ", ".join(f"{name} ({told[name]}, not {VARIABLES[name]})" for name in wrong)
        return _line("error", f"Of another type than our cards fill in: {types}.")
    return line


def _line(state: CheckState, detail: str) -> Check:
    return Check(
        "card_template_variables",
        "Variables of the card template",
        state,
        required=False,
        detail=detail,
        fix_url=None if state in ("ok", "unknown") else CARD_PLATFORM,
        features=_FEATURES,
    )
