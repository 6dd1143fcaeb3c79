"""Calls to the platform: one token for all of them, one reading of every answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import httpx

from gateway.plugin import Context, Token, Tokens, token_from

from .codes import STALE_TOKEN, Reading, body_of, code_of, error_in, log_id_of
from .platform import Platform

TOKEN_PATH = "/open-apis/auth/v3/tenant_access_token/internal"  # noqa: S105 - a path, no token
REFRESH_BEFORE = timedelta(minutes=29)
"""The platform gives out a new token in the last 30 minutes, and the same one before; a minute
less, so that its clock has surely got there too."""

_JSON = {"Content-Type": "application/json; charset=utf-8"}


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
class _Reply:
    """What came back, read once, and the token that went out with it."""

    http: httpx.Response
    body: Mapping[str, Any] | None
    token: str = field(default="", repr=False)


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
        self.tokens = Tokens(self._token, context.clock, refresh_before=REFRESH_BEFORE)

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

        async def once(token: str) -> _Reply:
            reply = await self._request(method, path, token, purpose, options)
            return _Reply(reply, body_of(reply), token)

        last = await self.tokens.use(once, lambda reply: code_of(reply.body) in STALE_TOKEN)
        return self._read(last, purpose)

    async def call_plainly(  # noqa: PLR0913 - a call is that much
        self,
        method: str,
        path: str,
        *,
        purpose: str,
        body: Mapping[str, Any] | None = None,
        token: str = "",
        hidden: str = "",
    ) -> Answer:
        """Make one call without the application's token: with a person's `token`, or with none.

        `hidden` is what else no error may repeat. It raises as `call` does.
        """
        reply = await self._http.request(
            method,
            self.application.api_base + path,
            content=None if body is None else _dumps(body),
            headers={**_JSON, "Authorization": f"Bearer {token}"} if token else _JSON,
            extensions={"purpose": purpose},
        )
        return self._read(_Reply(reply, body_of(reply), token or hidden), purpose)

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

    def _read(self, reply: _Reply, purpose: str) -> Answer:
        reading = Reading(
            now=self._clock.now(),
            zone=ZoneInfo(self.application.platform.zone),
            purpose=purpose,
            secrets=(self.application.secret, reply.token),
        )
        error = error_in(reply.body, reply.http, reading)
        if error is not None:
            raise error
        log_id = log_id_of(reply.http, reply.body)
        return Answer(reply.body or {}, reply.http.status_code, log_id)

    async def _token(self, _kind: str) -> Token:
        """Ask for a token ("Get custom app's tenant_access_token")."""
        asked = self._clock.now()
        own = {"app_id": self.application.app_id, "app_secret": self.application.secret}
        url = self.application.api_base + TOKEN_PATH
        reply = await self._http.request(
            "POST", url, content=_dumps(own), headers=_JSON, extensions={"purpose": "token"}
        )
        answer = self._read(_Reply(reply, body_of(reply)), "token")
        return token_from(answer.body.get("tenant_access_token"), answer.body.get("expire"), asked)


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
