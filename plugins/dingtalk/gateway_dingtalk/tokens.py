"""The application's token: fetched once for all who wait, and again before it expires."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway.plugin import Clock, DeliveryError

REFRESH_BEFORE = timedelta(minutes=10)
"""Asking again earlier is of no use: the platform gives out the same token and renews it."""
ASK_AGAIN_AFTER = timedelta(minutes=1)
SHORTEST_LIFE = timedelta(minutes=1)
LONGEST_LIFE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Token:
    """A token and until when it holds."""

    value: str = field(repr=False)
    expires: datetime


class Tokens:
    """One application's token.

    Args:
        fetch: Gets one from the platform.
        clock: The time.
    """

    def __init__(self, fetch: Callable[[], Awaitable[Token]], clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._token: Token | None = None
        self._not_before: datetime | None = None
        self._flight: asyncio.Task[Token] | None = None

    async def get(self) -> str:
        """Return a token that holds; raise the `DeliveryError` of fetching it."""
        now = self._clock.now()
        token = self._token
        if token is None or now >= token.expires:
            return (await self._one_flight()).value
        if token.expires - now > REFRESH_BEFORE or not self._may_ask(now):
            return token.value
        return await self._refreshed(token)

    def drop(self, value: str) -> None:
        """Forget this token, unless another has taken its place already."""
        if self._token is not None and self._token.value == value:
            self._token = None

    def _may_ask(self, now: datetime) -> bool:
        return self._not_before is None or now >= self._not_before

    async def _refreshed(self, token: Token) -> str:
        """Return a newer token, or this one, which still holds, where there is none to get."""
        try:
            return (await self._one_flight()).value
        except DeliveryError:
            return token.value

    async def _one_flight(self) -> Token:
        if self._flight is None:
            self._flight = asyncio.create_task(self._fly())
            self._flight.add_done_callback(self._landed)
        # Shielded: one caller who gives up must not take the token away from all the others.
        return await asyncio.shield(self._flight)

    async def _fly(self) -> Token:
        self._not_before = self._clock.now() + ASK_AGAIN_AFTER
        self._token = await self._fetch()
        return self._token

    def _landed(self, flight: asyncio.Task[Token]) -> None:
        self._flight = None
        if not flight.cancelled():
            flight.exception()  # seen, so that nobody warns of it where every caller gave up


def life_of(seconds: object) -> timedelta:
    """Read for how long a token holds, whatever stands there; one without a time is short."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return SHORTEST_LIFE
    sane = 0 < seconds < LONGEST_LIFE / timedelta(seconds=1)
    return timedelta(seconds=seconds) if sane else SHORTEST_LIFE
