"""Calls to the platform: one token for all of them, one reading of every answer."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import httpx
from tenacity import (
    AsyncRetrying,
    retry_if_exception_type,
    stop_after_attempt,
    stop_after_delay,
    wait_random,
)

from gateway.plugin import Clock, Context, DeliveryError, TemporaryError, UncertainError

from .codes import STALE_TOKEN, Reading, body_of, code_of, error_in, log_id_of
from .platform import Platform

TOKEN_PATH = "/open-apis/auth/v3/tenant_access_token/internal"  # noqa: S105 - a path, no token
TOKEN_TRIES = 3
TOKEN_SECONDS = 5.0
"""After so long nobody tries again: a call ends before its own deadline, and is known not sent."""
REFRESH_BEFORE = timedelta(minutes=29)
"""The platform gives out a new token in the last 30 minutes, and the same one before; a minute
less, so that its clock has surely got there too."""
ASK_AGAIN_AFTER = timedelta(minutes=1)
SHORTEST_LIFE = timedelta(minutes=1)
LONGEST_LIFE = timedelta(days=1)

_JSON = {"Content-Type": "application/json; charset=utf-8"}
_WIRE = (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError)


@dataclass(frozen=True, slots=True)
class Application:
    """The application that the channel is: what it logs in with, and where."""

    platform: Platform
    api_base: str
    app_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """A call that succeeded."""

    body: Mapping[str, Any]
    http_status: int
    log_id: str | None

    @property
    def data(self) -> Mapping[str, Any]:
        """The answer's `data`, which the platform may leave out."""
        return mapping(self.body.get("data"))


@dataclass(frozen=True, slots=True)
class Token:
    """A tenant token and until when it holds."""

    value: str = field(repr=False)
    expires: datetime


class Tokens:
    """The application's token: fetched once for all who wait, and again before it expires.

    Args:
        fetch: Gets a new one from the platform.
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
        if token is not None and now < token.expires:
            if token.expires - now > REFRESH_BEFORE or not self._may_ask(now):
                return token.value
            return await self._refreshed(token)
        return (await self._one_flight()).value

    def drop(self, value: str) -> None:
        """Forget this token, unless another has taken its place already."""
        if self._token is not None and self._token.value == value:
            self._token = None

    def known(self) -> tuple[str, ...]:
        """Return the token at hand, so that it can be kept out of what is shown."""
        return (self._token.value,) if self._token else ()

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


class Client:
    """The platform's API as one application sees it.

    Args:
        application: Who calls, and where.
        context: The way out and the time.
    """

    def __init__(self, application: Application, context: Context) -> None:
        self.application = application
        self._http = context.http
        self._clock = context.clock
        self.tokens = Tokens(self._fetch_token, context.clock)

    async def get(self, path: str, *, purpose: str) -> Answer:
        """Read; see `call`."""
        return await self.call("GET", path, purpose=purpose)

    async def post(self, path: str, body: Mapping[str, Any], *, purpose: str) -> Answer:
        """Send a JSON body; see `call`."""
        return await self.call("POST", path, purpose=purpose, content=_dumps(body), headers=_JSON)

    async def patch(self, path: str, body: Mapping[str, Any], *, purpose: str) -> Answer:
        """Change by a JSON body; see `call`."""
        return await self.call("PATCH", path, purpose=purpose, content=_dumps(body), headers=_JSON)

    async def call(self, method: str, path: str, *, purpose: str, **options: Any) -> Answer:  # noqa: ANN401 - httpx's own options
        """Make one call; a token that the platform refuses is replaced once.

        Raises:
            DeliveryError: What the platform's code stands for.
            httpx.TransportError: No answer came; the gateway knows what that means.
        """
        token = await self.tokens.get()
        reply = await self._request(method, path, token, purpose, options)
        body = body_of(reply)
        if code_of(body) in STALE_TOKEN:
            self.tokens.drop(token)
            token = await self.tokens.get()
            reply = await self._request(method, path, token, purpose, options)
            body = body_of(reply)
        return self._read(body, reply, purpose, token)

    async def _request(
        self, method: str, path: str, token: str, purpose: str, options: Mapping[str, Any]
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}", **options.get("headers", {})}
        return await self._http.request(
            method,
            self.application.api_base + path,
            **{**options, "headers": headers},
            extensions={"purpose": purpose},
        )

    def _read(
        self,
        body: Mapping[str, Any] | None,
        reply: httpx.Response,
        purpose: str,
        token: str = "",
    ) -> Answer:
        reading = Reading(
            now=self._clock.now(),
            zone=ZoneInfo(self.application.platform.zone),
            purpose=purpose,
            secrets=(self.application.secret, token),
        )
        error = error_in(body, reply, reading)
        if error is not None:
            raise error
        return Answer(body or {}, reply.status_code, log_id_of(reply, body))

    async def _fetch_token(self) -> Token:
        """Get a token ("Get custom app's tenant_access_token"), with a few short tries."""
        try:
            async for attempt in AsyncRetrying(
                stop=stop_after_attempt(TOKEN_TRIES) | stop_after_delay(TOKEN_SECONDS),
                wait=wait_random(0.1, 0.5),
                retry=retry_if_exception_type((*_WIRE, TemporaryError, UncertainError)),
                sleep=self._clock.sleep,
                reraise=True,
            ):
                with attempt:
                    return await self._ask_for_token()
        except _WIRE as error:
            raise TemporaryError(f"No token came: {type(error).__name__}.") from error
        except UncertainError as error:
            raise _surely_not_sent(error) from error
        raise AssertionError("tenacity returns or raises")

    async def _ask_for_token(self) -> Token:
        asked = self._clock.now()
        own = {"app_id": self.application.app_id, "app_secret": self.application.secret}
        url = self.application.api_base + TOKEN_PATH
        reply = await self._http.request(
            "POST", url, content=_dumps(own), headers=_JSON, extensions={"purpose": "token"}
        )
        answer = self._read(body_of(reply), reply, "token")
        value = answer.body.get("tenant_access_token")
        if not isinstance(value, str) or not value.isascii() or not value.isprintable():
            raise UncertainError("The answer held no token.", http_status=reply.status_code)
        return Token(value, asked + _life(answer.body.get("expire")))


def mapping(value: object) -> Mapping[str, Any]:
    """Return an object of an answer, or an empty one where something else stands there."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Mapping[str, Any]]:
    """Return the objects of a list of an answer, passing over what is none."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def texts(value: object) -> list[str]:
    """Return the texts of a list of an answer, passing over what is none."""
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def part(value: str) -> str:
    """Quote one part of a path."""
    return quote(value, safe="")


def _dumps(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _life(expire: object) -> timedelta:
    """Read the seconds a token has left, whatever stands there."""
    if not isinstance(expire, int | float) or not 0 < expire < LONGEST_LIFE.total_seconds():
        return SHORTEST_LIFE
    return timedelta(seconds=expire)


def _surely_not_sent(error: DeliveryError) -> TemporaryError:
    """Without a token nothing went to anybody, however odd the token's answer was."""
    return TemporaryError(
        error.message,
        provider_code=error.provider_code,
        http_status=error.http_status,
        log_id=error.log_id,
    )
