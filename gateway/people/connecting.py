"""What becomes of a login: whose it is, and the binding, where nothing speaks against it.

Nothing is ever overwritten, as in automatic binding; but who unbound a user says nothing against
that user's own login, and a binding that went stale serves again when the same person logs in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection

from gateway.directory import tenant_of, who_of
from gateway.models import Identity, Method
from gateway.people.addresses import keys_of
from gateway.people.passes import fingerprint
from gateway.store.audit import By, record
from gateway.store.bindings import (
    USERS,
    BindingRow,
    put_binding,
    read_bindings,
    read_holders,
)
from gateway.store.channels import read_channel
from gateway.store.users import UserRow, read_addresses, read_user


class Standing(StrEnum):
    """How a login ended."""

    CONNECTED = "login_connected"
    ALREADY = "login_already_connected"
    OTHER = "bound_to_another"
    TAKEN = "identity_taken"
    SEVERAL = "several_users"
    NOBODY = "no_user"
    USED = "login_link_used"
    DISABLED = "channel_disabled"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a login ended, and for which user."""

    standing: Standing
    user: str | None = None


@dataclass(frozen=True, slots=True)
class Somebody:
    """Who logged in.

    Attributes:
        identity: What a binding keeps.
        names: The same person under every id that is known.
        addresses: E-mail addresses and numbers in the spelling that is compared.
    """

    identity: Identity
    names: frozenset[Identity]
    addresses: frozenset[str] = frozenset()


def seen(user: UserRow, row: BindingRow | None) -> str:
    """Return what a link remembers of its user; it changes with every decision about them."""
    decided = (row.since, row.unbound, row.method, row.who) if row and row.chosen else ()
    return fingerprint(f"{user.created} {decided}")


def judge(mine: BindingRow | None, holders: Sequence[str], somebody: Somebody) -> Standing:
    """Return what becomes of a user who logged in as `somebody`. Pure.

    `holders` are the other users who have that person by somebody's word.
    """
    same = mine is not None and mine.who in somebody.names
    if mine is not None and mine.chosen and not mine.unbound:
        if not same:
            return Standing.OTHER
        if mine.stale_since is None:
            return Standing.ALREADY
    return Standing.TAKEN if holders else Standing.CONNECTED


def whose(
    somebody: Somebody,
    holders: Sequence[str],
    users: Sequence[tuple[str, str | None, str | None]],
) -> list[str]:
    """Return which users it may be: who has the person already, else who has an address. Pure."""
    if holders:
        return sorted(set(holders))
    return [user for user, email, mobile in users if somebody.addresses & keys_of(email, mobile)]


def holders_of(connection: Connection, by: By, channel: str, somebody: Somebody) -> list[str]:
    """Return the users who have the person by somebody's word."""
    ids = sorted({each.id for each in somebody.names})
    rows = read_holders(connection, tenant_of(by), channel, ids)
    mine = (row for row in rows if row.who in somebody.names and row.chosen)
    return [row.recipient.removeprefix(USERS) for row in mine]


def found(connection: Connection, by: By, channel: str, somebody: Somebody) -> list[str]:
    """Return which users somebody may be."""
    holders = holders_of(connection, by, channel, somebody)
    return whose(somebody, holders, [] if holders else read_addresses(connection, tenant_of(by)))


@dataclass(frozen=True, slots=True)
class Connecting:
    """A login that is being written down.

    Attributes:
        user: The user it concerns.
        seen: What a link remembers of that user; None where the addresses told who it is.
    """

    by: By
    channel: str
    somebody: Somebody
    user: str
    seen: str | None = None

    def write(self, connection: Connection) -> Ending:
        """Bind the user, or say why not; all in one transaction."""
        # The lock lets logins of several processes go one by one, each seeing those before it.
        row = read_channel(connection, tenant_of(self.by), self.channel, lock=True)
        if row is None or not row.enabled:
            return Ending(Standing.DISABLED)
        holders = holders_of(connection, self.by, self.channel, self.somebody)
        user, mine = read_user(connection, tenant_of(self.by), self.user), self.binding(connection)
        if user is None:
            return Ending(Standing.NOBODY if self.seen is None else Standing.USED)
        standing = judge(mine, [each for each in holders if each != self.user], self.somebody)
        if standing is not Standing.ALREADY and not self._stands(user, mine, holders):
            return Ending(Standing.NOBODY if self.seen is None else Standing.USED)
        if standing is Standing.CONNECTED:
            self._bind(connection, mine)
        return Ending(standing, self.user)

    def _stands(self, user: UserRow, mine: BindingRow | None, holders: Sequence[str]) -> bool:
        """Tell whether what led to the user leads there still."""
        if self.seen is not None:
            return seen(user, mine) == self.seen
        return self.user in holders or bool(
            self.somebody.addresses & keys_of(user.email, user.mobile)
        )

    def binding(self, connection: Connection) -> BindingRow | None:
        """Return what is known of the user on the channel."""
        recipient = USERS + self.user
        found = read_bindings(connection, tenant_of(self.by), self.channel, [recipient])
        return found.get(recipient)

    def _bind(self, connection: Connection, before: BindingRow | None) -> None:
        who = self.somebody.identity
        row = BindingRow(
            tenant_of(self.by),
            self.channel,
            USERS + self.user,
            Method.LOGIN,
            self.by.now,
            who.kind,
            who.id,
        )
        put_binding(connection, row)
        was = who_of(before) if before else None
        target = f"{self.channel}/{self.user}"
        record(connection, self.by, "binding.put", target, before=was, after=who_of(row))
