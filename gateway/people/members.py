"""Adds people of a platform as users of the tenant, and binds them: one result for each."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from gateway.directory import IdentityBody, check_kind, known_channel, shown, tenant_of, who_of
from gateway.models import Identity, Method
from gateway.people.addresses import keys_of, mobile_key
from gateway.people.asking import Asking
from gateway.people.naming import free_id, ids
from gateway.plugin import Person
from gateway.request import E164, EMAIL, UserId
from gateway.store import Store
from gateway.store.audit import By, Change, record_all
from gateway.store.bindings import USERS, BindingRow, put_bindings, read_bindings, read_holders
from gateway.store.users import UserRow, put_users, read_addresses, read_users

MOST = 200
LONGEST_NAME = 200
LONGEST_DEPARTMENT = 128
MOST_DEPARTMENTS = 100
LONGEST_EMAIL = 254


class MemberBody(IdentityBody):
    """One person, and the id the new user gets if the usual one is not wanted."""

    user: UserId | None = None

    @property
    def identity(self) -> Identity:
        """Who is meant."""
        return Identity(self.id, self.kind)


class MembersBody(BaseModel):
    """The people who become users."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    identities: Annotated[tuple[MemberBody, ...], Field(min_length=1, max_length=MOST)]


class State(StrEnum):
    """What became of one person."""

    CREATED = "created"
    BOUND = "bound"
    ALREADY_BOUND = "already_bound"
    CONFLICT = "conflict"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Member:
    """What became of one person: the user, or why there is none."""

    identity: Identity
    state: State
    user: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Added:
    """What became of all of them, in the order given."""

    members: Sequence[Member]
    calls: int


