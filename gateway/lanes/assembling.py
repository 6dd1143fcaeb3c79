"""From what was held to digests: a lane's ripe deliveries, page by page, in bounded memory."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby

from gateway.card import Card
from gateway.connections import Live
from gateway.digest import Member, Weight, parts, weigh
from gateway.engine import Lease
from gateway.lanes.admitting import window_of
from gateway.lanes.plan import Work
from gateway.lanes.tools import Tools
from gateway.preferences import quiet_until
from gateway.store.digests import (
    FIRST,
    Merge,
    RipeRequest,
    RipeRow,
    card_of,
    carrier_of,
    merge,
    read_ripe,
)
from gateway.store.window import StoredCards, read_cards
from gateway.windows import Windows

PAGE = 2000
CARDS = 200
_ALONE = Weight(0, 0, alone=True)


@dataclass(frozen=True, slots=True)
class Assembly:
    """Makes digests of all that is ripe on a lane; what is not, because it may not go, stays."""

    lane: str
    lease: Lease
    tools: Tools
    windows: Windows
    lives: Mapping[str, Live]
    named: frozenset[str]

    async def run(self) -> bool:
        """Make the digests of one page, and tell whether there was anything to make.

        Between two pages the lane sends, so that what is urgent does not wait for all of them.
        """
        after = FIRST
        while not self.lease.lost:
            request = RipeRequest(self.lane, self.tools.now(), sorted(self.lives), after, PAGE)
            page = await self.tools.store.read(partial(read_ripe, request=request))
            whole = _whole_groups(page)
            if not whole:
                return False
            if going := [row for row in whole if self._may_go(row)]:
                await self._merge(going)
                return True
            after = whole[-1].place
        return False

    def _may_go(self, row: RipeRow) -> bool:
        """Tell whether the row's person may be notified now: the same that `admit` asks."""
        now = self.tools.now()
        person = (row.channel, row.who)
        if row.id in self.named or self.windows.belongs(person, row.due, now):
            return True
        if quiet_until(row.quiet, now) is not None or self.windows.notifying(person):
            return False
        return self.windows.opens_at(person, window_of(row, self.lives[row.channel]), now) <= now

    async def _merge(self, rows: Sequence[RipeRow]) -> None:
        weights = await self._weights(rows)
        made = [part for group in _alike(rows) for part in self._parts(group, weights)]
        item = Merge(self.lease.shard, self.lease.epoch, self.tools.now(), made)
        self.lease.lost = not await self.tools.store.fold(merge, item) or self.lease.lost

    def _parts(
        self, group: Sequence[RipeRow], weights: Mapping[str, Weight]
    ) -> Iterator[Sequence[str]]:
        room = self.lives[group[0].channel].channel_type.digest_room
        if len(group) == 1:
            return iter([[group[0].id]])
        return parts(((row.id, weights[row.id]) for row in group), room)

    async def _weights(self, rows: Sequence[RipeRow]) -> dict[str, Weight]:
        """Weigh what may share a card; a digest that was made before is as it is."""
        shared = [row for group in _alike(rows) if len(group) > 1 for row in group]
        weights = {row.id: _ALONE for row in shared if carrier_of(row.card_key)}
        plain = [row for row in shared if row.id not in weights]
        for start in range(0, len(plain), CARDS):
            chunk = plain[start : start + CARDS]
            ids = {row.notification for row in chunk}
            stored = await self.tools.store.read(partial(read_cards, ids=ids))
            weights |= _weighed(chunk, stored)
        return weights


def _weighed(rows: Iterable[RipeRow], stored: Mapping[str, StoredCards]) -> dict[str, Weight]:
    cards: dict[str, Card] = {}
    weights = {}
    for row in rows:
        if row.card_key not in cards:
            text = card_of(stored[row.notification], row.card_key)
            cards[row.card_key] = Card.model_validate_json(text)
        weights[row.id] = weigh(Member(row.id, cards[row.card_key]))
    return weights


def _alike(rows: Iterable[RipeRow]) -> Iterator[list[RipeRow]]:
    """Group what may share a card: one person, one digest key, one way to fall back."""
    for _, group in groupby(rows, key=lambda row: row.place[:-1]):
        by_fallback: dict[tuple[str, ...], list[RipeRow]] = {}
        for row in group:
            by_fallback.setdefault(tuple(row.fallback or ()), []).append(row)
        yield from by_fallback.values()


def _whole_groups(page: Sequence[RipeRow]) -> Sequence[RipeRow]:
    """Leave a group that goes on behind a full page for the next one, unless it is all there is."""
    if len(page) < PAGE:
        return page
    last = page[-1].place[:-1]
    whole = [row for row in page if row.place[:-1] != last]
    return whole or page


def lives_of(works: Iterable[Work]) -> dict[str, Live]:
    """Return the open channels of these deliveries by name."""
    return {work.row.channel: work.live for work in works}
