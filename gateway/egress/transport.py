"""One call: judged, bounded in time and size, told to whoever observes."""

import asyncio
import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import aiohttp
import httpx
import yarl
from multidict import CIMultiDict

from gateway.egress.errors import AnswerTooLargeError, EgressRefusedError, EncodedAnswerError
from gateway.egress.policy import Destination, EgressPolicy, destination

# A connect deadline that ends with the total one could be mistaken for an unseen answer.
_CONNECT_SHARE = 0.9
_REMEMBERED_URLS = 256
_LARGE_BODY = 1 << 20
# The transport's own to set, or never sent: aiohttp writes these from the URL and the body.
_DROPPED_HEADERS = frozenset(
    {b"accept-encoding", b"connection", b"content-length", b"cookie", b"host"}
    | {b"transfer-encoding", b"expect", b"upgrade"}
)


@dataclass(frozen=True, slots=True)
class Call:
    """One request as metrics see it; no path or query, for webhook URLs are secrets."""

    purpose: str
    method: str
    host: str
    status: int | None
    duration: timedelta


@dataclass(frozen=True, slots=True)
class Road:
    """Connections that are checked for one kind of destination, straight or by a proxy."""

    session: aiohttp.ClientSession
    proxy: yarl.URL | None = None


class Roads(Protocol):
    """Where a transport gets its connections from."""

    def road(self, policy: EgressPolicy, to: Destination) -> Road:
        """Return the road to this destination."""

    async def judge(self, policy: EgressPolicy, to: Destination) -> None:
        """Judge a name that the policy's proxy is going to resolve."""


class Turnstile(Protocol):
    """Says when a call of some purpose may go."""

    async def enter(self, purpose: str) -> int:
        """Wait for the turn, and return when it came."""

    def leave(self, purpose: str, turn: int) -> None:
        """Hear that the call has ended."""


class EgressTransport(httpx.AsyncBaseTransport):
    """The bounds of one policy around shared connections.

    Holds for every way of calling: whatever an httpx client adds (compression, cookies, its
    own timeouts) is overruled here.
    """

    def __init__(
        self,
        policy: EgressPolicy,
        roads: Roads,
        observe: Callable[[Call], None] | None,
        turnstile: Turnstile | None = None,
    ) -> None:
        self._policy = policy
        self._roads = roads
        self._observe = observe
        self._turnstile = turnstile
        self._total = policy.total.total_seconds()
        self._connect = policy.connect.total_seconds()
        self._timeout = _timeout(self._connect, self._total)
        self._targets: dict[str, _Target] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and read its whole answer.

        Raises:
            httpx.TransportError: By `classify`, what happens next.
        """
        if self._turnstile is None:
            return await self._observed(request)
        purpose = _purpose(request)
        turn = await self._turnstile.enter(purpose)
        try:
            return await self._observed(request)
        finally:
            self._turnstile.leave(purpose, turn)

    async def _observed(self, request: httpx.Request) -> httpx.Response:
        started = time.perf_counter()
        status = None
        try:
            response = await self._bounded(request)
            status = response.status_code
            response.elapsed = timedelta(seconds=time.perf_counter() - started)
            return response
        finally:
            if self._observe is not None:
                self._observe(_call(request, status, time.perf_counter() - started))

    async def _bounded(self, request: httpx.Request) -> httpx.Response:
        total, timeout = self._total, self._timeout
        if (asked := request.extensions.get("total")) is not None and asked < total:
            total, timeout = asked, _timeout(self._connect, asked)
        try:
            async with asyncio.timeout(total):
                return await self._send(request, timeout)
        except TimeoutError:
            raise httpx.ReadTimeout(f"{request.url.host} took longer than {total:g} s") from None

    async def _send(self, request: httpx.Request, timeout: aiohttp.ClientTimeout) -> httpx.Response:  # noqa: ASYNC109 - aiohttp's value, the total deadline is the caller's
        target = self._target(request.url)
        if target.road.proxy is not None:
            await self._roads.judge(self._policy, target.to)
        content = await request.aread()
        try:
            async with target.road.session.request(
                request.method,
                target.url,
                headers=_headers(request),
                data=io.BytesIO(content) if len(content) > _LARGE_BODY else content or None,
                allow_redirects=False,
                timeout=timeout,
                proxy=target.road.proxy,
            ) as answer:
                body = await _read(answer, self._policy.max_answer)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _translated(error, target.to.host) from None
        return _response(request, answer, body)

    def _target(self, url: httpx.URL) -> "_Target":
        text = str(url)
        target = self._targets.get(text)
        if target is None:
            to = destination(url, self._policy)
            # Encoded: aiohttp sends the URL as it was written and signed.
            target = _Target(to, yarl.URL(text, encoded=True), self._roads.road(self._policy, to))
            if len(self._targets) >= _REMEMBERED_URLS:
                self._targets.clear()
            self._targets[text] = target
        return target


@dataclass(frozen=True, slots=True)
class _Target:
    to: Destination
    url: yarl.URL
    road: Road


def _timeout(connect: float, total: float) -> aiohttp.ClientTimeout:
    """Return aiohttp's deadline for DNS, TCP and TLS together; it has none for the rest."""
    return aiohttp.ClientTimeout(connect=min(connect, total * _CONNECT_SHARE))


