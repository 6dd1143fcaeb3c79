"""Looks into a platform's directory, and says who of it is bound already."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from gateway.models import Identity
from gateway.people.asking import Asking
from gateway.plugin import Page, Person
from gateway.problems import invalid
from gateway.store import Store
from gateway.store.bindings import BindingRow, read_holders


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody in the directory, and the binding that names them."""

    person: Person
    binding: BindingRow | None


@dataclass(frozen=True, slots=True)
class Listing:
    """A part of the directory; a search may find nobody in it and still go on."""

    entries: Sequence[Entry]
    after: str | None
    calls: int


_PLACE = re.compile(r"(\d{1,6});(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Place:
    """How far a listing is: which page of the platform's, and how many of it were shown."""

    page: str | None = None
    shown: int = 0

    @classmethod
    def read(cls, text: str | None) -> "Place":
        """Return the place that a listing ended with before; None is the beginning.

        Raises:
            ProblemError: It is no place of ours.
        """
        found = _PLACE.fullmatch(text or "0;")
        if found is None:
            raise invalid(["query", "cursor"], "this cursor is not one of ours")
        return cls(found[2] or None, int(found[1]))

    def __str__(self) -> str:
        return f"{self.shown};{self.page or ''}"


def cut(page: Page, place: Place, limit: int) -> tuple[Sequence[Person], Place | None]:
    """Return at most so many of a page's people, and where to go on; the platform sizes pages."""
    rest = page.people[place.shown :]
    if len(rest) > limit:
        return rest[:limit], Place(place.page, place.shown + limit)
    return rest, Place(page.next_cursor) if page.next_cursor is not None else None


@dataclass(frozen=True, slots=True)
class Browsing:
    """Shows a platform's people."""

    store: Store
    asking: Asking

    async def page(
        self, tenant: str, channel: str, query: str, cursor: str | None, limit: int
    ) -> Listing:
        """Return at most `limit` people, with some ten provider calls at most.

        Raises:
            ProblemError: The channel has no directory, or the platform refuses.
        """
        place = Place.read(cursor)
        async with self.asking.open(tenant, channel) as questions:
            try:
                page = await questions.page(query, place.page)
            except Exception as error:
                raise questions.refusal(error) from error
            people, after = cut(page, place, limit)
            entries = await self.store.read(lambda c: _entries(c, tenant, channel, people))
            return Listing(entries, str(after) if after else None, questions.calls)


def _entries(
    connection: Connection, tenant: str, channel: str, people: Sequence[Person]
) -> list[Entry]:
    names = sorted({each.id for person in people for each in _names(person)})
    rows = read_holders(connection, tenant, channel, names)
    held = {row.who: row for row in reversed(rows) if row.who}
    return [Entry(person, _held(person, held)) for person in people]


def _held(person: Person, held: Mapping[Identity, BindingRow]) -> BindingRow | None:
    return next((held[name] for name in _names(person) if name in held), None)


def _names(person: Person) -> tuple[Identity, ...]:
    """Return the identities that stand for a person."""
    own = Identity(person.user_id, "user_id") if person.user_id else person.identity
    return tuple(dict.fromkeys((person.identity, own)))
