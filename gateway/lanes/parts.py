"""Cards that one message cannot hold: each part is a provider call of its own, in order.

How many the platform has taken is on disk with each acknowledgement, so that a retry, another
owner or another process goes on with the next.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from gateway.models import Receipt


class Part(dict[str, Any]):
    """One of several payloads of a card: the `number`th, from 0, of `count`."""

    def __init__(self, payload: Mapping[str, Any], number: int, count: int) -> None:
        super().__init__(payload)
        self.number = number
        self.count = count


@dataclass(frozen=True, slots=True, kw_only=True)
class PartReceipt(Receipt):
    """The platform's proof that it accepted one part."""

    number: int
    count: int

    @property
    def last(self) -> bool:
        """Whether the card is complete with it."""
        return self.number + 1 >= self.count


def proof_of(payload: Mapping[str, Any], outcome: Receipt | Exception) -> Receipt | Exception:
    """Return the outcome of a call, as one of a part where the payload was one."""
    if not isinstance(payload, Part) or not isinstance(outcome, Receipt) or payload.count == 1:
        return outcome
    said = f"part {payload.number + 1} of {payload.count}"
    told = {each.name: getattr(outcome, each.name) for each in fields(Receipt)}
    told["note"] = f"{said}; {outcome.note}" if outcome.note else said
    return PartReceipt(**told, number=payload.number, count=payload.count)


def key_parts(payload: Mapping[str, Any]) -> list[str]:
    """Return what tells the key of a part from those of the others."""
    later = isinstance(payload, Part) and payload.number > 0
    return [f"part {payload.number}"] if isinstance(payload, Part) and later else []