def _headers(request: httpx.Request) -> CIMultiDict[str]:
    headers = CIMultiDict(
        (name.decode("ascii"), value.decode("ascii"))
        for name, value in request.headers.raw
        if name.lower() not in _DROPPED_HEADERS
    )
    headers["Accept-Encoding"] = "identity"
    return headers


async def _read(answer: aiohttp.ClientResponse, most: int) -> bytes:
    encoding = answer.headers.get("Content-Encoding", "identity")
    if encoding.strip().lower() not in {"", "identity"}:
        answer.close()
        raise EncodedAnswerError("the answer is compressed although identity was asked for")
    body = b""
    while part := await answer.content.readany():
        body += part
        if len(body) > most:
            answer.close()
            raise AnswerTooLargeError(f"the answer is larger than {most} bytes")
    return body


def _response(
    request: httpx.Request, answer: aiohttp.ClientResponse, body: bytes
) -> httpx.Response:
    response = httpx.Response(
        answer.status,
        headers=answer.raw_headers,
        stream=httpx.ByteStream(body),
        request=request,
        extensions={"reason_phrase": (answer.reason or "").encode("ascii", "replace")},
    )
    # What response.read() would do after five generators, at a sixth of this whole client's cost.
    response._content = body  # noqa: SLF001
    response.is_closed = response.is_stream_consumed = True
    return response


_CAUSES: tuple[tuple[type[Exception], type[httpx.TransportError], str], ...] = (
    (aiohttp.ConnectionTimeoutError, httpx.ConnectTimeout, "could not be connected to in time"),
    (aiohttp.ServerTimeoutError, httpx.ReadTimeout, "did not answer in time"),
    (aiohttp.ClientProxyConnectionError, httpx.ProxyError, "is behind a proxy that is not there"),
    (aiohttp.ClientHttpProxyError, httpx.ProxyError, "was refused by the proxy"),
    (aiohttp.ClientConnectorDNSError, httpx.ConnectError, "has no address in DNS"),
    (aiohttp.ClientSSLError, httpx.ConnectError, "could not be connected to by TLS"),
    (aiohttp.ClientConnectorError, httpx.ConnectError, "could not be connected to"),
    (aiohttp.InvalidURL, httpx.UnsupportedProtocol, "is in a URL that cannot be called"),
    (aiohttp.ServerDisconnectedError, httpx.RemoteProtocolError, "hung up without an answer"),
    (aiohttp.ClientResponseError, httpx.RemoteProtocolError, "did not answer by HTTP"),
    (aiohttp.ClientPayloadError, httpx.ReadError, "broke off its answer"),
    (aiohttp.ClientError, httpx.ReadError, "broke off the connection"),
    (OSError, httpx.ReadError, "broke off the connection"),
    (ValueError, httpx.LocalProtocolError, "would get a header that HTTP does not allow"),
)


def _translated(error: Exception, host: str) -> Exception:
    """Turn aiohttp's error into httpx's, by what is known of the request's fate.

    The texts are ours: aiohttp's may hold the whole URL, and some URLs are secrets.
    """
    if isinstance(error, EgressRefusedError):
        return error
    for theirs, ours, sentence in _CAUSES:
        if isinstance(error, theirs):
            return ours(f"{host} {sentence} ({type(error).__name__})")
    return httpx.ReadError(f"{host} broke off the call ({type(error).__name__})")


def _call(request: httpx.Request, status: int | None, seconds: float) -> Call:
    duration = timedelta(seconds=seconds)
    return Call(_purpose(request), request.method, request.url.host, status, duration)


def _purpose(request: httpx.Request) -> str:
    return str(request.extensions.get("purpose", "other"))
