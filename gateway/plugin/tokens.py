"""The tokens an application works with: fetched once for all who wait, and again in time."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import httpx
from tenacity import (
    AsyncRetrying,
    retry_if_exception_type,
    stop_after_attempt,
    stop_after_delay,
    wait_random,
)

from gateway.errors import DeliveryError, TemporaryError, UncertainError
from gateway.plugin.context import Clock

AnswerT = TypeVar("AnswerT")
ASK_AGAIN_AFTER = timedelta(minutes=1)
LONG_AGO = datetime.min.replace(tzinfo=UTC)
SHORTEST_LIFE = timedelta(minutes=1)
LONGEST_LIFE = timedelta(days=1)
TRIES = 3
TRY_SECONDS = 5.0
"""After so long nobody tries again: a call ends before its own deadline, and is known not sent."""
_WIRE = (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError)


@dataclass(frozen=True, slots=True)
class Token:
    """A token and until when it holds."""

    value: str = field(repr=False)
    expires: datetime


Fetch = Callable[[str], Awaitable[Token]]


class Tokens:
    """One application's tokens, of as many kinds as its platform has.

    However many wait for a token, one call fetches it. In the last part of a token's life a newer
    one is asked for, at most once a minute; meanwhile, and where none can be had, the old one
    serves to its end.

    Args:
        fetch: Gets one token of a kind from the platform, in one call.
        clock: The time.
        refresh_before: How long that last part is: where the platform gives out the same token
            until shortly before its end, no longer than that.
    """

    def __init__(self, fetch: Fetch, clock: Clock, *, refresh_before: timedelta) -> None:
        self._fetch = fetch
        self._clock = clock
        self._refresh_before = refresh_before
        self._kept: dict[str, _Kept] = {}

    async def get(self, kind: str = "") -> str:
        """Return a token that holds.

        Raises:
            DeliveryError: There is none to be had; no call has been made with it, so this is
                never an `UncertainError`.
        """
        now = self._clock.now()
        kept = self._of(kind)
        if kept.token is None or now >= kept.token.expires:
            return await kept.fetched(now)
        if kept.token.expires - now > self._refresh_before or now < kept.not_before:
            return kept.token.value
        try:
            return await kept.fetched(now)
        except DeliveryError:
            return kept.token.value

    async def use(
        self,
        call: Callable[[str], Awaitable[AnswerT]],
        stale: Callable[[AnswerT], bool],
        kind: str = "",
    ) -> AnswerT:
        """Make a call with a token, and once more with a new one where it was refused as stale.

        Args:
            call: Makes the call; its argument is the token.
            stale: Tells of an answer whether a fresh token may mend it.
            kind: Which token.
        """
        token = await self.get(kind)
        answer = await call(token)
        if not stale(answer):
            return answer
        self.drop(token, kind)
        return await call(await self.get(kind))

    def drop(self, value: str, kind: str = "") -> None:
        """Forget this token, unless another has taken its place already."""
        kept = self._of(kind)
        if kept.token is not None and kept.token.value == value:
            kept.token = None

    def _of(self, kind: str) -> "_Kept":
        if kind not in self._kept:
            self._kept[kind] = _Kept(lambda: _fetched(self._fetch, kind, self._clock))
        return self._kept[kind]


@dataclass(eq=False, slots=True)
class _Kept:
    """The token of one kind, and the one flight in which a newer one is fetched."""

    fetch: Callable[[], Awaitable[Token]]
    token: Token | None = None
    not_before: datetime = LONG_AGO
    _flight: asyncio.Task[Token] | None = None

    async def fetched(self, now: datetime) -> str:
        if self._flight is None:
            self.not_before = now + ASK_AGAIN_AFTER
            self._flight = asyncio.create_task(self._fly())
            self._flight.add_done_callback(self._landed)
        # Shielded: one caller who gives up must not take the token away from all the others.
        return (await asyncio.shield(self._flight)).value

    async def _fly(self) -> Token:
        self.token = await self.fetch()
        return self.token

    def _landed(self, flight: asyncio.Task[Token]) -> None:
        self._flight = None
        if not flight.cancelled():
            flight.exception()  # seen, so that nobody warns of it where every caller gave up


async def _fetched(fetch: Fetch, kind: str, clock: Clock) -> Token:
    """Fetch a token with a few short tries; without one nothing went to anybody."""
    try:
        async for attempt in AsyncRetrying(
            stop=stop_after_attempt(TRIES) | stop_after_delay(TRY_SECONDS),
            wait=wait_random(0.1, 0.5),
            retry=retry_if_exception_type((*_WIRE, TemporaryError, UncertainError)),
            sleep=clock.sleep,
            reraise=True,
        ):
            with attempt:
                return await fetch(kind)
    except _WIRE as error:
        raise TemporaryError(f"No token came: {type(error).__name__}.") from error
    except UncertainError as error:
        raise _surely_not_sent(error) from error
    raise AssertionError("tenacity returns or raises")


def _surely_not_sent(error: DeliveryError) -> TemporaryError:
    """Say of an odd answer to the call for a token that no message is in doubt."""
    return TemporaryError(
        error.message,
        provider_code=error.provider_code,
        http_status=error.http_status,
        log_id=error.log_id,
    )


def token_from(value: object, life: object, asked: datetime) -> Token:
    """Return the token that an answer holds.

    Args:
        value: What stands in the token's place.
        life: What stands where the seconds are for which it holds; a senseless one is a minute.
        asked: When it was asked for: its life is counted from then.

    Raises:
        UncertainError: It is nothing that could be sent as a token.
    """
    if not isinstance(value, str) or not value or not value.isascii() or not value.isprintable():
        raise UncertainError("The answer held no token.")
    return Token(value, asked + _life(life))


def _life(seconds: object) -> timedelta:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return SHORTEST_LIFE
    sane = 0 < seconds < LONGEST_LIFE / timedelta(seconds=1)
    return timedelta(seconds=seconds) if sane else SHORTEST_LIFE
