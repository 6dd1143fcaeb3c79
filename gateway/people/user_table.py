"""A tenant's users as a CSV file."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection

from gateway.directory import UserBody, row_of, shown, tenant_of
from gateway.people import importing
from gateway.people.addresses import mobile_key
from gateway.people.importing import Imported
from gateway.people.sheets import Row, RowError, line, read
from gateway.request import E164, USER_ID
from gateway.store import Store
from gateway.store.audit import By, Change, record_all
from gateway.store.bindings import USERS, forget_lookups_of
from gateway.store.users import UserRow, list_users, put_users, read_users
from gateway.tenants import known_tenant

COLUMNS = ("id", "display_name", "email", "mobile", "locale", "time_zone", "departments")
A_PAGE = 500
NO_ID = "an id has letters, digits and . _ @ - only, and begins with a letter or digit"

_SEPARATOR = re.compile(r"(?<!\\);")


@dataclass(frozen=True, slots=True)
class UserTable:
    """Writes and reads users as a file; preferences are not in it and stay as they are."""

    store: Store

    async def export(self, tenant: str) -> AsyncIterator[str]:
        """Return the file's lines, read page by page.

        Raises:
            ProblemError: There is no such tenant.
        """
        await self.store.read(lambda connection: known_tenant(connection, tenant))
        return self._lines(tenant)

    async def take(self, by: By, body: bytes, *, dry_run: bool) -> Imported:
        """Create and change the users of a file; a column it lacks is left alone.

        Raises:
            ProblemError: There is no such tenant, or it is no such file.
        """
        tenant = tenant_of(by)
        await self.store.read(lambda connection: known_tenant(connection, tenant))
        rows = read(body, COLUMNS, "id")
        taking = _Taking(by, dry_run=dry_run)
        return await importing.run(self.store, rows, taking.part, "id", dry_run=dry_run)

    async def _lines(self, tenant: str) -> AsyncIterator[str]:
        yield line(COLUMNS)
        after = ""
        while True:
            rows = await self._page(tenant, after)
            for row in rows:
                yield line(cells(row))
            if len(rows) < A_PAGE:
                return
            after = rows[-1].id

    async def _page(self, tenant: str, after: str) -> list[UserRow]:
        return await self.store.read(lambda c: list_users(c, tenant, after=after, limit=A_PAGE))


def cells(row: UserRow) -> list[str]:
    """Return a user as a row of the file."""
    departments = ";".join(
        name.replace("\\", "\\\\").replace(";", "\\;") for name in row.departments
    )
    values = (row.id, row.display_name, row.email, row.mobile, row.locale, row.time_zone)
    return [*(value or "" for value in values), departments]


def fields(cells: Mapping[str, str]) -> dict[str, Any]:
    """Return what a row says of a user's fields; an empty cell empties the field."""
    said: dict[str, Any] = {name: value or None for name, value in cells.items() if name != "id"}
    if "display_name" in said:
        said["display_name"] = said["display_name"] or ""
    if "departments" in said:
        said["departments"] = _departments(cells["departments"])
    if (mobile := mobile_key(said.get("mobile"))) and re.fullmatch(E164, mobile):
        said["mobile"] = mobile
    return said


def _departments(cell: str) -> list[str]:
    parts = [re.sub(r"\\(.)", r"\1", part).strip() for part in _SEPARATOR.split(cell)]
    return [part for part in parts if part]


@dataclass(frozen=True, slots=True)
class _Taking:
    """Takes some rows in within one transaction."""

    by: By
    dry_run: bool

    def part(self, connection: Connection, rows: Sequence[Row]) -> Imported:
        tenant = tenant_of(self.by)
        known = read_users(connection, tenant, [row.cells["id"] for row in rows])
        report, changed = Imported(), []
        for row in rows:
            after = self._user(row, known.get(row.cells["id"]))
            if isinstance(after, list):
                report.refuse(after)
            elif _count(report, known.get(after.id), after):
                changed.append(after)
        if not self.dry_run:
            self._write(connection, known, changed)
        return report

    def _user(self, row: Row, before: UserRow | None) -> UserRow | list[RowError]:
        user = row.cells["id"]
        if not re.fullmatch(USER_ID, user):
            return [RowError(row.line, "id", NO_ID)]
        was = shown(before) if before else {}
        try:
            body = UserBody.model_validate({**was, **fields(row.cells)})
        except ValidationError as error:
            return importing.problems_of(row, error)
        return row_of(tenant_of(self.by), user, body, self.by.now)

    def _write(
        self, connection: Connection, known: Mapping[str, UserRow], changed: Sequence[UserRow]
    ) -> None:
        moved = [
            row
            for row in changed
            if row.id in known and _addresses(row) != _addresses(known[row.id])
        ]
        put_users(connection, changed)
        forget_lookups_of(connection, tenant_of(self.by), [USERS + row.id for row in moved])
        record_all(connection, self.by, [_line(known.get(row.id), row) for row in changed])


def _count(report: Imported, before: UserRow | None, after: UserRow) -> bool:
    """Count one row, and tell whether anything is to be written."""
    if before is None:
        report.created += 1
    elif shown(before) == shown(after):
        report.unchanged += 1
        return False
    else:
        report.updated += 1
    return True


def _addresses(row: UserRow) -> tuple[str | None, str | None]:
    return row.email, row.mobile


def _line(before: UserRow | None, after: UserRow) -> Change:
    was = shown(before) if before else None
    return Change("user.put", after.id, before=was, after=shown(after))
