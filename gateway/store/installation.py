"""What the installation itself must remember, by name."""

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.store.schema import installation


def first_value(connection: Connection, name: str, value: bytes) -> bytes:
    """Remember `value` under `name` unless something is there; return what is there now."""
    query = sa.select(installation.c.value).where(installation.c.name == name)
    known = connection.execute(query).scalar()
    if known is None:
        connection.execute(installation.insert().values(name=name, value=value))
        return value
    return bytes(known)
