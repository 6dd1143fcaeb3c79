"""What each delivery is to show: its card, with mentions known and pictures uploaded."""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from gateway.card import Card, MentionBlock
from gateway.connections import Live
from gateway.digest import Member, digest_card
from gateway.lanes.media import Pictures
from gateway.lanes.mentions import Mentioned, calling, read_mentioned
from gateway.lanes.plan import Prepared, Work
from gateway.plugin import Envelopes
from gateway.store import Store
from gateway.store.digests import DigestRow, carrier_of, read_digests
from gateway.store.window import DueRow, StoredCards, read_cards

MOST_CARDS = 256


@dataclass(frozen=True, slots=True)
class Stored:
    """A card as it was posted, and what the application said besides."""

    card: Card
    request: Mapping[str, Any]


Cards = Mapping[str, Stored]


@dataclass(eq=False, slots=True)
class Preparer:
    """Reads cards once for each window and keeps the last few: equal cards are parsed once."""

    store: Store
    pictures: Pictures
    _cards: OrderedDict[str, Stored] = field(default_factory=OrderedDict)

    async def prepare(self, works: Sequence[Work], cards: Cards) -> list[Prepared]:
        """Return what each of `works` is to show, in order; `cards` is what `load` returned."""
        done: dict[tuple[str, Live], Prepared] = {}
        for work in works:
            place = (key_of(work), work.live)
            if place not in done:
                done[place] = await self._for_channel(work, cards[key_of(work)])
        return [done[key_of(work), work.live] for work in works]

    async def _for_channel(self, work: Work, stored: Stored) -> Prepared:
        live = work.live
        card = await self._mentioning(stored.card, live)
        card = await self.pictures.uploaded(card, live)
        overrides = (stored.request.get("overrides") or {}).get(live.row.name, {})
        content = work.row.card_key if card is stored.card else _digest(card)
        return Prepared(card, stored.request, overrides, content)

    async def _mentioning(self, card: Card, live: Live) -> Card:
        if not card.mentions:
            return card
        wanted = Mentioned(live, card.mentions)
        known = await self.store.read(lambda c: read_mentioned(c, wanted))
        return calling(card, known)

    async def load(self, works: Sequence[Work]) -> Cards:
        """Return the cards of `works` by key; other lanes may push them out meanwhile.

        A card that was replaced since its delivery was read is left out: that one is read again.
        """
        wanted = {key_of(work): work.row for work in works}
        digests = [key for key in wanted if carrier_of(key) and key not in self._cards]
        made = await self._digests(digests)
        known = {key: self._cards[key] for key in wanted if key in self._cards}
        known |= made
        missing = {key: wanted[key] for key in wanted if key not in known}
        if missing:
            ids = tuple(row.notification for row in missing.values())
            rows = await self.store.gather(_read_cards, ids)
            known |= {
                key: _parsed(row.card_key, rows[row.notification])
                for key, row in missing.items()
                if _has(rows, row)
            }
        # A digest is put together anew each time: what it shows may have changed.
        self._keep({key: one for key, one in known.items() if key not in made})
        return known

    async def _digests(self, keys: Sequence[str]) -> dict[str, Stored]:
        """Put together the cards that each show several notifications."""
        rows = await self.store.read(lambda c: read_digests(c, keys)) if keys else {}
        return {key: _digested(row) for key, row in rows.items()}

    def _keep(self, known: Mapping[str, Stored]) -> None:
        for key, stored in known.items():
            self._cards[key] = stored
            self._cards.move_to_end(key)
        while len(self._cards) > MOST_CARDS:
            self._cards.popitem(last=False)


Rows = dict[str, StoredCards]


def _read_cards(connection: Connection, items: Sequence[Sequence[str]]) -> list[Rows]:
    """Read every card that any of `items` names; each finds its own among them."""
    rows = read_cards(connection, {one for item in items for one in item})
    return [rows for _ in items]


def _has(rows: Rows, row: DueRow) -> bool:
    return row.notification in rows and row.card_key in rows[row.notification].cards


def key_of(work: Work) -> str:
    """Return what those share who are shown the same.

    Equal cards do, of whichever notification; but a receiver that hears what the application said
    besides has to hear it of its own notification.
    """
    row = work.row
    if carrier_of(row.card_key) or not isinstance(work.live.channel, Envelopes):
        return row.card_key
    return f"{row.notification} {row.card_key}"


def _parsed(key: str, stored: StoredCards) -> Stored:
    return Stored(Card.model_validate_json(stored.cards[key]), stored.body)


def _digested(row: DigestRow) -> Stored:
    members = [Member(one, Card.model_validate_json(card)) for one, card in row.members]
    # What the application wrote into one payload has no place in a card of several.
    request = {name: value for name, value in row.body.items() if name != "overrides"}
    return Stored(digest_card(members, row.locale), request)


def _digest(card: Card) -> str:
    """Return what equal cards share, once they know who is mentioned and have their pictures."""
    blocks = [b for b in card.blocks if isinstance(b, MentionBlock)]
    known = [(sorted(b.identities.items()), sorted(b.kinds.items())) for b in blocks]
    text = card.model_dump_json() + json.dumps(known)
    return hashlib.sha256(text.encode()).hexdigest()
