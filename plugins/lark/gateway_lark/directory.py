"""The people in the application's contact data range, department by department."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from gateway.plugin import Clock, ContentError, Identity, Page, Person, ScopeMissingError

from .client import Client, items, mapping, part, texts

ROOT = "0"
PEOPLE_A_CALL = 20
"""Few enough for an answer to stay small, since each person brings a dozen picture addresses."""
DEPARTMENTS_A_CALL = 50
CALLS_A_PAGE = 10
MOST_DEPARTMENT_CALLS = 40
FRESH_FOR = timedelta(minutes=5)

_CONTACTS = "/open-apis/contact/v3"
_IDS = "user_id_type=open_id&department_id_type=open_department_id"


@dataclass(slots=True)
class _Search:
    """Where a page's search is and what it has found."""

    query: str
    department: str
    token: str
    people: dict[str, Person] = field(default_factory=dict)

    @property
    def cursor(self) -> str | None:
        return f"{self.department}:{self.token}" if self.department else None

    def take(self, rows: Sequence[Mapping[str, Any]]) -> None:
        for row in rows:
            person = person_of(row)
            if person and _matches(person, self.query):
                self.people.setdefault(person.identity.id, person)


class Directory:
    """Pages through the contacts; the list of departments is kept for five minutes."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._departments: tuple[str, ...] = ()
        self._listed: datetime | None = None

    async def page(self, query: str, cursor: str | None) -> Page:
        """Return people until there are enough of them or ten calls were made.

        Raises:
            ContentError: The cursor is none of ours.
            ScopeMissingError: The application may not list people.
        """
        departments = await self._all_departments()
        department, _, token = (cursor or f"{ROOT}:").partition(":")
        if department not in departments:
            raise ContentError("The directory has changed: begin again without a cursor.")
        search = _Search(query.strip().casefold(), department, token)
        for _ in range(CALLS_A_PAGE):
            await self._step(search, departments)
            if not search.department or len(search.people) >= PEOPLE_A_CALL:
                break
        return Page(tuple(search.people.values()), search.cursor)

    async def _step(self, search: _Search, departments: Sequence[str]) -> None:
        """Read one page of one department's people and move on ("Find users by department")."""
        path = (
            f"{_CONTACTS}/users/find_by_department?{_IDS}&page_size={PEOPLE_A_CALL}"
            f"&department_id={part(search.department)}"
        )
        if search.token:
            path += f"&page_token={part(search.token)}"
        data = await self._read(path, alone=len(departments) == 1)
        search.take(items(data.get("items")))
        search.token = str(data.get("page_token", "")) if data.get("has_more") else ""
        if not search.token:
            search.department = _after(search.department, departments)

    async def _read(self, path: str, *, alone: bool) -> Mapping[str, Any]:
        """Read one page; a department out of range is passed over, but not the only one."""
        try:
            return (await self._client.get(path, purpose="directory")).data
        except ScopeMissingError as error:
            if alone or error.scopes:
                raise
            return {}

    async def _all_departments(self) -> tuple[str, ...]:
        now = self._clock.now()
        if self._listed is None or now - self._listed > FRESH_FOR:
            self._departments = await self._list_departments()
            self._listed = now
        return self._departments

    async def _list_departments(self) -> tuple[str, ...]:
        """Return the root and all below ("Obtain child departments"), or what is in range."""
        path = (
            f"{_CONTACTS}/departments/{ROOT}/children?{_IDS}"
            f"&fetch_child=true&page_size={DEPARTMENTS_A_CALL}"
        )
        found = [ROOT]
        token = ""
        for _ in range(MOST_DEPARTMENT_CALLS):
            data = await self._read(path + token, alone=False)
            rows = items(data.get("items"))
            found += [str(row["open_department_id"]) for row in rows if "open_department_id" in row]
            if not data.get("has_more"):
                break
            token = f"&page_token={part(str(data.get('page_token', '')))}"
        return tuple(dict.fromkeys(found))


def _after(department: str, departments: Sequence[str]) -> str:
    place = departments.index(department) + 1
    return departments[place] if place < len(departments) else ""


def person_of(row: Mapping[str, Any]) -> Person | None:
    """Read one person of an answer; each field is missing where its permission is."""
    open_id = row.get("open_id")
    if not isinstance(open_id, str) or not open_id:
        return None
    status = mapping(row.get("status"))
    gone = any(status.get(name) for name in ("is_resigned", "is_frozen", "is_exited"))
    return Person(
        identity=Identity(open_id, "open_id"),
        name=str(row.get("name") or row.get("en_name") or open_id),
        email=_text(row, "email"),
        mobile=_text(row, "mobile"),
        user_id=_text(row, "user_id"),
        departments=tuple(texts(row.get("department_ids"))),
        active=not gone and status.get("is_activated", True) is not False,
    )


def _text(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    return value if isinstance(value, str) and value else None


def _matches(person: Person, query: str) -> bool:
    values = (person.name, person.email, person.mobile, person.user_id)
    return any(query in value.casefold() for value in values if value)
