"""Calls to both generations of the platform's API: one token, one reading of every answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
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

from gateway.plugin import Context, DeliveryError, TemporaryError, UncertainError

from .codes import STALE_TOKEN, Reading, body_of, code_of, error_in, log_id_of
from .editions import Edition
from .tokens import Token, Tokens, life_of

TOKEN_PATH = "/v1.0/oauth2/accessToken"  # noqa: S105 - a path, no token
TOKEN_HEADER = "x-acs-dingtalk-access-token"  # noqa: S105 - a header's name
TOKEN_TRIES = 3
TOKEN_SECONDS = 5.0
"""After so long nobody tries again: a call ends before its own deadline, and is known not sent."""

_JSON = {"Content-Type": "application/json; charset=utf-8"}
_WIRE = (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError)


@dataclass(frozen=True, slots=True)
class Application:
    """The application that the channel is: what it logs in with, and where."""

    edition: Edition
    api_base: str
    oapi_base: str
    app_key: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """A call that succeeded."""

    body: Mapping[str, Any]
    http_status: int
    log_id: str | None

    @property
    def result(self) -> Mapping[str, Any]:
        """The answer's `result`, where it is an object."""
        return mapping(self.body.get("result"))

    def text(self, name: str) -> str:
        """Return a member that a success must have.

        Raises:
            UncertainError: It has none: nobody knows what became of the call.
        """
        value = self.body.get(name)
        if isinstance(value, str) and value:
            return value
        raise self.odd(f"The answer has no {name}.")

    def succeeded(self) -> "Answer":
        """Return the answer if it says `success`, as the card API does.

        Raises:
            UncertainError: It does not.
        """
        if self.body.get("success") is True:
            return self
        raise self.odd("The answer does not say that it succeeded.")

    def odd(self, said: str) -> UncertainError:
        """Return the error of an answer that is not what the platform documents."""
        return UncertainError(said, http_status=self.http_status, log_id=self.log_id)


@dataclass(frozen=True, slots=True)
class _Call:
    """One call, but for the token."""

    method: str
    path: str
    purpose: str
    body: Mapping[str, Any] | None
    old: bool = False


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
        """Read from the new API; see `call`."""
        return await self._call(_Call("GET", path, purpose, None))

    async def post(self, path: str, body: Mapping[str, Any], *, purpose: str) -> Answer:
        """Send a JSON body to the new API; see `call`."""
        return await self._call(_Call("POST", path, purpose, body))

    async def put(self, path: str, body: Mapping[str, Any], *, purpose: str) -> Answer:
        """Change something by the new API; see `call`."""
        return await self._call(_Call("PUT", path, purpose, body))

    async def ask(self, path: str, body: Mapping[str, Any], *, purpose: str) -> Answer:
        """Send a JSON body to the old API; see `call`. Its success says `errcode` 0."""
        answer = await self._call(_Call("POST", path, purpose, body, old=True))
        if "errcode" not in answer.body:
            raise answer.odd("The answer has no errcode.")
        return answer

    async def _call(self, call: _Call) -> Answer:
        """Make one call; a token that the platform refuses is replaced once.

        Raises:
            DeliveryError: What the platform's code stands for.
            httpx.TransportError: No answer came; the gateway knows what that means.
        """
        token = await self.tokens.get()
        reply = await self._request(call, token)
        body = body_of(reply)
        if code_of(body) in STALE_TOKEN:
            self.tokens.drop(token)
            token = await self.tokens.get()
            reply = await self._request(call, token)
            body = body_of(reply)
        return self._read(body, reply, token)

    async def _request(self, call: _Call, token: str) -> httpx.Response:
        headers = {} if call.old else {TOKEN_HEADER: token}
        if call.body is not None:
            headers |= _JSON
        return await self._http.request(
            call.method,
            self._url(call, token),
            content=None if call.body is None else _dumps(call.body),
            headers=headers,
            extensions={"purpose": call.purpose},
        )

    def _url(self, call: _Call, token: str) -> str:
        """Return the address; the old API takes the token in it and nowhere else."""
        if call.old:
            return f"{self.application.oapi_base}{call.path}?access_token={quote(token, safe='')}"
        return self.application.api_base + call.path

    def _read(
        self, body: Mapping[str, Any] | None, reply: httpx.Response, token: str = ""
    ) -> Answer:
        reading = Reading(
            now=self._clock.now(),
            zone=ZoneInfo(self.application.edition.zone),
            secrets=(self.application.secret, token),
        )
        error = error_in(body, reply, reading)
        if error is not None:
            raise error
        return Answer(body or {}, reply.status_code, log_id_of(body))

    async def _fetch_token(self) -> Token:
        """Get a token ("Obtain the access token of an internal app"), with a few short tries."""
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
        own = {"appKey": self.application.app_key, "appSecret": self.application.secret}
        url = self.application.api_base + TOKEN_PATH
        reply = await self._http.request(
            "POST", url, content=_dumps(own), headers=_JSON, extensions={"purpose": "token"}
        )
        answer = self._read(body_of(reply), reply)
        value = answer.text("accessToken")
        if not value.isascii() or not value.isprintable():
            raise answer.odd("The answer held no token.")
        return Token(value, asked + life_of(answer.body.get("expireIn")))


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
    """Quote one value of a path or a query."""
    return quote(value, safe="")


def _dumps(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _surely_not_sent(error: DeliveryError) -> TemporaryError:
    """Without a token nothing went to anybody, however odd the token's answer was."""
    return TemporaryError(
        error.message,
        provider_code=error.provider_code,
        http_status=error.http_status,
        log_id=error.log_id,
    )
