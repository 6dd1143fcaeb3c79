"""Asks a platform about people on an admin's word: paced as lanes are, counted, in few calls."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, TypeVar

from gateway.connections import Live, NotConfiguredError
from gateway.directory import channel_row
from gateway.errors import (
    ContentError,
    CredentialError,
    DeliveryError,
    RateLimitedError,
    ScopeMissingError,
)
from gateway.fence import PluginFault
from gateway.lanes.calls import guarded
from gateway.lanes.resolving import Answer, Lookup, ask, lookups
from gateway.models import Identity, Recipient
from gateway.plugin import Browses, Clock, Page, Person
from gateway.problems import PlatformFacts, ProblemError, invalid
from gateway.store import Store

RESOLVE = "resolve"
PAGE_LASTS = timedelta(seconds=60)
MOST_TRIES = 4
LONGEST_WAIT = timedelta(seconds=5)
MOST_PAGES = 2_000
MOST_PEOPLE = 50_000

T = TypeVar("T")


class Gate(Protocol):
    """Paces the look-ups of one lane."""

    def call(self, purpose: str, live: Live) -> AbstractAsyncContextManager[None]:
        """Wait for the pace, and hold a place while the call is in the air."""


class Lanes(Protocol):
    """Where a channel's pace and books are kept."""

    async def gate(self, live: Live) -> Gate:
        """Return what paces the look-ups of a channel's lane."""

    async def write_usage(self, lives: Iterable[Live]) -> None:
        """Add what channels have called to the books."""


class Connections(Protocol):
    """Opens channels."""

    async def live(self, tenant: str, name: str, version: int) -> Live:
        """Return the open channel in a stored version; raises `NotConfiguredError`."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Opens channels for questions about people."""

    store: Store
    connections: Connections
    lanes: Lanes
    clock: Clock
    clean: Callable[[str], str]

    @asynccontextmanager
    async def open(self, tenant: str, channel: str) -> AsyncIterator["Questions"]:
        """Yield the channel; its calls are in the books afterwards.

        Raises:
            ProblemError: There is no such channel, or it cannot be opened.
        """
        row = await self.store.read(lambda connection: channel_row(connection, tenant, channel))
        try:
            # Another process may have changed the channel since it was opened in this one.
            live = await self.connections.live(tenant, channel, row.version)
        except NotConfiguredError as error:
            raise ProblemError(error.code, str(error)) from None
        try:
            yield Questions(live, self, live.calls.total)
        finally:
            await self.lanes.write_usage([live])


