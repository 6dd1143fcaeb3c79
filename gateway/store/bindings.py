"""Bindings: a recipient as one channel's platform knows them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.models import Identity, Method
from gateway.store.schema import binding
from gateway.store.upsert import chunks, upsert, upsert_all

USERS = "user:"


@dataclass(frozen=True, slots=True)
class BindingRow:
    """What is known of a recipient on a channel.

    Without an identity it remembers that the platform knew nobody (until `miss_until`), or
    that an admin unbound the person (`unbound`).
    """

    tenant: str
    channel: str
    recipient: str
    method: str
    since: int
    identity_kind: str | None = None
    identity: str | None = None
    stale_since: int | None = None
    stale_reason: str | None = None
    miss_until: int | None = None
    miss_reason: str | None = None
    unbound: bool = False

    @property
    def who(self) -> Identity | None:
        """The identity, where there is one."""
        if self.identity is None or self.identity_kind is None:
            return None
        return Identity(self.identity, self.identity_kind)

    @property
    def chosen(self) -> bool:
        """Whether somebody decided this; a look-up's finding is only remembered."""
        return is_chosen(self.who, self.method, unbound=self.unbound)

    def says(self, other: "BindingRow") -> bool:
        """Tell whether this names the same person, by somebody's word and not by a mere look-up."""
        return self.who == other.who and self.method != Method.RESOLVED

    def taken_from(self, other: "BindingRow") -> bool:
        """Tell whether this one is another user's, who has the same person by somebody's word."""
        return self.recipient != other.recipient and self.says(other)


def is_chosen(who: Identity | None, method: str, *, unbound: bool) -> bool:
    """Tell whether a binding is somebody's decision: to whom, or to nobody."""
    return unbound or (who is not None and method != Method.RESOLVED)


def read_bindings(
    connection: Connection, tenant: str, channel: str, recipients: Sequence[str]
) -> dict[str, BindingRow]:
    """Return what is known of `recipients` (`user:li.wei`); thousands are a few statements."""
    found: dict[str, BindingRow] = {}
    for part in chunks(recipients):
        query = sa.select(binding).where(_on(tenant, channel), binding.c.recipient.in_(part))
        rows = (BindingRow(**row._asdict()) for row in connection.execute(query))
        found |= {row.recipient: row for row in rows}
    return found


def read_user_bindings(connection: Connection, tenant: str, channel: str) -> dict[str, BindingRow]:
    """Return what is known of every user on the channel, by recipient."""
    users = binding.c.recipient.startswith(USERS, autoescape=True)
    found = connection.execute(sa.select(binding).where(_on(tenant, channel), users))
    return {row.recipient: BindingRow(**row._asdict()) for row in found}


def read_holders(
    connection: Connection, tenant: str, channel: str, identities: Sequence[str]
) -> list[BindingRow]:
    """Return the users' bindings that name one of these identities."""
    users = binding.c.recipient.startswith(USERS, autoescape=True)
    found: list[BindingRow] = []
    for part in chunks(identities):
        named = binding.c.identity.in_(part)
        query = sa.select(binding).where(_on(tenant, channel), users, named)
        rows = connection.execute(query.order_by(binding.c.recipient))
        found += [BindingRow(**row._asdict()) for row in rows]
    return found


def list_bindings(  # noqa: PLR0913 - which, and which page of them
    connection: Connection,
    tenant: str,
    channel: str,
    *,
    after: str = "",
    limit: int = 50,
    stale: bool | None = None,
) -> list[BindingRow]:
    """Return who is bound on the channel, by recipient, those behind `after`."""
    query = sa.select(binding).where(_on(tenant, channel), binding.c.identity.is_not(None))
    if stale is not None:
        is_stale = binding.c.stale_since.is_not(None)
        query = query.where(is_stale if stale else ~is_stale)
    page = query.where(binding.c.recipient > after).order_by(binding.c.recipient).limit(limit)
    return [BindingRow(**row._asdict()) for row in connection.execute(page)]


def put_binding(connection: Connection, row: BindingRow) -> None:
    """Set what is known of one recipient; it replaces whatever was known before."""
    upsert(connection, binding, asdict(row))


def put_bindings(connection: Connection, rows: Sequence[BindingRow]) -> None:
    """Do the same for many recipients at once, each named once."""
    upsert_all(connection, binding, [asdict(row) for row in rows])


def unbind(connection: Connection, tenant: str, channel: str, recipient: str, now: int) -> None:
    """Forget the identity and remember that it was meant, so that no look-up binds it again."""
    put_binding(
        connection,
        BindingRow(tenant, channel, recipient, Method.MANUAL, since=now, unbound=True),
    )


def forget_lookups(connection: Connection, tenant: str, channel: str) -> None:
    """Drop what was looked up: another application knows the same people by other ids."""
    looked_up = sa.and_(binding.c.method == Method.RESOLVED, binding.c.unbound.is_(False))
    connection.execute(sa.delete(binding).where(_on(tenant, channel), looked_up))


def forget_lookups_of(connection: Connection, tenant: str, recipients: Sequence[str]) -> None:
    """Drop what was looked up of `recipients` on every channel: they have another address now."""
    looked_up = sa.and_(binding.c.method == Method.RESOLVED, binding.c.unbound.is_(False))
    mine = sa.and_(binding.c.tenant == tenant, binding.c.recipient.in_(list(recipients)))
    connection.execute(sa.delete(binding).where(mine, looked_up))


def _on(tenant: str, channel: str) -> sa.ColumnElement[bool]:
    return sa.and_(binding.c.tenant == tenant, binding.c.channel == channel)
