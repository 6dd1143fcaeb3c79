"""Pictures by address: fetched once, uploaded once per channel, remembered by their address."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import httpx

from gateway.card import Block, Card, ImageBlock
from gateway.clock import to_millis
from gateway.connections import Live, Network
from gateway.egress import EgressPolicy
from gateway.lanes.calls import guarded
from gateway.plugin import Clock, Log, Uploads
from gateway.store import Store
from gateway.store.media import put_picture, read_picture

KEPT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Pictures:
    """Gives image blocks the key under which the platform knows the picture."""

    store: Store
    network: Network
    clock: Clock
    log: Log

    async def uploaded(self, card: Card, live: Live) -> Card:
        """Return the card with keys in place of addresses; what cannot be had stays a link."""
        if not isinstance(live.channel, Uploads) or not _pictures(card.blocks):
            return card
        blocks = [await self._block(block, live) for block in card.blocks]
        return card.model_copy(update={"blocks": tuple(blocks)})

    async def _block(self, block: Block, live: Live) -> Block:
        if not isinstance(block, ImageBlock) or block.url is None:
            return block
        key = await self._key(block.url, live)
        return block.model_copy(update={"key": key, "url": None}) if key else block

    async def _key(self, url: str, live: Live) -> str | None:
        now = to_millis(self.clock.now())
        source = hashlib.sha256(url.encode()).hexdigest()
        place = {"tenant": live.row.tenant, "channel": live.row.name, "source": source}
        known = await self.store.read(lambda c: read_picture(c, place, now))
        if known is not None:
            return known
        key = await self._upload(url, live)
        if key is not None:
            expires = now + KEPT // timedelta(milliseconds=1)
            await self.store.write(lambda c: put_picture(c, place, key, expires))
        return key

    async def _upload(self, url: str, live: Live) -> str | None:
        channel = live.channel
        if not isinstance(channel, Uploads):
            return None
        image = await guarded(lambda: self._fetch(url, channel.max_image_bytes), live.deadline)
        if isinstance(image, Exception):
            self.log.warning("picture not fetched", channel=live.row.name, error=str(image))
            return None
        answer = await guarded(
            lambda: channel.upload(image.content, _media_type(image)), live.deadline
        )
        if isinstance(answer, Exception):
            self.log.warning("picture not uploaded", channel=live.row.name, error=str(answer))
            return None
        return answer

    async def _fetch(self, url: str, most: int) -> httpx.Response:
        policy = EgressPolicy(allow=self.network.allow, max_answer=most)
        async with self.network.egress.client(policy) as client:
            reply = await client.get(url, extensions={"purpose": "picture"})
        reply.raise_for_status()
        return reply


def _pictures(blocks: Sequence[Block]) -> bool:
    return any(isinstance(block, ImageBlock) and block.url for block in blocks)


def _media_type(reply: httpx.Response) -> str:
    return str(reply.headers.get("content-type", "application/octet-stream")).split(";")[0]
