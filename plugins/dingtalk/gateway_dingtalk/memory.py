"""Small memories that drop what is oldest."""

from collections import OrderedDict
from typing import TypeVar

KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")
MOST_REMEMBERED = 1000


def keep(
    kept: OrderedDict[KeyT, ValueT], key: KeyT, value: ValueT, *, most: int = MOST_REMEMBERED
) -> None:
    """Remember something, at the cost of the oldest beyond a sane number."""
    kept[key] = value
    while len(kept) > most:
        kept.popitem(last=False)
