"""Who is in a department, as far as it was read, and who of them has got a message. No I/O."""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import InitVar, dataclass, field, replace
from datetime import datetime, timedelta

from gateway.plugin import (
    DeliveryError,
    RateLimitedError,
    Receipt,
    RecipientError,
    TemporaryError,
)

from .messages import joined

MOST_PEOPLE = 10_000
MOST_TURNS = 3
"""How often somebody is tried whom the platform asks to leave in peace for a while."""
LONGEST_LIST = 10
AGAIN = timedelta(seconds=5)
"""When somebody is tried again of whom the platform names no time."""


class Roll:
    """The people in a department and below it, as far as it was read.

    Args:
        department: Its id.
        begun: When the reading began.
    """

    def __init__(self, department: str, begun: datetime) -> None:
        self.department = department
        self.begun = begun
        self.unread: deque[str] = deque([department])
        self.people: dict[str, None] = {}
        self._seen = {department}

    @property
    def read(self) -> int:
        """How many departments were read."""
        return len(self._seen) - len(self.unread)

    def take(self, department: str, people: Iterable[str], below: Iterable[str]) -> None:
        """Note who is in a department, and which are right below it."""
        self.passed_over(department)
        self.people |= dict.fromkeys(people)
        new = [each for each in below if each.isdecimal() and each not in self._seen]
        self._seen.update(new)
        self.unread.extend(new)

    def passed_over(self, department: str) -> None:
        """Note that there is nothing to read of a department any more."""
        if department in self.unread:  # two deliveries may read the same one at once
            self.unread.remove(department)


@dataclass(slots=True)
class Round:
    """One delivery to a department: who has got it, who has not and why, and who is next."""

    people: InitVar[Sequence[str]]
    total: int = field(init=False)
    _next: deque[str] = field(init=False)
    _later: list[str] = field(default_factory=list)
    _pause: timedelta = timedelta(0)
    _turn: int = 1
    _alone: int = 0
    _missed: dict[str, str] = field(default_factory=dict)
    _messages: dict[str, Receipt] = field(default_factory=dict)
    _notes: Counter[str] = field(default_factory=Counter)

    def __post_init__(self, people: Sequence[str]) -> None:
        self.total = len(people)
        self._next = deque(people)

    @property
    def waiting(self) -> bool:
        """Whether somebody is left."""
        return bool(self._next or self._later)

    @property
    def told(self) -> str:
        """How far it is, in one sentence."""
        left = len(self._next) + len(self._later)
        sent = self.total - left - len(self._missed)
        return f"Sent to {sent} of {self.total} people so far; {left} to go."

    def next(self, most: int) -> list[str]:
        """Return whom the next call is for; they stay until `take` hears what became of them."""
        if not self._next:
            self._next, self._later = deque(self._later), []
            self._turn += 1
        count = 1 if self._alone else most
        return [self._next[place] for place in range(min(count, len(self._next)))]

    def one_by_one(self, count: int) -> None:
        """Let the next so many have a call each."""
        self._alone = count

    def take(self, people: Sequence[str], outcomes: Sequence[Receipt | DeliveryError]) -> None:
        """Note what became of those of the last call."""
        self._pause = timedelta(0)
        self._alone = max(0, self._alone - 1)
        for userid, outcome in zip(people, outcomes, strict=True):
            self._next.popleft()
            self._note(userid, outcome)

    def pause(self) -> timedelta:
        """Return how long to wait before the next call: only those are left who want rest."""
        return timedelta(0) if self._next else self._pause

    def receipt(self) -> Receipt:
        """Return the receipt of all the calls.

        Raises:
            RecipientError: Nobody was reached.
        """
        if not self._messages:
            raise RecipientError(self._summary(0))
        *_, last = self._messages.values()
        sent = self.total - len(self._missed)
        note = " ".join([self._summary(sent), *self._noted(sent)])
        return replace(last, message_id=joined(list(self._messages)), batch=True, note=note)

    def _note(self, userid: str, outcome: Receipt | DeliveryError) -> None:
        if isinstance(outcome, Receipt):
            self._messages[outcome.message_id] = outcome
            self._notes.update([outcome.note] if outcome.note else [])
        elif self._turn < MOST_TURNS and isinstance(outcome, RateLimitedError | TemporaryError):
            self._later.append(userid)
            wait = outcome.retry_after if isinstance(outcome, RateLimitedError) else AGAIN
            self._pause = max(self._pause, wait)
        else:
            self._missed[userid] = outcome.message

    def _noted(self, sent: int) -> Iterator[str]:
        for note, count in self._notes.items():
            yield note if count == sent else f"Of {count} of them: {note}"

    def _summary(self, sent: int) -> str:
        said = f"Sent to {sent} of {self.total} people."
        if not self._missed:
            return said
        listed = list(self._missed)[:LONGEST_LIST]
        more = len(self._missed) - len(listed)
        names = ", ".join(listed) + (f" and {more} more" if more else "")
        return f"{said} Not reached: {names}. {next(iter(self._missed.values()))}"
