"""Looks one user up again, now: for whoever came back, moved, or left."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from gateway.directory import keep_holder, known_user, tenant_of, who_of
from gateway.errors import RecipientError, ScopeMissingError
from gateway.models import Identity, Method, Recipient, RecipientKind
from gateway.people.asking import Asking, Questions
from gateway.plugin import Browses, Person
from gateway.problems import ProblemError
from gateway.store import Store
from gateway.store.audit import By, record
from gateway.store.bindings import USERS, BindingRow, put_binding, read_bindings
from gateway.store.users import UserRow

UNBOUND = "the user was unbound on purpose: bind them by hand to undo that"
MOVED = "the user's binding changed meanwhile: look again"
GONE = "The person has left, or has not joined yet."
NO_LOOK_UP = "the channel does not look up users"
OTHER = (
    "the user is bound to {}, and the platform names {} for their address: "
    "bind them to the one you mean"
)


class Outcome(StrEnum):
    """What a second look came to."""

    CONFIRMED = "confirmed"
    BOUND = "bound"
    STALE = "stale"
    NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True)
class Look:
    """What a second look came to: the binding as it is now, and the platform's words."""

    outcome: Outcome
    binding: BindingRow | None
    detail: str | None
    calls: int


@dataclass(frozen=True, slots=True)
class LookingAgain:
    """Resolves one user at an admin's word."""

    store: Store
    asking: Asking

    async def resolve(self, by: By, channel: str, user: str) -> Look:
        """Ask the platform about a user, and bind, confirm or mark stale what comes of it.

        Raises:
            ProblemError: The user is unbound on purpose, the platform names somebody else for
                the address of a user whom somebody bound, or it refuses.
        """
        tenant, key = tenant_of(by), USERS + user
        row = await self.store.read(lambda c: known_user(c, tenant, user))
        async with self.asking.open(tenant, channel) as questions:
            rows = await self.store.read(lambda c: read_bindings(c, tenant, channel, [key]))
            before = rows.get(key) or BindingRow(tenant, channel, key, Method.RESOLVED, by.now)
            if before.unbound:
                raise ProblemError("conflict", UNBOUND)
            try:
                answer = await _ask(questions, row, before)
            except Exception as error:
                raise questions.refusal(error) from error
            detail = None if isinstance(answer, Identity) else questions.clean(answer.message)
            outcome, after = judge(before, answer, detail, by.now)
            if after != before:
                await self.store.write(_Change(by, rows.get(key), after).write)
            return Look(outcome, after if after.who else None, detail, questions.calls)


def judge(
    before: BindingRow, answer: Identity | RecipientError, detail: str | None, now: int
) -> tuple[Outcome, BindingRow]:
    """Return what an answer means for a binding. Pure.

    Raises:
        ProblemError: Somebody bound the user to another person, and that binding serves.
    """
    if isinstance(answer, Identity):
        return _found(before, answer, now)
    if before.who is None:
        return Outcome.NOT_FOUND, before
    if not answer.gone and before.method != Method.RESOLVED:
        return Outcome.NOT_FOUND, before  # bound by hand perhaps because no address leads there
    since = before.stale_since or now
    return Outcome.STALE, replace(before, stale_since=since, stale_reason=detail)


def _found(before: BindingRow, answer: Identity, now: int) -> tuple[Outcome, BindingRow]:
    if before.who == answer:
        return Outcome.CONFIRMED, replace(before, stale_since=None, stale_reason=None)
    if before.who and before.method != Method.RESOLVED and before.stale_since is None:
        raise ProblemError("conflict", OTHER.format(before.who.id, answer.id))
    fresh = BindingRow(before.tenant, before.channel, before.recipient, Method.RESOLVED, now)
    return Outcome.BOUND, replace(fresh, identity_kind=answer.kind, identity=answer.id)


async def _ask(
    questions: Questions, user: UserRow, before: BindingRow
) -> Identity | RecipientError:
    """Ask whether the platform still knows the user's identity; if not, who has their address."""
    said = None
    if before.who is not None and isinstance(questions.live.channel, Browses):
        said = await _by_identity(questions, before.who)
    if isinstance(said, Identity):
        return said
    answer = await _by_address(questions, user)
    return answer if isinstance(answer, Identity) or said is None else said


async def _by_identity(questions: Questions, who: Identity) -> Identity | RecipientError | None:
    """Return who is still there, why nobody is, or None where the application may not ask."""
    try:
        (told,) = await questions.describe([who])
    except ScopeMissingError:
        return None
    if isinstance(told, Person):
        return who if told.active else RecipientError(GONE, gone=True)
    if isinstance(told, RecipientError):
        return told
    raise told


async def _by_address(questions: Questions, user: UserRow) -> Identity | RecipientError:
    recipient = Recipient(RecipientKind.USER, user.id, email=user.email, mobile=user.mobile)
    answer = (await questions.look_up([recipient])).get(recipient)
    if isinstance(answer, Identity | RecipientError):
        return answer
    raise answer or RecipientError(NO_LOOK_UP)


@dataclass(frozen=True, slots=True)
class _Change:
    """A binding as it was when it was judged, and as it is to be."""

    by: By
    before: BindingRow | None
    after: BindingRow

    def write(self, connection: Connection) -> None:
        """Write it down.

        Raises:
            ProblemError: Somebody changed the binding meanwhile, or another user has the person.
        """
        row = self.after
        known_user(connection, row.tenant, row.recipient.removeprefix(USERS))
        now = read_bindings(connection, row.tenant, row.channel, [row.recipient])
        if now.get(row.recipient) != self.before:
            raise ProblemError("conflict", MOVED)
        if self.before is None or self.before.who != row.who:
            keep_holder(connection, row)
        put_binding(connection, row)
        target = f"{row.channel}/{row.recipient.removeprefix(USERS)}"
        was = _shown(self.before) if self.before else None
        record(connection, self.by, "binding.resolve", target, before=was, after=_shown(row))


def _shown(row: BindingRow) -> Mapping[str, Any] | None:
    who = who_of(row)
    return {**who, "stale": row.stale_reason} if who and row.stale_since is not None else who
