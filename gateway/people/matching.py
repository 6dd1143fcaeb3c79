"""Which user is which person of the platform. Pure: nothing is asked and nothing is written.

Nothing is ever overwritten: whoever is bound, unbound, or shares an address or a person with
somebody else is reported and left alone. One user's trouble never changes another's verdict,
unless both claim the same person.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from gateway.models import Identity
from gateway.people.addresses import By
from gateway.store.bindings import is_chosen


class Outcome(StrEnum):
    """What became of one user."""

    MATCHED = "matched"
    ALREADY_BOUND = "already_bound"
    AMBIGUOUS = "ambiguous"
    NOT_FOUND = "not_found"
    CONFLICTS = "conflicts"
    FAILED = "failed"


REASONS: Mapping[str, str] = {
    "several_people": "the platform has several people with the user's addresses",
    "several_users": "several users lead to the same person",
    "no_address": "the user has no address of the kinds asked for",
    "nobody": "the platform names nobody with the user's addresses",
    "unbound": "the user was unbound on purpose; bind them by hand to undo that",
    "bound_to_another": "the user is bound to somebody else; unbind them first",
    "stale": "the user's binding is stale; resolve it, or bind the user by hand",
    "identity_taken": "the person is bound to another user",
    "changed_meanwhile": "the user's binding changed meanwhile; run it again",
    "call_failed": "the platform did not answer about the user",
}


@dataclass(frozen=True, slots=True)
class Address:
    """One address of a user, in the spelling that is compared."""

    by: By
    key: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """A user who is to be matched, and the addresses to do it by."""

    user: str
    addresses: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class Bound:
    """What is known of a user on the channel already."""

    identity: Identity | None
    method: str
    stale: bool = False
    unbound: bool = False

    @property
    def chosen(self) -> bool:
        """Whether somebody decided this; a look-up's finding is only remembered."""
        return is_chosen(self.identity, self.method, unbound=self.unbound)


@dataclass(frozen=True, slots=True)
class Found:
    """What the platform says of the addresses.

    Attributes:
        people: Who has each; nobody where it is missing.
        why: Why somebody with an address is not among them, in the platform's words.
        failed: Addresses whose question was not answered, with the reason.
    """

    people: Mapping[Address, Sequence[Identity]]
    why: Mapping[Address, str] = field(default_factory=dict)
    failed: Mapping[Address, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one user, and why.

    Attributes:
        by: The kind of address that found the person.
        others: Further people it might be.
        holder: The user who has the person.
    """

    user: str
    outcome: Outcome
    identity: Identity | None = None
    by: By | None = None
    reason: str | None = None
    detail: str | None = None
    others: tuple[Identity, ...] = ()
    holder: str | None = None

    @property
    def sentence(self) -> str | None:
        """The reason for people, with the platform's own words where there are any."""
        return self.detail or REASONS.get(self.reason or "")


@dataclass(frozen=True, slots=True)
class Present:
    """The bindings of the channel as they are: by user, and who has each person."""

    bound: Mapping[str, Bound]

    def holders(self) -> dict[Identity, list[str]]:
        """Return the users who have each person."""
        found: dict[Identity, list[str]] = {}
        for user, bound in self.bound.items():
            if bound.identity is not None:
                found.setdefault(bound.identity, []).append(user)
        return found


def match(wanted: Sequence[Wanted], found: Found, present: Present) -> list[Verdict]:
    """Return one verdict for each user, in the order given."""
    people = {each.user: _people(each, found) for each in wanted}
    claims = Counter(ids[0] for ids in people.values() if len(ids) == 1)
    judge = _Judge(found, present.bound, claims, present.holders())
    return [judge.verdict(each, people[each.user]) for each in wanted]


def _people(wanted: Wanted, found: Found) -> tuple[Identity, ...]:
    named = (identity for each in wanted.addresses for identity in found.people.get(each, ()))
    return tuple(dict.fromkeys(named))


@dataclass(frozen=True, slots=True)
class _Judge:
    """All that a verdict depends on besides the user."""

    found: Found
    bound: Mapping[str, Bound]
    claims: Mapping[Identity, int]
    holders: Mapping[Identity, Sequence[str]]

    def verdict(self, wanted: Wanted, people: tuple[Identity, ...]) -> Verdict:
        bound = self.bound.get(wanted.user)
        if bound is not None and bound.unbound:
            return Verdict(wanted.user, Outcome.CONFLICTS, reason="unbound")
        if len(people) > 1:
            return _several(wanted, people, bound)
        if not people:
            return _nobody(wanted, self.found, bound)
        return self._one(wanted, people[0], bound)

    def _one(self, wanted: Wanted, identity: Identity, bound: Bound | None) -> Verdict:
        by = next(each.by for each in wanted.addresses if self.found.people.get(each))
        outcome, reason, holder = self._place(wanted.user, identity, bound)
        return Verdict(wanted.user, outcome, identity, by, reason, holder=holder)

    def _place(
        self, user: str, identity: Identity, bound: Bound | None
    ) -> tuple[Outcome, str | None, str | None]:
        if bound is not None and _stands(bound) and bound.identity == identity:
            return Outcome.ALREADY_BOUND, None, None
        if bound is not None and bound.chosen:
            return Outcome.CONFLICTS, "stale" if bound.stale else "bound_to_another", None
        if self.claims[identity] > 1:
            return Outcome.AMBIGUOUS, "several_users", None
        holder = next((each for each in self.holders.get(identity, ()) if each != user), None)
        return (Outcome.CONFLICTS, "identity_taken", holder) if holder else _MATCHED


_MATCHED = (Outcome.MATCHED, None, None)


def _several(wanted: Wanted, people: tuple[Identity, ...], bound: Bound | None) -> Verdict:
    if bound is not None and _stands(bound) and bound.identity in people:
        return Verdict(wanted.user, Outcome.ALREADY_BOUND, bound.identity)
    return Verdict(wanted.user, Outcome.AMBIGUOUS, reason="several_people", others=people)


def _nobody(wanted: Wanted, found: Found, bound: Bound | None) -> Verdict:
    if bound is not None and _stands(bound):
        return Verdict(wanted.user, Outcome.ALREADY_BOUND, bound.identity)
    failed = _first(wanted.addresses, found.failed)
    if failed is not None:
        return Verdict(wanted.user, Outcome.FAILED, reason="call_failed", detail=failed)
    if not wanted.addresses:
        return Verdict(wanted.user, Outcome.NOT_FOUND, reason="no_address")
    why = _first(wanted.addresses, found.why)
    return Verdict(wanted.user, Outcome.NOT_FOUND, reason="nobody", detail=why)


def _stands(bound: Bound) -> bool:
    """Tell whether somebody bound the user and the binding still serves."""
    return bound.chosen and not bound.unbound and not bound.stale


def _first(addresses: Iterable[Address], texts: Mapping[Address, str]) -> str | None:
    return next((texts[each] for each in addresses if each in texts), None)
