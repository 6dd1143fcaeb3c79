"""Pictures that a platform has a key for, by the address they came from."""

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.store.schema import media
from gateway.store.upsert import insert


def read_picture(connection: Connection, place: dict[str, str], now: int) -> str | None:
    """Return the key of the picture at `place` (tenant, channel, source), while it is valid."""
    query = sa.select(media.c.key).where(
        *(media.c[name] == value for name, value in place.items()), media.c.expires > now
    )
    return connection.execute(query).scalar()


def put_picture(connection: Connection, place: dict[str, str], key: str, expires: int) -> None:
    """Remember the key of the picture at `place` until `expires`."""
    statement = insert(connection, media).values(**place, key=key, expires=expires)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=list(place), set_={"key": key, "expires": expires}
        )
    )
