"""Users: the persons a tenant knows by its own ids."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.store.schema import binding, user
from gateway.store.upsert import chunks, contains, upsert, upsert_all


@dataclass(frozen=True, slots=True)
class UserRow:
    """A user of a tenant."""

    tenant: str
    id: str
    display_name: str
    email: str | None
    mobile: str | None
    locale: str | None
    time_zone: str | None
    departments: tuple[str, ...]
    preferences: Mapping[str, Any]
    created: int
    updated: int


def read_user(connection: Connection, tenant: str, user_id: str) -> UserRow | None:
    """Return the user, or None."""
    query = sa.select(user).where(user.c.tenant == tenant, user.c.id == user_id)
    found = connection.execute(query).one_or_none()
    return _row(found) if found else None


def read_users(connection: Connection, tenant: str, ids: Sequence[str]) -> dict[str, UserRow]:
    """Return those of `ids` that the tenant knows; thousands are a few statements."""
    users = _matching(connection, tenant, user.c.id, ids)
    return {found.id: found for found in users}


def read_users_by_email(
    connection: Connection, tenant: str, emails: Sequence[str]
) -> dict[str, UserRow]:
    """Return who has each address, as it is written; of several the first by id."""
    users = _matching(connection, tenant, user.c.email, emails)
    return {found.email: found for found in reversed(users) if found.email}


def read_users_by_mobile(
    connection: Connection, tenant: str, mobiles: Sequence[str]
) -> dict[str, UserRow]:
    """Return who has each number; of several the first by id."""
    users = _matching(connection, tenant, user.c.mobile, mobiles)
    return {found.mobile: found for found in reversed(users) if found.mobile}


def read_addresses(connection: Connection, tenant: str) -> list[tuple[str, str | None, str | None]]:
    """Return each user who has an address or a number: id, address, number."""
    query = sa.select(user.c.id, user.c.email, user.c.mobile).where(user.c.tenant == tenant)
    some = sa.or_(user.c.email.is_not(None), user.c.mobile.is_not(None))
    found = connection.execute(query.where(some).order_by(user.c.id))
    return [(row.id, row.email, row.mobile) for row in found]


def list_users(
    connection: Connection, tenant: str, *, query: str = "", after: str = "", limit: int = 50
) -> list[UserRow]:
    """Return users by id behind `after`, those whose id, name, address or number has `query`."""
    wanted = sa.select(user).where(user.c.tenant == tenant, user.c.id > after)
    if query:
        columns = (user.c.id, user.c.display_name, user.c.email, user.c.mobile)
        wanted = wanted.where(sa.or_(*(contains(column, query) for column in columns)))
    return [_row(found) for found in connection.execute(wanted.order_by(user.c.id).limit(limit))]


def put_user(connection: Connection, row: UserRow) -> None:
    """Create or replace a user; the time it was created stays."""
    upsert(connection, user, _values(row))


def put_users(connection: Connection, rows: Sequence[UserRow]) -> None:
    """Do the same for many users at once, each named once."""
    upsert_all(connection, user, [_values(row) for row in rows])


def delete_user(connection: Connection, tenant: str, user_id: str) -> bool:
    """Delete a user and every binding, so that a later user of that id starts anew."""
    theirs = sa.and_(binding.c.tenant == tenant, binding.c.recipient == f"user:{user_id}")
    connection.execute(sa.delete(binding).where(theirs))
    query = sa.delete(user).where(user.c.tenant == tenant, user.c.id == user_id)
    return connection.execute(query).rowcount > 0


def _matching(
    connection: Connection, tenant: str, column: sa.Column[str], values: Sequence[str]
) -> list[UserRow]:
    found: list[UserRow] = []
    for part in chunks(values):
        query = sa.select(user).where(user.c.tenant == tenant, column.in_(part))
        found += map(_row, connection.execute(query.order_by(user.c.id)))
    return found


def _values(row: UserRow) -> dict[str, Any]:
    values = {**asdict(row), "departments": list(row.departments)}
    return {**values, "preferences": dict(row.preferences)}


def _row(found: sa.Row[Any]) -> UserRow:
    # The table's columns are in this order; by name, ten thousand take three times as long.
    values: list[Any] = [*found]
    values[_DEPARTMENTS] = tuple(values[_DEPARTMENTS])
    return UserRow(*values)


_DEPARTMENTS = [column.name for column in user.columns].index("departments")
