"""Which deliveries may notify somebody now: windows, quiet hours, and groups that are crowded."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from gateway.connections import Live
from gateway.lanes.plan import SEND, Settled, Work
from gateway.lanes.tools import Gate, Tools
from gateway.models import Audience, Identity, Priority, RecipientKind, State
from gateway.plugin import Envelopes
from gateway.preferences import quiet_until
from gateway.reasons import Reason
from gateway.store.digests import WAITED
from gateway.store.notified import NotifiedRequest, read_notified
from gateway.store.window import DueRow
from gateway.windows import LAST_CHANCE, Person

_LEFT_ALONE = frozenset({Reason.USER_WINDOW.value, Reason.QUIET_HOURS.value})
CROWDED = 5_000  # a group whose next call is further away gets a digest then
SECOND = 1000


@dataclass(frozen=True, slots=True)
class Admitted:
    """What may happen to a window's deliveries.

    Attributes:
        going: They may go now.
        held: They wait until a time, with the reason.
        ripe: Their time has come: they become digests first, with all that waited with them.
        behind: They are decided when the call to the same person has ended.
    """

    going: list[Work] = field(default_factory=list)
    held: list[Settled] = field(default_factory=list)
    ripe: list[Work] = field(default_factory=list)
    behind: list[tuple[Person, Work]] = field(default_factory=list)


async def admit(
    works: Sequence[Work], identities: Mapping[str, Identity], tools: Tools, gate: Gate
) -> Admitted:
    """Weigh each delivery, in order, against what its recipient has been notified of."""
    await _learn(works, tools, gate)
    people = [(work, (work.row.channel, identities[work.row.id].id)) for work in works]
    return decide(people, gate, tools.now())


def decide(works: Sequence[tuple[Work, Person]], gate: Gate, now: int) -> Admitted:
    """Decide about each in order. Who comes first counts for those behind."""
    door = _Door(gate, now, frozenset(person for work, person in works if _waited(work.row)))
    for work, person in works:
        door.decide(work, person)
    return door.admitted


@dataclass(slots=True)
class _Door:
    """One round of decisions; whoever goes in it counts for those behind."""

    gate: Gate
    now: int
    expecting: frozenset[Person]
    admitted: Admitted = field(default_factory=Admitted)
    _going: set[Person] = field(default_factory=set)

    def decide(self, work: Work, person: Person) -> None:
        row = work.row
        if not notifies(row):
            self.admitted.going.append(work)
        elif row.priority == Priority.URGENT:
            self._go(work, person)
        elif (until := quiet_until(row.quiet, self.now)) is not None:
            self._hold(work, Reason.QUIET_HOURS, until)
        elif (until := self._crowded_until(work.live)) is not None:
            self._hold(work, Reason.RATE_LIMITED, until)
        else:
            self._within_window(work, person)

    def _within_window(self, work: Work, person: Person) -> None:
        row, windows = work.row, self.gate.windows
        length = window_of(row, work.live)
        if not length or self._owed(row, person) or windows.doubts(person, row.id):
            self._go(work, person)
        elif person in self._going or windows.notifying(person):
            self.admitted.behind.append((person, work))
        elif (until := windows.opens_at(person, length, self.now)) <= self.now:
            self._join(work, person)
        elif row.expires <= until + LAST_CHANCE:
            self._go(work, person)  # held, it would be lost
        else:
            self._hold(work, Reason.USER_WINDOW, until)

    def _join(self, work: Work, person: Person) -> None:
        """Let it go; but what has waited for this moment goes before what is new."""
        if person in self.expecting and not _waited(work.row):
            self.admitted.behind.append((person, work))
        else:
            self._go(work, person)

    def _owed(self, row: DueRow, person: Person) -> bool:
        """Tell whether the row has waited for the moment that begins or goes on."""
        if not _waited(row):
            return False
        return person in self._going or self.gate.windows.belongs(person, row.due, self.now)

    def _go(self, work: Work, person: Person) -> None:
        self._going.add(person)
        (self.admitted.ripe if _is_held(work.row) else self.admitted.going).append(work)

    def _hold(self, work: Work, reason: Reason, until: int) -> None:
        row = work.row
        detail = "it expires before it may be sent" if row.expires <= until else None
        due = min(until, row.expires)
        self.admitted.held.append(Settled(row, State.HELD, reason, due, detail))

    def _crowded_until(self, live: Live) -> int | None:
        """Return when a group may be called again, where that is worth waiting for together."""
        if live.channel_type.audience is not Audience.GROUP or isinstance(live.channel, Envelopes):
            return None
        at = self.gate.pace(SEND, live).next_at(self.now)
        return at if at > self.now + CROWDED else None


def _waited(row: DueRow) -> bool:
    """Tell whether a window or a night has held it, also where it is on its way now."""
    return row.reason in _LEFT_ALONE


def _is_held(row: DueRow) -> bool:
    """Tell whether its time has come and it is to share a card with all that has waited."""
    return row.state == State.HELD and row.reason in WAITED


def notifies(row: DueRow) -> bool:
    """Tell whether sending the row is felt: a change of a card that is there already is not.

    Nor is the rest of one that a single message could not hold.
    """
    return row.change is None and not row.parts


class Windowed(Protocol):
    """What decides how long a window is."""

    @property
    def recipient(self) -> str:
        """Whom it is for."""

    @property
    def window_seconds(self) -> int | None:
        """What a rule says."""


def window_of(row: Windowed, live: Live) -> int:
    """Return how long a person is to be left alone after this, in milliseconds; 0 is off.

    A rule's window is about persons. Groups have none, unless their channel was given one.
    """
    kind = row.recipient.partition(":")[0]
    if kind in {RecipientKind.CHAT, RecipientKind.DEPARTMENT}:
        return 0
    own = live.limits.user_window_seconds
    of_rule = row.window_seconds if kind != RecipientKind.CHANNEL else None
    return SECOND * (own if of_rule is None else of_rule)


async def _learn(works: Sequence[Work], tools: Tools, gate: Gate) -> None:
    """Read, once for each channel of a new lane, who was notified within the longest window."""
    lengths: dict[str, int] = {}
    for work in works:
        length = window_of(work.row, work.live)
        lengths[work.row.channel] = max(length, lengths.get(work.row.channel, 0))
    for channel, since in _unknown(lengths, gate, tools.now()):
        await tools.acks.drain()
        request = NotifiedRequest(works[0].row.tenant, channel, since)
        gate.windows.learn(channel, since, await tools.store.gather(read_notified, request))


def _unknown(lengths: Mapping[str, int], gate: Gate, now: int) -> Iterable[tuple[str, int]]:
    for channel, length in lengths.items():
        since = gate.windows.unknown_since(channel, length, now) if length else None
        if since is not None:
            yield channel, since
