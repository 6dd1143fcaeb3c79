"""The people and departments of the tenant, under all the names apps know them by."""

import re
from collections.abc import Iterable

from .codes import RejectedError
from .ids import derived
from .model import Department, Person

ROOT = "0"
PREFIXES = {"open_id": "ou_", "union_id": "on_", "chat_id": "oc_"}
UNKNOWN = {"open_id": 99992351, "union_id": 99992363, "user_id": 99992359, "email": 230034}


def normal_mobile(mobile: str) -> str:
    """Return a number with its country code; a bare mainland number gets +86."""
    digits = re.sub(r"[\s()-]", "", mobile)
    return f"+86{digits}" if re.fullmatch(r"1\d{10}", digits) else digits


class Directory:
    """Finds people by every kind of id; an open_id is valid in one app only."""

    def __init__(self, salt: str) -> None:
        self.salt = salt
        self.people: dict[str, Person] = {}
        self.departments: dict[str, Department] = {}
        self._apps: list[str] = []
        self._named: dict[str, dict[str, Person]] = {
            "union_id": {},
            "email": {},
            "mobile": {},
        }
        self._open_ids: dict[str, tuple[str, Person]] = {}

    def open_id(self, app_id: str, person: Person) -> str:
        """Return the person's open_id in one app: always the same for the same names."""
        return derived("ou_", self.salt, app_id, person.id)

    def add_app(self, app_id: str) -> None:
        """Give everybody an open_id in a new app."""
        self._apps.append(app_id)
        self._index(self.people.values(), [app_id])

    def add(self, person: Person) -> Person:
        """Add someone, or raise ValueError when the user_id is taken."""
        if person.id in self.people:
            raise ValueError(f"user_id {person.id} is taken")
        self.people[person.id] = person
        self._named["union_id"][person.union_id] = person
        if person.email:
            self._named["email"][person.email.lower()] = person
        if person.mobile:
            self._named["mobile"][normal_mobile(person.mobile)] = person
        self._index([person], self._apps)
        return person

    def _index(self, people: Iterable[Person], app_ids: list[str]) -> None:
        for person in people:
            for app_id in app_ids:
                self._open_ids[self.open_id(app_id, person)] = (app_id, person)

    def named(self, kind: str, value: str, app_id: str) -> Person | None:
        """Return the person an app means, or None."""
        if kind == "open_id":
            owner, person = self._open_ids.get(value, ("", None))
            return person if owner == app_id else None
        if kind == "user_id":
            return self.people.get(value)
        key = value.lower() if kind == "email" else value
        return self._named[kind].get(normal_mobile(key) if kind == "mobile" else key)

    def find(self, kind: str, value: str, app_id: str) -> Person:
        """Return the person an app means, or raise what the gateway says of such an id."""
        person = self.named(kind, value, app_id)
        if person is not None:
            return person
        if not value.startswith(PREFIXES.get(kind, "")):
            raise RejectedError(230001, "invalid receive_id")
        if kind == "open_id" and value in self._open_ids:
            raise RejectedError(99992361)
        raise RejectedError(UNKNOWN[kind])

    def id_of(self, kind: str, person: Person, app_id: str) -> str:
        """Return the id of the asked kind."""
        if kind == "open_id":
            return self.open_id(app_id, person)
        return person.union_id if kind == "union_id" else person.id

    def members(self, department: str) -> list[Person]:
        """Return the direct members of a department."""
        return [person for person in self.people.values() if person.department == department]

    def below(self, department: str) -> list[Department]:
        """Return all departments under one, at any depth."""
        found = [each for each in self.departments.values() if each.parent == department]
        return found + [deeper for each in found for deeper in self.below(each.id)]

    def department(self, value: str) -> Department | None:
        """Return the department an id or open id names."""
        for each in self.departments.values():
            if value in (each.id, each.open_id):
                return each
        return None
