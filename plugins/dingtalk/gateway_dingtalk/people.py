"""The people in the application's contact range, department by department.

The platform's calls are "Obtain the details of the users in a department", "Obtain the list of
departments" and "Query user details"; none of them counts against the month. Its search by name
does count, and finds neither addresses nor numbers, so that pages are searched here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from gateway.plugin import (
    Clock,
    ContentError,
    DeliveryError,
    Identity,
    Page,
    Person,
    RecipientError,
    UncertainError,
)

from .asking import ask
from .client import Client, items, mapping
from .lookup import DETAILS, LOGIN, UNION, USER, by_union
from .scopes import DEPARTMENT_MEMBERS, DEPARTMENTS, MEMBER, Scope

MEMBERS = "/topapi/v2/user/list", DEPARTMENT_MEMBERS
CHILDREN = "/topapi/v2/department/listsub", DEPARTMENTS

ROOT = "1"
PEOPLE_A_CALL = 40
"""Few enough for an answer to stay small, since each person brings roles and extensions."""
CALLS_A_PAGE = 10
FRESH_FOR = timedelta(minutes=5)

UNKNOWN = (
    "DingTalk knows nobody by this id: the person has left, or is outside the application's "
    "contact range."
)
NO_DEPARTMENT = "60003"
CHANGED = "The directory has changed: begin again without a cursor."


@dataclass(slots=True)
class _Walk:
    """Where a page's search is: the departments down to the present one, and how far into it."""

    query: str
    path: tuple[str, ...]
    offset: int
    calls: int = 0
    people: dict[str, Person] = field(default_factory=dict)

    @property
    def cursor(self) -> str | None:
        return f"{'/'.join(self.path)}:{self.offset}" if self.path else None

    @property
    def full(self) -> bool:
        return len(self.people) >= PEOPLE_A_CALL or self.calls >= CALLS_A_PAGE

    def take(self, rows: Sequence[Mapping[str, Any]]) -> None:
        for row in rows:
            person = _person(row)
            if person and _matches(person, self.query):
                self.people.setdefault(person.identity.id, person)


class People:
    """Walks the departments, each before those below it; how they nest is kept for five minutes."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._below: dict[str, tuple[datetime, tuple[str, ...]]] = {}

    async def page(self, query: str, cursor: str | None) -> Page:
        """Return people until there are enough of them or ten calls were made.

        Raises:
            ContentError: The cursor is none of ours.
            ScopeMissingError: The application may not list people or departments.
        """
        walk = _walk(query.strip().casefold(), cursor or f"{ROOT}:0")
        while walk.path and not walk.full:
            await self._step(walk)
        return Page(tuple(walk.people.values()), walk.cursor)

    async def describe(self, identities: Sequence[Identity]) -> list[Person | DeliveryError]:
        """Return what the platform tells of each."""
        return [await self._one(identity) for identity in identities]

    async def _step(self, walk: _Walk) -> None:
        """Read one page of one department's people and move on."""
        question = {"cursor": walk.offset, "size": PEOPLE_A_CALL}
        found = await self._ask(walk, MEMBERS, walk.path[-1], question)
        result = mapping(found.get("result"))
        walk.take(items(result.get("list")))
        following = result.get("next_cursor")
        if result.get("has_more") is True and isinstance(following, int):
            walk.offset = following
            return
        walk.offset = 0
        walk.path = await self._after(walk)

    async def _after(self, walk: _Walk) -> tuple[str, ...]:
        """Return the way to the next department: the first below, else the next beside."""
        below = await self._children(walk, walk.path[-1])
        if below:
            return (*walk.path, below[0])
        path = walk.path
        while len(path) > 1:
            beside = await self._children(walk, path[-2])
            if path[-1] not in beside:
                raise ContentError(CHANGED)
            place = beside.index(path[-1]) + 1
            if place < len(beside):
                return (*path[:-1], beside[place])
            path = path[:-1]
        return ()

    async def _children(self, walk: _Walk, department: str) -> tuple[str, ...]:
        now = self._clock.now()
        known = self._below.get(department)
        if known is None or now - known[0] > FRESH_FOR:
            body = await self._ask(walk, CHILDREN, department, {})
            rows = items(body.get("result"))
            known = now, tuple(str(row["dept_id"]) for row in rows if "dept_id" in row)
            self._below[department] = known
        return known[1]

    async def _ask(
        self, walk: _Walk, about: tuple[str, Scope], department: str, more: Mapping[str, int]
    ) -> Mapping[str, Any]:
        """Ask about one department; one out of range is passed over."""
        walk.calls += 1
        path, scope = about
        question = {"dept_id": int(department), "language": "zh_CN", **more}
        try:
            return (await ask(self._client, path, question, scope, purpose="directory")).body
        except RecipientError:
            return {}
        except ContentError as error:
            if error.provider_code != NO_DEPARTMENT:
                raise
            raise ContentError(CHANGED) from error

    async def _one(self, identity: Identity) -> Person | DeliveryError:
        try:
            found = _person(await self._details(identity))
        except DeliveryError as error:
            return error
        except httpx.HTTPError as error:  # one lost answer must not hide those that came
            return UncertainError(f"No answer came: {type(error).__name__}.")
        return found or RecipientError(UNKNOWN)

    async def _details(self, identity: Identity) -> Mapping[str, Any]:
        question = {"language": "zh_CN", "userid": identity.id}
        if identity.kind == LOGIN:
            question = {"language": "zh_CN", "login_id": identity.id}
        elif identity.kind == UNION:
            question["userid"] = await by_union(self._client, identity.id)
        elif identity.kind != USER:
            raise RecipientError(f"The platform describes no {identity.kind}.")
        try:
            answer = await ask(self._client, DETAILS, question, MEMBER, purpose="directory")
        except RecipientError as error:
            raise RecipientError(UNKNOWN, gone=True, provider_code=error.provider_code) from error
        return answer.result


def _walk(query: str, cursor: str) -> _Walk:
    path, _, offset = cursor.partition(":")
    departments = tuple(path.split("/"))
    if not all(each.isdecimal() for each in (*departments, offset)) or departments[0] != ROOT:
        raise ContentError(CHANGED)
    return _Walk(query, departments, int(offset))


def _person(row: Mapping[str, Any]) -> Person | None:
    """Read one person; address and number are missing where the console hides them."""
    userid = _text(row, "userid")
    if not userid:
        return None
    departments = row.get("dept_id_list")
    return Person(
        identity=Identity(userid, USER),
        name=_text(row, "name") or userid,
        email=_text(row, "org_email") or _text(row, "email"),
        mobile=_mobile(row),
        user_id=userid,
        departments=tuple(map(str, departments)) if isinstance(departments, list) else (),
        active=row.get("active") is not False,
    )


def _mobile(row: Mapping[str, Any]) -> str | None:
    """Return the number with its country code, which the platform tells beside it."""
    number, country = _text(row, "mobile"), _text(row, "state_code")
    if not number or number.startswith("+"):
        return number
    return f"+{country}{number}" if country else number


def _text(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    return value if isinstance(value, str) and value else None


def _matches(person: Person, query: str) -> bool:
    values = (person.name, person.email, person.mobile, person.user_id)
    return any(query in value.casefold() for value in values if value)
