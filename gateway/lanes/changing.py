"""Cards that are to change: from due rows to provider calls, beside what is sent anew.

A change pings nobody: windows and quiet hours do not hold it, the pace and the quota do.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from gateway.card import Card, NoteBlock
from gateway.connections import NotConfiguredError
from gateway.lanes import plan
from gateway.lanes.collapsing import Carried, Fate, Goes, Moment, Wait, fate
from gateway.lanes.plan import RECALL, UPDATE, Change, Group, Prepared, Settled, Work
from gateway.lanes.preparing import Cards, key_of
from gateway.lanes.tools import Tools
from gateway.lanes.windows import open_channels, within_quota
from gateway.models import Identity, Receipt, State
from gateway.plugin import Updates
from gateway.reasons import Reason
from gateway.store.collapsing import FamilyName, TakeOver, read_families, take_over
from gateway.store.window import DueRow

MESSAGE = "message"
WITHDRAWN = "已撤回 Withdrawn"


@dataclass(frozen=True, slots=True)
class Sight:
    """What a lane knows besides its rows: what is in the air, and what may have been sent."""

    busy: Collection[str]
    suspect: Callable[[int], bool]


@dataclass(frozen=True, slots=True)
class Sorted:
    """What a window came to. A row that is in none of the parts waits for its turn.

    Attributes:
        fresh: Deliveries that are to be sent as cards of their own.
        settled: Deliveries that need no call; those of sent cards stay sent.
        groups: Calls that change a card.
    """

    fresh: Sequence[DueRow]
    settled: Sequence[Settled] = ()
    groups: Sequence[Group] = ()


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A change before it is known whether it may go."""

    row: DueRow
    purpose: str
    receipt: Receipt
    replaces: str | None = None


async def sort(rows: Sequence[DueRow], tools: Tools, sight: Sight) -> Sorted:
    """Part what changes a card from what is sent."""
    families = [row for row in rows if row.collapse_key is not None]
    if not families and not any(row.change for row in rows):
        return Sorted(rows)
    fates = await _fates(families, tools, sight)
    await _take_over(fates, tools)
    others = [row for row in rows if row.change is None]
    fresh = [row for row in others if _is_fresh(fates.get(row.id))]
    moved = [one for row in others if (one := _moved(row, fates.get(row.id))) is not None]
    kept, groups = await _ready(_own(rows, fates) + _replacing(others, fates), tools)
    return Sorted(fresh, [*moved, *kept], groups)


async def _fates(rows: Sequence[DueRow], tools: Tools, sight: Sight) -> Mapping[str, Fate]:
    # Whatever lands while families are read still counts as in the air: they were read before.
    before = replace(sight, busy=frozenset(sight.busy))
    found = await asyncio.gather(*(_fate(row, tools, before) for row in rows))
    return {row.id: its for row, its in zip(rows, found, strict=True)}


async def _fate(row: DueRow, tools: Tools, sight: Sight) -> Fate:
    name = FamilyName(row.tenant, row.collapse_key or "", row.recipient, row.channel)
    updates = await _updates(row, tools)
    family = await tools.store.gather(read_families, name)
    return fate(row, family, Moment(tools.now(), sight.busy, updates, sight.suspect))


async def _updates(row: DueRow, tools: Tools) -> bool:
    try:
        live = await tools.connections.live(row.tenant, row.channel, row.version)
    except NotConfiguredError:
        return False
    return isinstance(live.channel, Updates)


async def _take_over(fates: Mapping[str, Fate], tools: Tools) -> None:
    now = tools.now()
    going = {carrier: one for carrier, one in fates.items() if isinstance(one, Goes)}
    items = [TakeOver(one.over, carrier, now) for carrier, one in going.items() if one.over]
    await asyncio.gather(*(tools.store.fold(take_over, item) for item in items))


def _is_fresh(its: Fate | None) -> bool:
    return its is None or (isinstance(its, Goes) and its.replaces is None)


def _moved(row: DueRow, its: Fate | None) -> Settled | None:
    """Return where a delivery goes that is not sent now."""
    if isinstance(its, Carried):
        return Settled(row, State.SUPERSEDED, Reason.COLLAPSED, carried_by=its.by)
    if isinstance(its, Wait) and its.due is not None:
        return Settled(row, State.QUEUED, None, its.due)
    return None


def _own(rows: Sequence[DueRow], fates: Mapping[str, Fate]) -> list[_Wanted]:
    """Return the changes that were asked of sent cards and that nothing of their family hinders."""
    taken = {one.replaces[0] for one in fates.values() if isinstance(one, Goes) and one.replaces}
    return [
        _Wanted(row, row.change, Receipt(row.message_id or "", batch=row.batch))
        for row in rows
        if row.change is not None
        and row.id not in taken
        and not isinstance(fates.get(row.id), Wait)
    ]


def _replacing(rows: Sequence[DueRow], fates: Mapping[str, Fate]) -> list[_Wanted]:
    wanted = []
    for row in rows:
        its = fates.get(row.id)
        if isinstance(its, Goes) and its.replaces is not None:
            earlier, message_id = its.replaces
            wanted.append(_Wanted(row, UPDATE, Receipt(message_id), earlier))
    return wanted


async def _ready(wanted: Sequence[_Wanted], tools: Tools) -> tuple[list[Settled], list[Group]]:
    now = tools.now()
    by_id = {one.row.id: one for one in wanted}
    early = {one.row.id: _early(one.row, now) for one in wanted}
    going = [one.row for one in wanted if early[one.row.id] is None]
    going = plan.first_of_each(going, lambda row: plan.probes_only(row, now))
    works, unconfigured = await open_channels(going, tools, now)
    works, spent = within_quota(works, now)
    cards = await tools.preparer.load(works)
    groups = [
        await _group(work, by_id[work.row.id], cards, tools)
        for work in works
        if key_of(work) in cards or by_id[work.row.id].purpose == RECALL
    ]
    return [*filter(None, early.values()), *unconfigured, *spent], groups


def _early(row: DueRow, now: int) -> Settled | None:
    """Whom a sent card is for does not matter any more: it is there."""
    return plan.settle_by_channel(row, now) if row.change else plan.settle_early(row, now)


async def _group(work: Work, wanted: _Wanted, cards: Cards, tools: Tools) -> Group:
    if wanted.purpose == RECALL:
        prepared = _withdrawn(work, cards)
    else:
        [prepared] = await tools.preparer.prepare([work], cards)
    message = Identity(wanted.receipt.message_id, MESSAGE)
    change = Change(work, message, prepared, wanted.purpose, wanted.receipt, wanted.replaces)
    return Group(wanted.purpose, work.live, (change,))


def _withdrawn(work: Work, cards: Cards) -> Prepared:
    """Return what a card shows that cannot be taken back, but changed."""
    stored = cards.get(key_of(work))
    title = stored.card.title if stored else WITHDRAWN
    card = Card(title=title, blocks=(NoteBlock(type="note", text=WITHDRAWN),))
    return Prepared(card, stored.request if stored else {}, {}, "")
