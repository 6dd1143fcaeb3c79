"""Binds a tenant's users to the people of a platform by their addresses, all at once.

Addresses are looked up where the platform can and the application may; else its directory is
listed and matched here. What `matching` says is written down as it stands, or not at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from gateway.directory import known_channel, tenant_of, who_of
from gateway.errors import ScopeMissingError
from gateway.models import Identity, Method
from gateway.people import finding
from gateway.people.addresses import By as AddressKind
from gateway.people.addresses import key_of
from gateway.people.asking import Asking, Questions
from gateway.people.finding import Told, Way
from gateway.people.matching import (
    Address,
    Bound,
    Found,
    Outcome,
    Present,
    Verdict,
    Wanted,
    match,
)
from gateway.request import UserId
from gateway.store import Store
from gateway.store.audit import By, Change, record_all
from gateway.store.bindings import (
    USERS,
    BindingRow,
    put_bindings,
    read_bindings,
    read_holders,
    read_user_bindings,
)
from gateway.store.users import UserRow, list_users, read_users

MOST_USERS = 10_000
A_COMMIT = 500


class AutoBody(BaseModel):
    """By which addresses users are matched, and whether that is only tried."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    by: Annotated[tuple[AddressKind, ...], Field(min_length=1, max_length=2)] = ("mobile", "email")
    dry_run: bool = False
    users: Annotated[tuple[UserId, ...], Field(min_length=1, max_length=MOST_USERS)] | None = None
    cursor: str | None = None
    limit: Annotated[int, Field(ge=0, le=1000)] = 100


@dataclass(frozen=True, slots=True)
class AutoReport:
    """What became of each user.

    Attributes:
        way: How the platform was asked.
        notes: What an admin should know: why it was not asked in the better way, for example.
        calls: Provider calls made for it.
        after: The user to go on behind, where there are more.
    """

    verdicts: Sequence[Verdict]
    way: Way
    notes: Sequence[str]
    calls: int
    after: str | None


@dataclass(frozen=True, slots=True)
class AutoBinding:
    """Matches users and people, and binds who matches."""

    store: Store
    asking: Asking

    async def run(self, by: By, channel: str, body: AutoBody, after: str) -> AutoReport:
        """Match the users behind `after` on one channel; bind them, unless it is a dry run.

        Raises:
            ProblemError: The channel cannot be asked, or the platform refuses.
        """
        async with self.asking.open(tenant_of(by), channel) as questions:
            users, more = await self._users(tenant_of(by), body, after)
            wanted = [_wanted(user, body.by) for user in users]
            told, way, notes = await _ask(questions, wanted)
            rows = await self.store.read(lambda c: read_user_bindings(c, tenant_of(by), channel))
            verdicts = match(wanted[: told.covered], told.found, present(rows, told.same))
            if not body.dry_run:
                verdicts = await self._bind(Matches(by, channel, rows, told.same), verdicts)
            more = more or told.covered < len(users)
            last = users[told.covered - 1].id if more and told.covered else None
            return AutoReport(verdicts, way, notes, questions.calls, last)

    async def _users(self, tenant: str, body: AutoBody, after: str) -> tuple[list[UserRow], bool]:
        """Return the users whose turn it is, by id, and whether there are more."""
        if body.users is None:
            most = MOST_USERS
            rows = await self.store.read(
                lambda c: list_users(c, tenant, after=after, limit=most + 1)
            )
            return rows[:most], len(rows) > most
        wanted = [each for each in set(body.users) if each > after]
        known = await self.store.read(lambda c: read_users(c, tenant, wanted))
        return [known[each] for each in sorted(known)], False

    async def _bind(self, change: "Matches", verdicts: Sequence[Verdict]) -> list[Verdict]:
        """Write the matches down, some hundreds in a commit; return what became of all."""
        matched = [each for each in verdicts if each.outcome is Outcome.MATCHED]
        done: dict[str, Verdict] = {}
        for start in range(0, len(matched), A_COMMIT):
            part = replace(change, matched=matched[start : start + A_COMMIT])
            told = await self.store.write(part.write)
            done.update({each.user: each for each in told})
        return [done.get(each.user, each) for each in verdicts]


