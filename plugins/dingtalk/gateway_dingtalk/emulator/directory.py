"""The people and departments of the organisation, under all the names apps know them by."""

import re
from collections import defaultdict

from .model import Department, Person

ROOT = 1


def normal_mobile(mobile: str) -> str:
    """Return a mainland number as its eleven digits, any other with its country code."""
    digits = re.sub(r"[\s()-]", "", mobile).removeprefix("+86")
    if re.fullmatch(r"1[3-9]\d{9}", digits) or digits.startswith("+"):
        return digits
    return f"+{digits}"


class Directory:
    """Finds people by every kind of id."""

    def __init__(self) -> None:
        self.people: dict[str, Person] = {}
        self.departments: dict[int, Department] = {}
        self._by_union_id: dict[str, Person] = {}
        self._by_login_id: dict[str, Person] = {}
        self._by_mobile: defaultdict[str, list[Person]] = defaultdict(list)

    def add(self, person: Person) -> Person:
        """Add someone, or raise ValueError when the userid is taken."""
        if person.id in self.people:
            raise ValueError(f"userid {person.id} is taken")
        self.people[person.id] = person
        self._by_union_id[person.union_id] = person
        if person.login_id:
            self._by_login_id[person.login_id] = person
        if person.mobile:
            self._by_mobile[normal_mobile(person.mobile)].append(person)
        return person

    def of_mobile(self, mobile: str) -> list[Person]:
        """Return the current employees with a number: it may be on several accounts."""
        found = self._by_mobile.get(normal_mobile(mobile), [])
        return [each for each in found if not each.resigned]

    def of_union_id(self, union_id: str) -> Person | None:
        """Return a current employee, or None."""
        return _current(self._by_union_id.get(union_id))

    def of_login_id(self, login_id: str) -> Person | None:
        """Return the current employee of an enterprise account, or None."""
        return _current(self._by_login_id.get(login_id))

    def get(self, user_id: str) -> Person | None:
        """Return a current employee, or None."""
        return _current(self.people.get(user_id))

    def named(self, value: str, user_id_type: int) -> Person | None:
        """Return who a card call means: type 1 is a userid, 2 a unionid."""
        return self.of_union_id(value) if user_id_type == 2 else self.get(value)

    def has(self, department: int) -> bool:
        """Tell whether there is such a department."""
        return department == ROOT or department in self.departments

    def members(self, department: int) -> list[Person]:
        """Return the direct members of a department."""
        people = self.people.values()
        return [each for each in people if department in each.departments and not each.resigned]

    def children(self, department: int) -> list[Department]:
        """Return the departments right under one."""
        return [each for each in self.departments.values() if each.parent == department]

    def all_members(self, department: int) -> list[Person]:
        """Return the members of a department and of all under it."""
        below = [self.all_members(each.id) for each in self.children(department)]
        return [*self.members(department), *(person for some in below for person in some)]


def _current(person: Person | None) -> Person | None:
    return None if person is None or person.resigned else person
