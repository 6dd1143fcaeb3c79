"""A channel type whose platform is a few lists, and which misbehaves on request."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel, SecretStr

from gateway.card import Card
from gateway.errors import DeliveryError, RecipientError
from gateway.models import Identity, Receipt, Recipient
from gateway.plugin import (
    Batches,
    Channel,
    ChannelType,
    Check,
    Context,
    Limits,
    MentionBlock,
    Payload,
    ResolvesInBulk,
)

Misdeed = Callable[[Identity], Awaitable[Receipt | None]]


@dataclass
class Platform:
    """What the toy's far end saw; `misdeeds` are asked first at every send."""

    sends: list[tuple[str, str, str]] = field(default_factory=list)
    batches: list[list[str]] = field(default_factory=list)
    lookups: list[int] = field(default_factory=list)
    misdeed: Misdeed | None = None
    unknown: set[str] = field(default_factory=set)
    at: list[float] = field(default_factory=list)
    mentions: list[dict[str, str]] = field(default_factory=list)


class Credential(BaseModel):
    app: str = "toy"
    token: SecretStr = SecretStr("toy-token")


class Toy(Channel[Credential]):
    def __init__(self, credential: Credential, context: Context, platform: Platform) -> None:
        super().__init__(credential, context)
        self.platform = platform

    async def check(self) -> Sequence[Check]:
        return [Check("token", "Token", "ok")]

    async def resolve(self, recipient: Recipient) -> Identity:
        self.platform.lookups.append(1)
        return self._find(recipient)

    def _find(self, recipient: Recipient) -> Identity:
        if recipient.id in self.platform.unknown:
            raise RecipientError("nobody has that address")
        return Identity(f"p-{recipient.id}", "toy_id")

    def render(self, card: Card) -> Payload:
        mentions = [b.identities for b in card.blocks if isinstance(b, MentionBlock)]
        self.platform.mentions += [dict(known) for known in mentions]
        return {"title": card.title}

    async def send(self, to: Identity, payload: Payload, *, key: str) -> Receipt:
        if self.platform.misdeed is not None:
            answer = await self.platform.misdeed(to)
            if answer is not None:
                return answer
        await asyncio.sleep(0)
        self.platform.sends.append((to.id, str(payload["title"]), key))
        self.platform.at.append(self.context.clock.now().timestamp())
        return Receipt(f"m-{len(self.platform.sends)}", http_status=200, provider_code="0")


class BulkToy(Toy, ResolvesInBulk, Batches):
    batch_limit = 20

    def lookups(self, recipients: Sequence[Recipient]) -> Sequence[Sequence[Recipient]]:
        return [recipients[start : start + 50] for start in range(0, len(recipients), 50)]

    async def resolve_many(
        self, recipients: Sequence[Recipient]
    ) -> Sequence[Identity | DeliveryError]:
        self.platform.lookups.append(len(recipients))
        return [self._answer(recipient) for recipient in recipients]

    def _answer(self, recipient: Recipient) -> Identity | DeliveryError:
        try:
            return self._find(recipient)
        except DeliveryError as error:
            return error

    async def send_batch(
        self, to: Sequence[Identity], payload: Payload, *, key: str
    ) -> Sequence[Receipt | DeliveryError]:
        self.platform.batches.append([one.id for one in to])
        return [Receipt(f"b-{len(self.platform.batches)}", batch=True) for _ in to]


def toy_type(
    platform: Platform,
    name: str = "toy",
    *,
    bulk: bool = False,
    limits: Limits | None = None,
) -> ChannelType:
    kind = BulkToy if bulk else Toy

    def connect(credential: Credential, context: Context) -> Toy:
        return kind(credential, context, platform)

    return ChannelType(name, name, Credential, kind, connect=connect, limits=limits or Limits())
