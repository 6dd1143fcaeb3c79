"""Small memories that drop what is oldest."""

from collections import OrderedDict
from typing import TypeVar

KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")
MOST_REMEMBERED = 1000


def keep(kept: OrderedDict[KeyT, ValueT], key: KeyT, value: ValueT) -> None:
    """Remember something, at the cost of the oldest beyond a sane number."""
    kept[key] = value
    while len(kept) > MOST_REMEMBERED:
        kept.popitem(last=False)