def present(rows: Mapping[str, BindingRow], same: Mapping[Identity, Identity]) -> Present:
    """Return what matching has to know of a channel's bindings."""
    return Present({key.removeprefix(USERS): _bound(row, same) for key, row in rows.items()})


def _bound(row: BindingRow, same: Mapping[Identity, Identity]) -> Bound:
    who = same.get(row.who, row.who) if row.who else None
    return Bound(who, row.method, stale=row.stale_since is not None, unbound=row.unbound)


def _wanted(user: UserRow, by: Sequence[AddressKind]) -> Wanted:
    values: Mapping[AddressKind, str | None] = {"mobile": user.mobile, "email": user.email}
    keys = [Address(kind, key_of(kind, values[kind])) for kind in dict.fromkeys(by)]
    return Wanted(user.id, tuple(each for each in keys if each.key))


async def _ask(questions: Questions, wanted: Sequence[Wanted]) -> tuple[Told, Way, list[str]]:
    """Ask in the best way there is; where its permission is missing, in the next best."""
    ways = finding.ways(questions.live, [one for each in wanted for one in each.addresses])
    notes: list[str] = []
    for way in ways:
        try:
            told = await finding.ask(questions, way, wanted)
        except ScopeMissingError as error:
            problem = questions.refusal(error)
            if way == ways[-1]:
                raise problem from error
            notes.append(problem.problem.detail)
        except Exception as error:
            raise questions.refusal(error) from error
        else:
            return told, way, [*notes, told.note] if told.note else notes
    return Told(Found({}), len(wanted)), "nothing", notes


@dataclass(frozen=True, slots=True)
class Matches:
    """Some matches that are to be written, and the bindings as they were judged by."""

    by: By
    channel: str
    rows: Mapping[str, BindingRow]
    same: Mapping[Identity, Identity]
    matched: Sequence[Verdict] = ()

    def write(self, connection: Connection) -> list[Verdict]:
        """Write what still holds; whatever changed since it was judged is left alone."""
        tenant = tenant_of(self.by)
        known_channel(connection, tenant, self.channel)
        here = read_users(connection, tenant, [each.user for each in self.matched])
        now = self._now(connection)
        good = [each for each in self.matched if each.user in here and self._holds(each, now)]
        rows = [self._row(each) for each in good]
        put_bindings(connection, rows)
        record_all(connection, self.by, [self._line(row) for row in rows])
        written = {each.user for each in good}
        return [each if each.user in written else _changed(each) for each in self.matched]

    def _now(self, connection: Connection) -> dict[str, BindingRow]:
        """Return the bindings of these users and of whoever has their people, as they are."""
        tenant = tenant_of(self.by)
        mine = read_bindings(
            connection, tenant, self.channel, [USERS + e.user for e in self.matched]
        )
        ids = [each.identity.id for each in self.matched if each.identity]
        theirs = read_holders(connection, tenant, self.channel, ids)
        return {**{row.recipient: row for row in theirs}, **mine}

    def _holds(self, verdict: Verdict, now: Mapping[str, BindingRow]) -> bool:
        own = USERS + verdict.user
        taken = any(row.who == verdict.identity for key, row in now.items() if key != own)
        return now.get(own) == self.rows.get(own) and not taken

    def _row(self, verdict: Verdict) -> BindingRow:
        who = verdict.identity or Identity("", "")
        recipient = USERS + verdict.user
        return BindingRow(
            tenant_of(self.by), self.channel, recipient, Method.AUTO, self.by.now, who.kind, who.id
        )

    def _line(self, row: BindingRow) -> Change:
        before = self.rows.get(row.recipient)
        target = f"{self.channel}/{row.recipient.removeprefix(USERS)}"
        was = who_of(before) if before else None
        return Change("binding.put", target, before=was, after=who_of(row))


def _changed(verdict: Verdict) -> Verdict:
    return replace(verdict, outcome=Outcome.CONFLICTS, reason="changed_meanwhile")
