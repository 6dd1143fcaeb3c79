"""Who is bound on a channel, as a CSV file."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import ValidationError
from sqlalchemy import Connection

from gateway.clock import rfc3339
from gateway.directory import TAKEN, IdentityBody, check_kind, known_channel, tenant_of, who_of
from gateway.models import Method
from gateway.people import importing
from gateway.people.importing import Imported
from gateway.people.sheets import Row, RowError, line, read
from gateway.plugin import ChannelType
from gateway.problems import ProblemError
from gateway.registry import Registry
from gateway.request import USER_ID
from gateway.store import Store
from gateway.store.audit import By, Change, record_all
from gateway.store.bindings import (
    USERS,
    BindingRow,
    list_bindings,
    put_bindings,
    read_bindings,
    read_holders,
)
from gateway.store.users import read_users

COLUMNS = ("user", "identity_kind", "identity", "method", "since", "stale_since", "stale_reason")
A_PAGE = 500
NOBODY = "the tenant has no such user"
BOUND = "the user is bound to {} already: import with `replace=true` to replace that"
UNBOUND = "the user was unbound on purpose: import with `replace=true` to bind them"


@dataclass(frozen=True, slots=True)
class BindingTable:
    """Writes and reads the users' bindings as a file; what is read in is bound by hand."""

    store: Store
    registry: Registry

    async def export(self, tenant: str, channel: str) -> AsyncIterator[str]:
        """Return the file's lines, read page by page.

        Raises:
            ProblemError: There is no such channel.
        """
        await self.store.read(lambda connection: known_channel(connection, tenant, channel))
        return self._lines(tenant, channel)

    async def take(
        self, by: By, channel: str, body: bytes, *, dry_run: bool, replace: bool
    ) -> Imported:
        """Bind the users of a file; who is bound otherwise is passed over, unless `replace`.

        Raises:
            ProblemError: There is no such channel, or it is no such file.
        """
        name = await self.store.read(lambda c: known_channel(c, tenant_of(by), channel))
        offer = self.registry.offers.get(name)
        if offer is None:
            raise ProblemError("not_supported", "the channel's plugin is not installed")
        rows = read(body, COLUMNS, "user")
        taking = _Taking(by, channel, offer.channel_type, dry_run=dry_run, replace=replace)
        return await importing.run(self.store, rows, taking.part, "user", dry_run=dry_run)

    async def _lines(self, tenant: str, channel: str) -> AsyncIterator[str]:
        yield line(COLUMNS)
        after = USERS
        while True:
            rows = await self._page(tenant, channel, after)
            users = [row for row in rows if row.recipient.startswith(USERS)]
            for row in users:
                yield line(cells(row))
            if len(users) < A_PAGE:
                return
            after = rows[-1].recipient

    async def _page(self, tenant: str, channel: str, after: str) -> list[BindingRow]:
        return await self.store.read(
            lambda c: list_bindings(c, tenant, channel, after=after, limit=A_PAGE)
        )


def cells(row: BindingRow) -> list[str]:
    """Return a binding as a row of the file."""
    values = (row.identity_kind, row.identity, row.method, rfc3339(row.since))
    stale = (rfc3339(row.stale_since), row.stale_reason)
    return [row.recipient.removeprefix(USERS), *(value or "" for value in (*values, *stale))]


@dataclass(frozen=True, slots=True)
class _Known:
    """What some rows are judged by."""

    users: frozenset[str]
    bindings: Mapping[str, BindingRow] = field(default_factory=dict)
    holders: dict[str, list[BindingRow]] = field(default_factory=dict)

    def holder(self, after: BindingRow) -> str | None:
        """Return the user who has the person of a row already."""
        held = self.holders.get(after.identity or "", ())
        return next((each.recipient for each in held if each.taken_from(after)), None)

    def note(self, after: BindingRow) -> None:
        """Let a row of the file count for those behind it."""
        for held in self.holders.values():
            held[:] = [each for each in held if each.recipient != after.recipient]
        self.holders.setdefault(after.identity or "", []).append(after)


@dataclass(frozen=True, slots=True)
class _Taking:
    """Takes some rows in within one transaction."""

    by: By
    channel: str
    channel_type: ChannelType
    dry_run: bool
    replace: bool

    def part(self, connection: Connection, rows: Sequence[Row]) -> Imported:
        known = self._known(connection, rows)
        report, changed = Imported(), []
        for row in rows:
            after = self._binding(row, known)
            if isinstance(after, list):
                report.refuse(after)
            elif _count(report, known.bindings.get(after.recipient), after):
                known.note(after)
                changed.append(after)
        if not self.dry_run:
            put_bindings(connection, changed)
            lines = [self._line(known.bindings.get(row.recipient), row) for row in changed]
            record_all(connection, self.by, lines)
        return report

    def _known(self, connection: Connection, rows: Sequence[Row]) -> _Known:
        tenant, users = tenant_of(self.by), [row.cells["user"] for row in rows]
        bindings = read_bindings(connection, tenant, self.channel, [USERS + user for user in users])
        identities = [row.cells.get("identity", "") for row in rows]
        holders: dict[str, list[BindingRow]] = {}
        for held in read_holders(connection, tenant, self.channel, identities):
            holders.setdefault(held.identity or "", []).append(held)
        return _Known(frozenset(read_users(connection, tenant, users)), bindings, holders)

    def _binding(self, row: Row, known: _Known) -> BindingRow | list[RowError]:
        user = row.cells["user"]
        if not re.fullmatch(USER_ID, user) or user not in known.users:
            return [RowError(row.line, "user", NOBODY)]
        try:
            body = self._identity(row)
        except ValidationError as error:
            return importing.problems_of(row, error, {"id": "identity", "kind": "identity_kind"})
        except ProblemError as error:
            return [RowError(row.line, "identity_kind", str(error))]
        recipient = USERS + user
        after = BindingRow(
            tenant_of(self.by),
            self.channel,
            recipient,
            Method.MANUAL,
            self.by.now,
            body.kind,
            body.id,
        )
        before = known.bindings.get(recipient)
        refused = None if self.replace else _refusal(before, after)
        if refused is None and not (before is not None and before.says(after)):
            holder = known.holder(after)
            refused = TAKEN.format(holder) if holder else None
        return [RowError(row.line, "identity", refused)] if refused else after

    def _identity(self, row: Row) -> IdentityBody:
        usual = next(iter(self.channel_type.identity_kinds), "")
        kind = row.cells.get("identity_kind") or usual
        body = IdentityBody(kind=kind, id=row.cells.get("identity", ""))
        check_kind(self.channel_type, body.kind)
        return body

    def _line(self, before: BindingRow | None, after: BindingRow) -> Change:
        was = who_of(before) if before else None
        target = f"{self.channel}/{after.recipient.removeprefix(USERS)}"
        return Change("binding.put", target, before=was, after=who_of(after))


def _refusal(before: BindingRow | None, after: BindingRow) -> str | None:
    if before is None or before.who == after.who:
        return None
    if before.unbound:
        return UNBOUND
    if before.who is None or before.method == Method.RESOLVED:
        return None
    return BOUND.format(before.who.id)


def _count(report: Imported, before: BindingRow | None, after: BindingRow) -> bool:
    """Count one row, and tell whether anything is to be written."""
    if before is None or before.who is None:
        report.created += 1
    elif before.says(after) and before.stale_since is None:
        report.unchanged += 1
        return False
    else:
        report.updated += 1
    return True
