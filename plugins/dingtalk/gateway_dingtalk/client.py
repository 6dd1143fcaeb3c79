"""Calls to both generations of the platform's API: one token, one reading of every answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import httpx

from gateway.plugin import Context, Token, Tokens, UncertainError, token_from

from .codes import STALE_TOKEN, Reading, body_of, code_of, error_in, log_id_of
from .editions import Edition

TOKEN_PATH = "/v1.0/oauth2/accessToken"  # noqa: S105 - a path, no token
TOKEN_HEADER = "x-acs-dingtalk-access-token"  # noqa: S105 - a header's name
REFRESH_BEFORE = timedelta(minutes=10)
"""Asking again earlier is of no use: the platform gives out the same token and renews it."""

_JSON = {"Content-Type": "application/json; charset=utf-8"}


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
class _Reply:
    """What came back, read once, and the token that went out with it."""

    http: httpx.Response
    body: Mapping[str, Any] | None
    token: str = field(default="", repr=False)


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
        self.tokens = Tokens(self._token, context.clock, refresh_before=REFRESH_BEFORE)

    async def get(self, path: str, *, purpose: str) -> Answer:
        """Read from the new API; see `call`."""
        return await self._call(_Call("GET", path, purpose, None))

    async def post(self, path: str, body: Mapping[str, Any], *, purpose: str) -> Answer:
        """Send a JSON body to the new API; see `call`."""
        return await self._call(_Call("POST", path, purpose, body))

    async def put(self, path: str, body: Mapping[str, Any], *, purpose: str) -> Answer:
        """Change something by the new API; see `call`."""
        return await self._call(_Call("PUT", path, purpose, body))

    async def look(self, path: str, *, purpose: str) -> Answer:
        """Read from the old API; see `call`. Its success says `errcode` 0."""
        return self._old(await self._call(_Call("GET", path, purpose, None, old=True)))

    async def ask(self, path: str, body: Mapping[str, Any], *, purpose: str) -> Answer:
        """Send a JSON body to the old API; see `call`. Its success says `errcode` 0."""
        return self._old(await self._call(_Call("POST", path, purpose, body, old=True)))

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
        """Make one call to the new API with a person's `token`, or with none.

        `hidden` is what else no error may repeat. It raises as the others do.
        """
        reply = await self._http.request(
            method,
            self.application.api_base + path,
            content=None if body is None else _dumps(body),
            headers={**_JSON, TOKEN_HEADER: token} if token else _JSON,
            extensions={"purpose": purpose},
        )
        return self._read(_Reply(reply, body_of(reply), token or hidden))

    def _old(self, answer: Answer) -> Answer:
        if "errcode" not in answer.body:
            raise answer.odd("The answer has no errcode.")
        return answer

    async def _call(self, call: _Call) -> Answer:
        """Make one call; a token that the platform refuses is replaced once.

        Raises:
            DeliveryError: What the platform's code stands for.
            httpx.TransportError: No answer came; the gateway knows what that means.
        """

        async def once(token: str) -> _Reply:
            reply = await self._request(call, token)
            return _Reply(reply, body_of(reply), token)

        last = await self.tokens.use(once, lambda reply: code_of(reply.body) in STALE_TOKEN)
        return self._read(last)

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

    def reading(self, token: str = "") -> Reading:
        """Return what is needed to read an answer to a call with this token."""
        return Reading(
            now=self._clock.now(),
            zone=ZoneInfo(self.application.edition.zone),
            secrets=(self.application.secret, token),
        )

    def _read(self, reply: _Reply) -> Answer:
        error = error_in(reply.body, reply.http, self.reading(reply.token))
        if error is not None:
            raise error
        return Answer(reply.body or {}, reply.http.status_code, log_id_of(reply.body))

    async def _token(self, _kind: str) -> Token:
        """Ask for a token ("Obtain the access token of an internal app")."""
        asked = self._clock.now()
        own = {"appKey": self.application.app_key, "appSecret": self.application.secret}
        url = self.application.api_base + TOKEN_PATH
        reply = await self._http.request(
            "POST", url, content=_dumps(own), headers=_JSON, extensions={"purpose": "token"}
        )
        body = self._read(_Reply(reply, body_of(reply))).body
        return token_from(body.get("accessToken"), body.get("expireIn"), asked)


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