@dataclass(frozen=True, slots=True)
class Questions:
    """An open channel that answers questions about people."""

    live: Live
    asking: Asking
    calls_before: int

    @property
    def calls(self) -> int:
        """The provider calls made on the channel since it was opened for this."""
        return self.live.calls.total - self.calls_before

    async def look_up(self, recipients: Sequence[Recipient]) -> dict[Recipient, Answer]:
        """Look recipients up in as few calls as the platform permits; each gets an answer.

        The first call goes alone: where a permission is missing, it is the only one.

        Raises:
            CredentialError: The application may not look people up, or not log in.
        """
        gate = await self.asking.lanes.gate(self.live)
        parts = lookups(self.live, recipients)
        answers = [await self._ask(part, gate) for part in parts[:1]]
        _raise_credential(answers)
        answers += await asyncio.gather(*(self._ask(part, gate) for part in parts[1:]))
        asked = zip(parts, answers, strict=True)
        return {one: said for part, told in asked for one, said in _each(part, told)}

    async def page(self, query: str, cursor: str | None) -> Page:
        """Return one page of the directory.

        Raises:
            ProblemError: The channel has none.
            DeliveryError: The platform refused.
        """
        channel = self._browsing()
        return await self._patient(lambda: channel.browse(query, cursor), Page)

    async def everybody(self) -> list[Person]:
        """Return everybody in the directory once.

        Raises:
            ProblemError: The channel has none, or it has no end.
            DeliveryError: The platform refused.
        """
        people: dict[Identity, Person] = {}
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            page = await self.page("", cursor)
            people.update({person.identity: person for person in page.people})
            cursor = page.next_cursor
            if cursor is None:
                return list(people.values())
            if len(people) > MOST_PEOPLE:
                break
        raise ProblemError("not_supported", TOO_LARGE)

    async def describe(self, identities: Sequence[Identity]) -> Sequence[Person | Exception]:
        """Return what the platform tells of each.

        Raises:
            ProblemError: The channel has no directory.
            DeliveryError: The platform refused the whole question.
        """
        channel = self._browsing()
        told = await self._patient(lambda: channel.describe(identities), Sequence)
        if len(told) != len(identities):
            raise PluginFault("describe did not return one result for each")
        return list(told)

    def clean(self, text: str) -> str:
        """Return a platform's words without any secret."""
        return self.asking.clean(text)

    def cleaned(self, told: Person | Exception) -> Person | str:
        """Return a person, or in clean words why there is none."""
        return told if isinstance(told, Person) else self.clean(str(told))

    def refusal(self, error: Exception) -> ProblemError:
        """Return the problem that a platform's refusal is for the caller."""
        return refusal(error, self.asking.clean)

    def _browsing(self) -> Browses:
        channel = self.live.channel
        if not isinstance(channel, Browses):
            name = self.live.channel_type.name
            raise ProblemError("not_supported", f"{name} has no directory to look into")
        return channel

    async def _ask(self, part: Lookup, gate: Gate) -> list[Answer]:
        """Make one call; where one person spoils it, ask about the others without them."""
        answers = await self._ask_once(part, gate)
        half = len(part.recipients) // 2
        if not half or not isinstance(answers[0], ContentError):
            return answers
        halves = part.recipients[:half], part.recipients[half:]
        told = [await self._ask(Lookup(self.live, each), gate) for each in halves]
        return [answer for each in told for answer in each]

    async def _ask_once(self, part: Lookup, gate: Gate) -> list[Answer]:
        answers: list[Answer] = []
        for _ in range(MOST_TRIES):
            async with gate.call(RESOLVE, self.live):
                answers = await ask(part)
            if not isinstance(answers[0], RateLimitedError):
                break
            await self._wait(answers[0])
        return answers

    async def _patient(self, call: Callable[[], Awaitable[T]], kind: type) -> T:
        """Make one call; again where the platform was asked too fast."""
        for tries in range(MOST_TRIES):
            answer = await guarded(call, PAGE_LASTS)
            if isinstance(answer, RateLimitedError) and tries < MOST_TRIES - 1:
                await self._wait(answer)
                continue
            if isinstance(answer, Exception):
                raise answer
            if isinstance(answer, kind):
                return answer
            break
        raise PluginFault(f"the plugin returned no {kind.__name__}")

    async def _wait(self, error: RateLimitedError) -> None:
        seconds = min(error.retry_after, LONGEST_WAIT) / timedelta(seconds=1)
        await self.asking.clock.sleep(seconds)


TOO_LARGE = (
    f"the directory has more than {MOST_PEOPLE:,} people: grant the permission that looks people "
    "up by address, so that nobody has to be listed"
)


def refusal(error: Exception, clean: Callable[[str], str] = str) -> ProblemError:
    """Return the problem that a platform's refusal is for the caller."""
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, PluginFault):
        return ProblemError("plugin_failed", clean(str(error)))
    if isinstance(error, ContentError):
        return invalid(["query", "cursor"], clean(error.message))
    facts = _facts(error) if isinstance(error, DeliveryError) else PlatformFacts()
    return ProblemError(_code(error), clean(str(error)), facts=facts)


def _code(error: Exception) -> str:
    if isinstance(error, ScopeMissingError):
        return "permission_missing"
    return "credential_refused" if isinstance(error, CredentialError) else "platform_unavailable"


def _facts(error: DeliveryError) -> PlatformFacts:
    facts = PlatformFacts(fix_url=error.fix_url, provider_code=error.provider_code)
    if isinstance(error, ScopeMissingError):
        facts["scopes"] = list(error.scopes)
    return facts


def _raise_credential(answers: Sequence[Sequence[Answer]]) -> None:
    for answer in (one for told in answers for one in told):
        if isinstance(answer, CredentialError):
            raise answer


def _each(part: Lookup, answers: Sequence[Answer]) -> Iterable[tuple[Recipient, Answer]]:
    return zip(part.recipients, answers, strict=True)
