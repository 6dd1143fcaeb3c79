"""Lists: `?limit=` and an opaque `?cursor=`."""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, Field

from gateway.clock import rfc3339, to_millis
from gateway.problems import invalid

Limit = Annotated[int, Query(ge=1, le=200, description="How many items at most.")]
Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before.")]
TenantQuery = Annotated[str | None, Query(description="Narrows an owner's list to one tenant.")]
Moment = Annotated[AwareDatetime | None, Query(description="RFC 3339, with its time zone.")]
Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Item = TypeVar("Item")
Row = TypeVar("Row")


class Listed(BaseModel, Generic[Item]):
    """One page of a list."""

    items: list[Item]
    next_cursor: str | None = None


def page(
    rows: Sequence[Row], limit: int, key: Callable[[Row], str], shape: Callable[[Row], Item]
) -> Listed[Item]:
    """Make a page of rows that were read with `limit + 1`."""
    shown = rows[:limit]
    more = encode(key(shown[-1])) if len(rows) > limit else None
    return Listed(items=[shape(row) for row in shown], next_cursor=more)


def encode(key: str) -> str:
    """Return the cursor behind a row."""
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def decode(cursor: str | None) -> str | None:
    """Return the key of the row to go on behind."""
    if cursor is None:
        return None
    try:
        key = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise invalid(["query", "cursor"], "this cursor is not one of ours") from None
    if "\x00" in key:
        raise invalid(["query", "cursor"], "this cursor is not one of ours")
    return key


def millis(moment: datetime | None) -> int | None:
    """Return a moment as the store has it."""
    return None if moment is None else to_millis(moment)


def when(moment: int) -> str:
    """Return a time that is always there."""
    return rfc3339(moment) or ""
