"""When each person may be notified again: pure, `now` is an argument; UTC milliseconds.

A window is the shortest time between two moments at which somebody is notified on a channel.
A moment is usually one card. What a window held and what could not share one card, because the
digest keys differ or there is too much of it, belongs to one moment too.
"""

from dataclasses import dataclass, field

MOMENT = 60_000  # the cards of one moment follow each other within a minute
LAST_CHANCE = 60_000  # before it expires
_SWEEP = 4096

Person = tuple[str, str]
"""A channel's name, and the identity's id there."""


@dataclass(slots=True)
class Moment:
    """Somebody is being notified: since when, with how many calls, and which may have arrived."""

    began: int
    flying: int = 0
    doubtful: set[str] = field(default_factory=set)


@dataclass(eq=False, slots=True)
class Windows:
    """One lane's memory of who was notified when; only the lane's owner has it."""

    _last: dict[str, dict[str, int]] = field(default_factory=dict)
    _known_from: dict[str, int] = field(default_factory=dict)
    _moments: dict[Person, Moment] = field(default_factory=dict)
    _longest: int = 0
    _landings: int = 0

    def unknown_since(self, channel: str, length: int, now: int) -> int | None:
        """Return since when the history is to be read before a window of `length` is decided."""
        self._longest = max(self._longest, length)
        known_from = self._known_from.get(channel)
        since = now - length
        return None if known_from is not None and known_from <= since else since

    def learn(self, channel: str, since: int, last: dict[str, tuple[int, str | None]]) -> None:
        """Take over the history since then: when each was last notified, and what is doubtful."""
        mine = self._last.setdefault(channel, {})
        for who, (at, doubtful) in last.items():
            mine[who] = max(at, mine.get(who, at))
            if doubtful is not None:
                self._moments.setdefault((channel, who), Moment(at)).doubtful.add(doubtful)
        self._known_from[channel] = since

    def opens_at(self, person: Person, length: int, now: int) -> int:
        """Return when the person's window of `length` ends, or `now`."""
        channel, who = person
        last = self._last.get(channel, {}).get(who)
        return now if last is None else max(now, last + length)

    def notifying(self, person: Person) -> bool:
        """Tell whether a call to the person is on its way."""
        moment = self._moments.get(person)
        return moment is not None and moment.flying > 0

    def belongs(self, person: Person, due: int, now: int) -> bool:
        """Tell whether what was held until `due` is owed to the moment that is going on."""
        moment = self._moments.get(person)
        return moment is not None and due <= moment.began <= now < moment.began + MOMENT

    def doubts(self, person: Person, delivery: str) -> bool:
        """Tell whether this very delivery may be what the person was notified of last."""
        moment = self._moments.get(person)
        return moment is not None and not moment.flying and delivery in moment.doubtful

    def took_off(self, person: Person, now: int) -> None:
        """Note that a call to the person starts."""
        moment = self._moments.setdefault(person, Moment(now))
        if not moment.flying:
            moment.began = now  # cards that follow each other closely are one moment
        moment.flying += 1

    def stayed(self, person: Person) -> None:
        """Note that the call was not made after all."""
        moment = self._moments.get(person)
        if moment is not None:
            moment.flying -= 1

    def landed(self, person: Person, delivery: str, now: int, *, arrived: bool | None) -> None:
        """Note how it ended: it arrived, it did not, or nobody knows (None)."""
        moment = self._moments.get(person)
        if moment is None:
            return
        moment.flying -= 1
        moment.doubtful.discard(delivery)
        if arrived is None:
            moment.doubtful.add(delivery)
        self._note(person, now, pinged=arrived is not False)
        self._forget_some(now)

    def _note(self, person: Person, now: int, *, pinged: bool) -> None:
        channel, who = person
        moment = self._moments[person]
        kept = channel in self._known_from
        if pinged and kept:
            self._last[channel][who] = now
        if not moment.flying and not moment.doubtful and not (pinged and kept):
            del self._moments[person]

    def _forget_some(self, now: int) -> None:
        self._landings += 1
        if self._landings % _SWEEP == 0:
            self.forget(now)

    def forget(self, now: int) -> None:
        """Drop what no window can still ask for."""
        since = now - self._longest
        for channel, last in self._last.items():
            self._last[channel] = {who: at for who, at in last.items() if at > since}
            self._known_from[channel] = max(self._known_from[channel], since)
        self._moments = {
            person: moment for person, moment in self._moments.items() if _alive(moment, since, now)
        }


def _alive(moment: Moment, since: int, now: int) -> bool:
    recent = moment.began > (since if moment.doubtful else now - MOMENT)
    return bool(moment.flying) or recent
