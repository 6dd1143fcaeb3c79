"""A toy whose cards can be changed and taken back; its platform shows what it was told."""

import asyncio
from dataclasses import dataclass, field

from gateway.card import Card, NoteBlock
from gateway.errors import ContentError
from gateway.models import Identity, Receipt
from gateway.plugin import ChannelType, Limits, Payload, Recalls, Updates
from tests.gateway.lanes.toy import Credential, Platform, Toy


@dataclass
class Board(Platform):
    """What people see: the card behind each message, and everything it ever showed."""

    cards: dict[str, str] = field(default_factory=dict)
    shown: dict[str, list[str]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    update_keys: list[str] = field(default_factory=list)
    recalled: list[str] = field(default_factory=list)
    refusals: list[Exception] = field(default_factory=list)
    gate: asyncio.Event | None = None
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def admit(self) -> None:
        """Wait where the test closed the gate; refuse what it wants refused."""
        self.arrived.set()
        if self.gate is not None:
            await self.gate.wait()
        if self.refusals:
            raise self.refusals.pop(0)


class Updatable(Toy, Updates):
    """A toy that refuses to send twice under one key, as platforms with such keys do."""

    platform: Board

    def render(self, card: Card) -> Payload:
        notes = [block.text for block in card.blocks if isinstance(block, NoteBlock)]
        return {"title": " ".join([card.title, *notes])}

    async def send(self, to: Identity, payload: Payload, *, key: str) -> Receipt:
        board = self.platform
        if key in board.keys:
            return Receipt(board.keys[key])
        receipt = await super().send(to, payload, key=key)
        board.keys[key] = receipt.message_id
        board.cards[receipt.message_id] = str(payload["title"])
        board.shown[receipt.message_id] = [str(payload["title"])]
        return receipt

    async def update(self, message_id: str, payload: Payload, *, key: str) -> Receipt:
        board = self.platform
        board.update_keys.append(key)
        await board.admit()
        if message_id not in board.cards:
            raise ContentError("the message is gone")
        board.cards[message_id] = str(payload["title"])
        board.shown[message_id].append(str(payload["title"]))
        return Receipt(message_id, http_status=200)


class Changeable(Updatable, Recalls):
    async def recall(self, receipt: Receipt) -> None:
        await self.platform.admit()
        self.platform.recalled.append(receipt.message_id)
        self.platform.cards.pop(receipt.message_id, None)


def board_type(
    board: Board, name: str = "toy", kind: type[Toy] = Changeable, limits: Limits | None = None
) -> ChannelType:
    return ChannelType(
        name,
        name,
        Credential,
        kind,
        connect=lambda credential, context: kind(credential, context, board),
        limits=limits or Limits(),
    )
