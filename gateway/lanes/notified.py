"""What a lane's calls mean for the people they reach: who is being notified, and who has been."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from gateway.errors import DeliveryError, UncertainError
from gateway.lanes.calls import Outcome
from gateway.lanes.plan import BATCH, SEND, Group
from gateway.models import Receipt
from gateway.windows import Person, Windows

_PINGS = frozenset({SEND, BATCH})


class Wakes(Protocol):
    """Somebody to tell that there is room, or something new."""

    def set(self) -> None:
        """Wake them."""


@dataclass(eq=False, slots=True)
class Notified:
    """Keeps a lane's windows up to date, and what waits behind a call to the same person.

    `freed` are the deliveries that waited and may be read again.
    """

    windows: Windows
    changed: Wakes
    freed: list[str] = field(default_factory=list)
    _parked: dict[Person, list[str]] = field(default_factory=dict)

    def took_off(self, group: Group, now: int) -> None:
        """Note that a call will be made."""
        if group.purpose in _PINGS:
            for member in group.members:
                self.windows.took_off(member.person, now)

    def gave_up(self, group: Group) -> None:
        """Note that the call was not made."""
        if group.purpose in _PINGS:
            for member in group.members:
                self.windows.stayed(member.person)
                self._free(member.person)

    def landed(self, group: Group, answers: Sequence[Outcome], now: int) -> None:
        """Note how the call ended for each."""
        if group.purpose in _PINGS:
            for member, answer in zip(group.members, answers, strict=True):
                arrived = _arrived(answer)
                self.windows.landed(member.person, member.row.id, now, arrived=arrived)
                self._free(member.person)

    def park(self, person: Person, delivery: str) -> bool:
        """Let the delivery wait for the call to the same person; False where that has ended."""
        if not self.windows.notifying(person):
            return False
        self._parked.setdefault(person, []).append(delivery)
        return True

    def _free(self, person: Person) -> None:
        if person in self._parked and not self.windows.notifying(person):
            self.freed += self._parked.pop(person)
            self.changed.set()


def _arrived(answer: Outcome) -> bool | None:
    """Tell whether the person has seen it; None where nobody knows."""
    if isinstance(answer, Receipt):
        return True
    doubtful = isinstance(answer, UncertainError) or not isinstance(answer, DeliveryError)
    return None if doubtful else False
