"""`collapse_key`: what becomes of a delivery among those before and after it. Pure."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from gateway.reasons import Reason
from gateway.store.collapsing import Sibling
from gateway.store.window import DueRow


@dataclass(frozen=True, slots=True)
class Wait:
    """Something of the family is in the air, or goes before it: look again, at `due` at once."""

    due: int | None = None


@dataclass(frozen=True, slots=True)
class Carried:
    """A later one takes its place."""

    by: str


@dataclass(frozen=True, slots=True)
class Goes:
    """It is the newest: it goes out and takes the place of `over`.

    `replaces` is the delivery whose card it changes, and that card; None: it is a new card.
    """

    over: tuple[str, ...] = ()
    replaces: tuple[str, str] | None = None


Fate = Wait | Carried | Goes


@dataclass(frozen=True, slots=True)
class Moment:
    """What else decides.

    Attributes:
        now: The time, in UTC milliseconds.
        busy: The deliveries that are in the air.
        updates: Whether the channel can change a card.
        suspect: Tells whether a former owner may have sent what was due then.
    """

    now: int
    busy: Collection[str]
    updates: bool
    suspect: Callable[[int], bool]


def fate(row: DueRow, family: Sequence[Sibling], moment: Moment) -> Fate:
    """Return what becomes of a due delivery. The order is that of the ids.

    What the platform may have already as a card of its own is never passed over: it is sent once
    more under its own key, which the platform refuses to repeat, and then its card is changed.
    """
    others = [one for one in family if one.id != row.id]
    if any(one.id in moment.busy for one in others):
        return Wait()
    earlier = [one for one in others if one.id < row.id]
    shown = [one for one in earlier if _changes(one, moment)]
    later = [one for one in others if one.id > row.id and _counts(one, moment.now)]
    if later and (shown or not _doubted(row, moment)):
        return Carried(later[-1].id)
    doubts = [one for one in earlier if not shown and _in_doubt(one, moment)]
    if doubts:
        due = doubts[-1].due or 0
        return Wait(due if due > moment.now else None)
    waiting = tuple(one.id for one in earlier if not one.shown)
    return Goes(waiting, (shown[-1].id, shown[-1].message_id or "") if shown else None)


def _changes(one: Sibling, moment: Moment) -> bool:
    """Tell whether its card can become another's."""
    return moment.updates and one.shown and bool(one.message_id) and not one.recalled


def _doubted(row: DueRow, moment: Moment) -> bool:
    return moment.updates and (row.maybe_duplicate or moment.suspect(row.due))


def _counts(one: Sibling, now: int) -> bool:
    """Tell whether a later one has its turn already: one that is scheduled has not."""
    scheduled = one.held == Reason.SCHEDULED and (one.due or 0) > now
    return one.shown or not scheduled


def _in_doubt(one: Sibling, moment: Moment) -> bool:
    suspect = one.due is not None and moment.suspect(one.due)
    return moment.updates and not one.shown and (one.doubtful or suspect)
