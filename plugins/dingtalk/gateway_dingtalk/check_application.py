"""What a check tells of the application: its chatbot, its version, its numbers, whom it may see."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import httpx

from gateway.plugin import Check, CredentialError, DeliveryError, ScopeMissingError

from .checking import Asked, failed
from .client import items, mapping
from .editions import CONSOLE
from .notices import PROGRESS
from .scopes import APPS, ROBOT

APPS_PATH = "/v1.0/microApp/allInnerApps"
CONTACTS_PATH = "/auth/scopes"
NO_TASK = 1
WRONG_AGENT = "40056"
NO_ROBOT = frozenset({"invalidParameter.robotCode.notExsit", "invalidParameter.robotCode.notExist"})
EVERYBODY = 1
"""The department that all the others are in."""
ENABLED = 1

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """What was learned of the application.

    Attributes:
        robot: What the call in the chatbot's name ended in, None where it may send.
        listed: What the list of applications ended in, None where it could be read.
        row: The application's row in it.
    """

    robot: Exception | None
    listed: Exception | None = None
    row: Row | None = None

    @property
    def listed_robot(self) -> str | None:
        """The chatbot that the list names."""
        found = mapping((self.row or {}).get("robotInfo")).get("robotCode")
        return found if isinstance(found, str) else None


async def look(asked: Asked, robot: Exception | None) -> Seen:
    """Find the application among those of the organisation, where they may be read."""
    try:
        answer = await asked.client.get(APPS_PATH, purpose="check")
    except (DeliveryError, httpx.HTTPError) as error:
        return Seen(robot, listed=error)
    rows = items(answer.body.get("appList"))
    return Seen(robot, row=next((row for row in rows if _is(asked, row)), None))


async def lines(asked: Asked, seen: Seen) -> list[Check]:
    """Compare the configuration with what was learned."""
    told = [_robot(asked, seen), _publication(seen)]
    if asked.own("agent_id"):
        told.append(await _agent(asked, seen))
    if asked.own("app_id"):
        told.append(_app_id(asked, seen))
    return [*told, await _contacts(asked)]


def _is(asked: Asked, row: Row) -> bool:
    agent = asked.own("agent_id")
    if agent:
        return str(row.get("agentId")) == agent
    return mapping(row.get("robotInfo")).get("robotCode") == asked.credential.robot_code


def _robot(asked: Asked, seen: Seen) -> Check:
    """Judge the chatbot code by the call that would send, but to nobody."""
    line = Check("robot", "Chatbot code", "ok", detail="The chatbot can send.")
    code, tried = asked.credential.robot_code, seen.robot
    if tried is not None and not isinstance(tried, ScopeMissingError):
        lost = failed(line, tried)
        return lost if isinstance(tried, CredentialError) else replace(lost, state="unknown")
    if seen.listed_robot not in (None, code):
        detail = f"The application's chatbot is {seen.listed_robot}, not {code}."
        return replace(line, state="error", detail=detail, fix_url=CONSOLE)
    if tried is None:
        return line
    same = code == asked.credential.app_key
    detail = "It is the AppKey, as for most applications." if same else "It is not the AppKey."
    said = f"{detail} Only with the permission {ROBOT.name} can it be tried."
    return replace(line, state="unknown", detail=said)


def _publication(seen: Seen) -> Check:
    """Judge by the chatbot, which is there only in a published version."""
    line = Check("publication", "Published version", "unknown", required=False)
    if seen.robot is None:
        return replace(line, state="ok", detail="The chatbot is there, as a version is published.")
    unknown = getattr(seen.robot, "provider_code", None) in NO_ROBOT
    if unknown and seen.row is not None and seen.listed_robot is None:
        detail = "The application has no published version with a chatbot."
        return replace(line, state="missing", detail=detail, fix_url=CONSOLE)
    detail = "Only a chatbot that answers proves that a version is published."
    return replace(line, detail=detail, fix_url=CONSOLE)


async def _agent(asked: Asked, seen: Seen) -> Check:
    needed = asked.credential.person_messages == "work_notice"
    line = Check("agent", "Agent ID", "ok", required=needed)
    if seen.listed is not None:
        return await _tried_agent(asked, line, seen.listed)
    if seen.row is None:
        detail = "No application of the organisation has this Agent ID."
        return replace(line, state="error", detail=detail, fix_url=CONSOLE)
    if seen.row.get("appStatus") != ENABLED:
        detail = "The application is disabled."
        return replace(line, state="missing", detail=detail, fix_url=CONSOLE)
    return replace(line, detail=f"The application is {seen.row.get('name', 'enabled')}.")


async def _tried_agent(asked: Asked, line: Check, unread: Exception) -> Check:
    """Ask after a work notice that nobody sent: a refusal of the number is a sure sign."""
    question = {"agent_id": int(asked.own("agent_id")), "task_id": NO_TASK}
    try:
        await asked.client.ask(PROGRESS, question, purpose="check")
    except (DeliveryError, httpx.HTTPError) as error:
        if getattr(error, "provider_code", None) == WRONG_AGENT:
            return replace(failed(line, error), detail="The application has another Agent ID.")
    said = f"The platform did not refuse it, but only with {APPS.name} can it be compared."
    return replace(failed(line, unread), state="unknown", detail=said)


def _app_id(asked: Asked, seen: Seen) -> Check:
    line = Check("app", "App ID", "ok", required=False, detail="The application has this App ID.")
    if seen.listed is not None:
        return replace(failed(line, seen.listed), state="unknown")
    listed = (seen.row or {}).get("unifiedAppId")
    if listed == asked.own("app_id"):
        return line
    detail = f"The platform lists the application as {listed or 'none'}; no call depends on it."
    return replace(line, state="unknown", detail=detail)


async def _contacts(asked: Asked) -> Check:
    """Tell whom the application may find ("Queries the address book scope")."""
    features = ("resolve", "directory")
    line = Check("contacts", "Contact range", "ok", required=False, features=features)
    try:
        answer = await asked.client.look(CONTACTS_PATH, purpose="resolve")
    except (DeliveryError, httpx.HTTPError) as error:
        return replace(failed(line, error), state="unknown")
    found = mapping(answer.body.get("auth_org_scopes"))
    departments, people = _count(found, "authed_dept"), _count(found, "authed_user")
    if EVERYBODY in departments:
        return replace(line, detail="Everybody in the organisation can be found.")
    if not departments and not people:
        detail = "It is empty, so that nobody can be found. Set it to all members."
        return replace(line, state="missing", detail=detail, fix_url=CONSOLE)
    detail = (
        f"It holds {len(departments)} departments and {len(people)} people; nobody else can be "
        "found."
    )
    return replace(line, detail=detail)


def _count(found: Mapping[str, Any], name: str) -> list[Any]:
    value = found.get(name)
    return value if isinstance(value, list) else []
