"""What becomes of a login: whose it is, and the binding, where nothing speaks against it.

Nothing is ever overwritten, as in automatic binding; but who unbound a user says nothing against
that user's own login, and a binding that went stale serves again when the same person logs in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection

from gateway.directory import tenant_of, who_of
from gateway.models import Identity, Method
from gateway.people.addresses import email_key, mobile_key
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
from gateway.store.users import read_addresses, read_user


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


def chosen(row: BindingRow | None) -> bool:
    """Tell whether somebody decided a binding; a look-up's finding is only remembered."""
    return row is not None and (
        row.unbound or (row.who is not None and row.method != Method.RESOLVED)
    )


def seen(row: BindingRow | None) -> str:
    """Return what a link remembers of its user's binding; it changes with every decision."""
    if row is None or not chosen(row):
        return ""
    return fingerprint(f"{row.since} {row.unbound} {row.method} {row.who}")


def judge(mine: BindingRow | None, holders: Sequence[str], somebody: Somebody) -> Standing:
    """Return what becomes of a user who logged in as `somebody`. Pure.

    `holders` are the other users who have that person by somebody's word.
    """
    same = mine is not None and mine.who in somebody.names
    if mine is not None and chosen(mine) and not mine.unbound:
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
    return [user for user, email, mobile in users if somebody.addresses & keys(email, mobile)]


def keys(email: str | None, mobile: str | None) -> frozenset[str]:
    """Return addresses in the spelling that is compared."""
    return frozenset(key for key in (email_key(email), mobile_key(mobile)) if key)


@dataclass(frozen=True, slots=True)
class Connecting:
    """A login that is being written down.

    Attributes:
        user: The user whom a link names; None where the addresses tell.
        seen: What the link remembers of the user's binding.
    """

    by: By
    channel: str
    somebody: Somebody
    user: str | None = None
    seen: str = ""

    def write(self, connection: Connection) -> Ending:
        """Bind whom it concerns, or say why not; all in one transaction."""
        row = read_channel(connection, tenant_of(self.by), self.channel)
        if row is None or not row.enabled:
            return Ending(Standing.DISABLED)
        holders = self._holders(connection)
        if self.user is not None:
            return self._of(connection, self.user, holders)
        found = whose(self.somebody, [*holders], read_addresses(connection, tenant_of(self.by)))
        if len(found) == 1:
            return self._of(connection, found[0], holders)
        return Ending(Standing.SEVERAL if found else Standing.NOBODY)

    def _of(self, connection: Connection, user: str, holders: Mapping[str, BindingRow]) -> Ending:
        if read_user(connection, tenant_of(self.by), user) is None:
            return Ending(Standing.USED if self.user else Standing.NOBODY)
        mine = self.binding(connection, user)
        standing = judge(mine, [each for each in holders if each != user], self.somebody)
        if self.user and seen(mine) != self.seen and standing is not Standing.ALREADY:
            return Ending(Standing.USED)
        if standing is Standing.CONNECTED:
            self._bind(connection, user, mine)
        return Ending(standing, user)

    def binding(self, connection: Connection, user: str) -> BindingRow | None:
        """Return what is known of a user on the channel."""
        recipient = USERS + user
        found = read_bindings(connection, tenant_of(self.by), self.channel, [recipient])
        return found.get(recipient)

    def _holders(self, connection: Connection) -> dict[str, BindingRow]:
        ids = sorted({each.id for each in self.somebody.names})
        rows = read_holders(connection, tenant_of(self.by), self.channel, ids)
        return {
            row.recipient.removeprefix(USERS): row
            for row in rows
            if row.who in self.somebody.names and chosen(row)
        }

    def _bind(self, connection: Connection, user: str, before: BindingRow | None) -> None:
        who = self.somebody.identity
        row = BindingRow(
            tenant_of(self.by),
            self.channel,
            USERS + user,
            Method.LOGIN,
            self.by.now,
            who.kind,
            who.id,
        )
        put_binding(connection, row)
        was = who_of(before) if before else None
        target = f"{self.channel}/{user}"
        record(connection, self.by, "binding.put", target, before=was, after=who_of(row))
