"""What each delivery is to show: its card, with mentions known and pictures uploaded."""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.card import Card
from gateway.connections import Live
from gateway.lanes.media import Pictures
from gateway.lanes.plan import Prepared, Work
from gateway.store import Store
from gateway.store.bindings import read_bindings
from gateway.store.window import read_cards

MOST_CARDS = 256


@dataclass(frozen=True, slots=True)
class _Stored:
    card: Card
    overrides: Mapping[str, Any]


@dataclass(eq=False, slots=True)
class Preparer:
    """Reads cards once for each window and keeps the last few: equal cards are parsed once."""

    store: Store
    pictures: Pictures
    _cards: OrderedDict[str, _Stored] = field(default_factory=OrderedDict)

    async def prepare(self, works: Sequence[Work]) -> list[Prepared]:
        """Return what each of `works` is to show, in order."""
        await self._load(works)
        done: dict[tuple[str, Live], Prepared] = {}
        for work in works:
            place = (work.row.card_key, work.live)
            if place not in done:
                done[place] = await self._for_channel(self._cards[work.row.card_key], work.live)
        return [done[work.row.card_key, work.live] for work in works]

    async def _for_channel(self, stored: _Stored, live: Live) -> Prepared:
        card = await self._mentioning(stored.card, live)
        card = await self.pictures.uploaded(card, live)
        overrides = stored.overrides.get(live.row.name, {})
        return Prepared(card, overrides, _digest(card, overrides))

    async def _mentioning(self, card: Card, live: Live) -> Card:
        if not card.mentions:
            return card
        row = live.row
        known = await self.store.read(
            lambda c: read_bindings(c, row.tenant, row.name, card.mentions)
        )
        return card.mentioning(
            {key: one.identity for key, one in known.items() if one.identity is not None}
        )

    async def _load(self, works: Sequence[Work]) -> None:
        missing = {w.row.card_key: w.row.notification for w in works}
        missing = {key: ntf for key, ntf in missing.items() if key not in self._cards}
        if missing:
            ids = list(missing.values())
            rows = await self.store.read(lambda c: read_cards(c, ids))
            for key, notification in missing.items():
                self._keep(key, *rows[notification])
        for work in works:
            self._cards.move_to_end(work.row.card_key)
        while len(self._cards) > max(MOST_CARDS, len(works)):
            self._cards.popitem(last=False)

    def _keep(self, key: str, card: str, body: Mapping[str, Any]) -> None:
        self._cards[key] = _Stored(Card.model_validate_json(card), body.get("overrides") or {})


def _digest(card: Card, overrides: Mapping[str, Any]) -> str:
    mentions = [
        sorted(block.identities.items()) for block in card.blocks if block.type == "mention"
    ]
    text = card.model_dump_json() + json.dumps([overrides, mentions], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