@dataclass(frozen=True, slots=True)
class Members:
    """Creates users from what the platform knows."""

    store: Store
    asking: Asking

    async def add(self, by: By, channel: str, body: MembersBody) -> Added:
        """Create and bind a user for each person; whoever has one already keeps it.

        Raises:
            ProblemError: The channel has no directory, or the platform refuses.
        """
        async with self.asking.open(tenant_of(by), channel) as questions:
            for place, each in enumerate(body.identities):
                at = ("body", "identities", place, "kind")
                check_kind(questions.live.channel_type, each.kind, at)
            try:
                told = await questions.describe([each.identity for each in body.identities])
            except Exception as error:
                raise questions.refusal(error) from error
            asked = [
                _Asked(each, questions.cleaned(person))
                for each, person in zip(body.identities, told, strict=True)
            ]
            members = await self.store.write(lambda c: _add(c, by, channel, asked))
            return Added(members, questions.calls)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One person as they were asked for, and what the platform told, or why it told nothing."""

    body: MemberBody
    told: Person | str

    @property
    def names(self) -> tuple[Identity, ...]:
        """Every identity that stands for the person."""
        asked = self.body.identity
        if isinstance(self.told, str):
            return (asked,)
        own = Identity(self.told.user_id or "", "user_id")
        return tuple(dict.fromkeys((self.told.identity, asked, own)))


def _add(connection: Connection, by: By, channel: str, asked: Sequence[_Asked]) -> list[Member]:
    """Create and bind within one transaction, in the order given."""
    known_channel(connection, tenant_of(by), channel)
    adding = _Adding(by, channel, _Known.read(connection, by, channel, asked))
    members = [adding.one(each) for each in asked]
    put_users(connection, adding.users)
    put_bindings(connection, adding.bindings)
    record_all(connection, by, adding.lines)
    return members


@dataclass(frozen=True, slots=True)
class _Known:
    """What the tenant knows already; it grows with each person that is added.

    Attributes:
        holders: The user who has an identity.
        taken: Ids of users.
        owners: The users who have an address.
        bindings: The channel's bindings, by recipient.
    """

    holders: dict[Identity, str]
    taken: set[str]
    owners: dict[str, set[str]]
    bindings: dict[str, BindingRow]

    @classmethod
    def read(
        cls, connection: Connection, by: By, channel: str, asked: Sequence[_Asked]
    ) -> "_Known":
        tenant = tenant_of(by)
        people = [each.told for each in asked if isinstance(each.told, Person)]
        names = [name.id for each in asked for name in each.names]
        held = read_holders(connection, tenant, channel, names)
        wanted = {name for person in people for name in ids(person)}
        wanted |= {each.body.user for each in asked if each.body.user}
        owners = _owners(connection, tenant, people)
        users = [USERS + user for found in owners.values() for user in found]
        return cls(
            holders={row.who: row.recipient.removeprefix(USERS) for row in held if row.who},
            taken=set(read_users(connection, tenant, sorted(wanted))),
            owners=owners,
            bindings=read_bindings(connection, tenant, channel, users),
        )


def _owners(connection: Connection, tenant: str, people: Sequence[Person]) -> dict[str, set[str]]:
    """Return the users who have an address of one of these people."""
    wanted = {key for person in people for key in keys_of(person.email, person.mobile)}
    found: dict[str, set[str]] = {}
    for user, email, mobile in read_addresses(connection, tenant) if wanted else ():
        for key in wanted & keys_of(email, mobile):
            found.setdefault(key, set()).add(user)
    return found


@dataclass(frozen=True, slots=True)
class _Adding:
    """Adds one person after the other, and collects what is to be written."""

    by: By
    channel: str
    known: _Known
    users: list[UserRow] = field(default_factory=list)
    bindings: list[BindingRow] = field(default_factory=list)
    lines: list[Change] = field(default_factory=list)

    def one(self, asked: _Asked) -> Member:
        person, identity = asked.told, asked.body.identity
        if isinstance(person, str):
            return Member(identity, State.FAILED, detail=person)
        if not person.active:
            return Member(identity, State.FAILED, detail=GONE)
        holder = next(
            (user for each in asked.names if (user := self.known.holders.get(each))), None
        )
        if holder is not None:
            return Member(identity, State.ALREADY_BOUND, holder)
        if asked.body.user is not None:
            return self._named(identity, person, asked.body.user)
        return self._usual(identity, person)

    def _named(self, identity: Identity, person: Person, user: str) -> Member:
        if user in self.known.taken:
            return Member(identity, State.CONFLICT, user, EXISTS)
        return self._create(identity, person, user)

    def _usual(self, identity: Identity, person: Person) -> Member:
        keys = keys_of(person.email, person.mobile)
        owners = sorted({user for key in keys for user in self.known.owners.get(key, ())})
        if len(owners) > 1:
            return Member(identity, State.CONFLICT, detail=SEVERAL.format(", ".join(owners[:5])))
        if owners:
            return self._bind_to(identity, person, owners[0])
        user = free_id(person, self.known.taken)
        if user is None:
            return Member(identity, State.CONFLICT, detail=NO_ID)
        return self._create(identity, person, user)

    def _bind_to(self, identity: Identity, person: Person, user: str) -> Member:
        """Bind to a user who has the person's address, unless somebody decided otherwise."""
        row = self.known.bindings.get(USERS + user)
        if row is not None and row.chosen:
            return Member(identity, State.CONFLICT, user, UNBOUND if row.unbound else OTHER)
        self._bind(person, user, Method.AUTO)
        return Member(identity, State.BOUND, user)

    def _create(self, identity: Identity, person: Person, user: str) -> Member:
        row = user_row(tenant_of(self.by), user, person, self.by.now)
        self.users.append(row)
        self.lines.append(Change("user.put", user, after=shown(row)))
        self._bind(person, user, Method.CREATED)
        self.known.taken.add(user)
        for key in keys_of(row.email, row.mobile):
            self.known.owners.setdefault(key, set()).add(user)
        return Member(identity, State.CREATED, user)

    def _bind(self, person: Person, user: str, method: Method) -> None:
        who, recipient = person.identity, USERS + user
        row = BindingRow(
            tenant_of(self.by), self.channel, recipient, method, self.by.now, who.kind, who.id
        )
        before = self.known.bindings.get(recipient)
        self.bindings.append(row)
        was = who_of(before) if before else None
        target = f"{self.channel}/{user}"
        self.lines.append(Change("binding.put", target, before=was, after=who_of(row)))
        self.known.holders[who] = user
        self.known.bindings[recipient] = row


def user_row(tenant: str, user: str, person: Person, now: int) -> UserRow:
    """Return a new user from what the platform knows; what breaks our rules is left out."""
    email, mobile = (person.email or "").strip(), mobile_key(person.mobile)
    departments = (name[:LONGEST_DEPARTMENT] for name in person.departments if name)
    return UserRow(
        tenant=tenant,
        id=user,
        display_name=person.name[:LONGEST_NAME],
        email=email if re.fullmatch(EMAIL, email) and len(email) <= LONGEST_EMAIL else None,
        mobile=mobile if re.fullmatch(E164, mobile) else None,
        locale=None,
        time_zone=None,
        departments=tuple(departments)[:MOST_DEPARTMENTS],
        preferences={},
        created=now,
        updated=now,
    )


GONE = "The person has left, or has not joined yet."
EXISTS = "There is a user of this id: bind them by hand if they are the same person."
SEVERAL = "Several users have the person's addresses: {}. Bind the right one by hand."
OTHER = "The user with the person's address is bound to somebody else: unbind them first."
UNBOUND = "The user with the person's address was unbound on purpose: bind them by hand."
NO_ID = "No id is free for the person: say which in `user`."
