"""A channel type whose people a test makes up, and everything that asking them takes."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

from pydantic import BaseModel

from gateway.connections import Live
from gateway.errors import DeliveryError
from gateway.models import Identity, Receipt, Recipient
from gateway.people.asking import Asking, Questions
from gateway.plugin import (
    Browses,
    Card,
    Channel,
    ChannelType,
    Check,
    Limits,
    Page,
    Payload,
    Person,
    ResolvesInBulk,
)
from gateway.store import Store
from gateway.testing.clock import FakeClock

Told = Identity | DeliveryError


class Config(BaseModel):
    """Nothing to fill in."""


class Single(Channel[Any]):
    """Looks people up one by one; `answers` is what the platform says."""

    def __init__(self, **answers: object) -> None:
        self.answers = {key.replace("_at_", "@"): said for key, said in answers.items()}
        self.asked: list[tuple[str, ...]] = []

    async def check(self) -> Sequence[Check]:
        return ()

    async def resolve(self, recipient: Recipient) -> Identity:
        self.asked.append((recipient.id,))
        return cast("Identity", self.said(recipient.id))

    def said(self, name: str) -> object:
        answer = self.answers.get(name, Identity(f"ou_{name}", "open_id"))
        if isinstance(answer, list):
            answer = answer.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def render(self, card: Card) -> Payload:
        return {}

    async def send(self, to: Identity, payload: Payload, *, key: str) -> Receipt:
        return Receipt("om_1")


class Bulk(Single, ResolvesInBulk):
    """Looks four up at once; whatever `answers` raises for one fails the whole call."""

    def lookups(self, recipients: Sequence[Recipient]) -> Sequence[Sequence[Recipient]]:
        return [recipients[start : start + 4] for start in range(0, len(recipients), 4)]

    async def resolve_many(self, recipients: Sequence[Recipient]) -> Sequence[Told]:
        self.asked.append(tuple(each.id for each in recipients))
        return [cast("Identity", self.said(each.id)) for each in recipients]


class Listed(Single, Browses):
    """Has a directory of `people`, two on a page; `answers["browse"]` may raise."""

    people: Sequence[Person] = ()

    async def browse(self, query: str = "", cursor: str | None = None) -> Page:
        if "browse" in self.answers:
            self.said("browse")
        start = int(cursor or 0)
        more = str(start + 2) if start + 2 < len(self.people) else None
        return Page(tuple(self.people[start : start + 2]), more)

    async def describe(self, identities: Sequence[Identity]) -> Sequence[Person | DeliveryError]:
        return [person for person in self.people if person.identity in identities]


@dataclass
class Lanes:
    """Paces nothing and counts who asked."""

    calls: list[str] = field(default_factory=list)

    async def gate(self, live: Live) -> "Lanes":
        return self

    @asynccontextmanager
    async def call(self, purpose: str, live: Live) -> AsyncIterator[None]:
        self.calls.append(purpose)
        yield

    async def write_usage(self, lives: Iterable[Live]) -> None:
        """Forget it."""


def live_of(channel: Channel[Any], recipients: frozenset[str] = frozenset({"email"})) -> Live:
    kind = ChannelType("toy", "Toy", Config, type(channel), recipients=recipients)
    calls = cast("Any", SimpleNamespace(total=0))
    return Live(cast("Any", None), kind, channel, Limits(), calls)


def questions_of(channel: Channel[Any], clock: FakeClock) -> Questions:
    asking = Asking(cast("Store", None), cast("Any", None), Lanes(), clock, str)
    return Questions(live_of(channel), asking, 0)
