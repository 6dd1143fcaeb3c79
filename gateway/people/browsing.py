"""Looks into a platform's directory, and says who of it is bound already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from gateway.models import Identity
from gateway.people.asking import Asking
from gateway.plugin import Person
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


@dataclass(frozen=True, slots=True)
class Browsing:
    """Shows a platform's people."""

    store: Store
    asking: Asking

    async def page(self, tenant: str, channel: str, query: str, cursor: str | None) -> Listing:
        """Return one page, with some ten provider calls at most.

        Raises:
            ProblemError: The channel has no directory, or the platform refuses.
        """
        async with self.asking.open(tenant, channel) as questions:
            try:
                page = await questions.page(query, cursor)
            except Exception as error:
                raise questions.refusal(error) from error
            entries = await self.store.read(lambda c: _entries(c, tenant, channel, page.people))
            return Listing(entries, page.next_cursor, questions.calls)


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
