"""The httpx client plugins get, and the connections all of them share."""

import json
import ssl
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import aiohttp
import httpx
import yarl

from gateway import __version__
from gateway.egress.addresses import literal
from gateway.egress.errors import EgressRefusedError
from gateway.egress.gate import CheckedResolver, Gate, Lookup, SystemLookup, open_socket
from gateway.egress.policy import Destination, EgressPolicy, proxy_destination
from gateway.egress.transport import Call, EgressTransport, Road, Turnstile

_PLATFORM_THREADS = 8
_USER_THREADS = 32
_DNS_SECONDS = 10
_IDLE_SECONDS = 15.0
_REMEMBERED_URLS = 256
_DEFAULT_HEADERS = {"accept": "*/*", "user-agent": f"notification-gateway/{__version__}"}


class EgressClient(httpx.AsyncClient):
    """An httpx client for JSON and files, without redirects, cookies, auth flows or streams.

    What it leaves out is what makes httpx slow with many calls in flight. `timeout=` takes
    seconds and can only shorten the policy's deadline; `extensions={"purpose": …}` names the
    call in metrics.
    """

    def __init__(self, transport: EgressTransport) -> None:
        super().__init__(transport=transport, trust_env=False)
        self._bounds = transport
        self._parsed = lru_cache(_REMEMBERED_URLS)(httpx.URL)

    async def request(self, method: str, url: httpx.URL | str, **options: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own signature, its types are private
        """Send one request and return its answer, fully read.

        Raises:
            httpx.TransportError: `gateway.egress.classify` says what happens next.
            TypeError: An option this client does not have.
        """
        extensions = dict(options.pop("extensions", None) or {})
        timeout = options.pop("timeout", httpx.USE_CLIENT_DEFAULT)
        if isinstance(timeout, int | float):
            extensions["total"] = float(timeout)
        elif timeout is not httpx.USE_CLIENT_DEFAULT:
            raise TypeError("timeout takes seconds; the policy holds the rest")
        _refuse(options, "auth", "cookies", "follow_redirects")
        return await self.send(self._request(method, url, extensions, options))

    async def send(
        self,
        request: httpx.Request,
        *,
        stream: bool = False,
        auth: Any = httpx.USE_CLIENT_DEFAULT,  # noqa: ANN401
        follow_redirects: Any = httpx.USE_CLIENT_DEFAULT,  # noqa: ANN401
    ) -> httpx.Response:
        """Send a request made before; the answer is fully read, streamed or not.

        Raises:
            httpx.TransportError: `gateway.egress.classify` says what happens next.
            TypeError: An option this client does not have.
        """
        del stream
        _refuse({"auth": auth, "follow_redirects": follow_redirects}, "auth", "follow_redirects")
        if self.is_closed:
            raise RuntimeError("the client has been closed")
        return await self._bounds.handle_async_request(request)

    def _request(
        self,
        method: str,
        url: httpx.URL | str,
        extensions: dict[str, Any],
        options: dict[str, Any],
    ) -> httpx.Request:
        try:
            target = self._parsed(url) if isinstance(url, str) else url
            headers = _with_defaults(options.pop("headers", None))
            if [name for name in options if options[name] is not None] == ["json"]:
                options = {"stream": _json(options["json"], headers)}
            request = httpx.Request(
                method, target, headers=headers, extensions=extensions, **options
            )
        except UnicodeEncodeError:
            raise httpx.LocalProtocolError(
                "a header or the body holds what HTTP does not allow"
            ) from None
        except httpx.InvalidURL:
            raise EgressRefusedError("this is not a URL") from None
        if isinstance(request.stream, httpx.ByteStream):
            request.read()
        return request


def _json(body: Any, headers: dict[str, str]) -> httpx.ByteStream:  # noqa: ANN401 - any JSON value
    """Encode as httpx does; its own way there prepares headers for 10 µs more."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    headers.setdefault("content-type", "application/json")
    return httpx.ByteStream(text.encode())


def _with_defaults(given: Any) -> dict[str, str]:  # noqa: ANN401 - httpx's type is private
    if not isinstance(given, dict):
        given = dict(httpx.Headers(given))
    return _DEFAULT_HEADERS | {name.lower(): given[name] for name in given}


def _refuse(options: dict[str, Any], *names: str) -> None:
    for name in names:
        value = options.pop(name, None)
        if value not in (None, False, httpx.USE_CLIENT_DEFAULT):
            raise TypeError(f"this client has no {name}: send what is needed as headers")


class Egress:
    """The only way out: one per process, closed with it.

    Args:
        lookup: Resolves names instead of the machine's resolver, for tests.
        tls: Judges certificates instead of the public authorities.
    """

    def __init__(self, *, lookup: Lookup | None = None, tls: ssl.SSLContext | None = None) -> None:
        self._tls = httpx.create_ssl_context(trust_env=False) if tls is None else tls
        self._lookups = (SystemLookup(_USER_THREADS), SystemLookup(_PLATFORM_THREADS))
        self._lookup = lookup
        self._sessions: dict[Gate, aiohttp.ClientSession] = {}
        self._roads: dict[tuple[Gate, str | None], Road] = {}
        self._closed = False

    def client(
        self,
        policy: EgressPolicy,
        *,
        observe: Callable[[Call], None] | None = None,
        turnstile: Turnstile | None = None,
    ) -> httpx.AsyncClient:
        """Return a client bound to this policy; `observe` hears once of each of its calls.

        `turnstile` is waited for before a call's deadline begins.
        Clients are cheap and share connections; closing one closes no connection.
        """
        return EgressClient(EgressTransport(policy, self, observe, turnstile))

    def road(self, policy: EgressPolicy, to: Destination) -> Road:
        """Return connections that are checked for this destination.

        Raises:
            EgressRefusedError: The policy's proxy is on a closed address.
            RuntimeError: The egress has been closed.
        """
        if policy.proxy is None:
            return self._road(_gate(policy, to), None)
        proxy_destination(policy.proxy, policy)
        return self._road(Gate(policy.allow, allowed_only=False, platform=True), policy.proxy)

    async def judge(self, policy: EgressPolicy, to: Destination) -> None:
        """Judge a name that a proxy is going to resolve; what it then finds is its own guard's.

        A platform's own name is not looked up: where a proxy is the way out, there may be no
        DNS for the internet at all.

        Raises:
            EgressRefusedError: The name has a closed address.
            httpx.ConnectError: It has none.
        """
        if (policy.hosts and not to.allowed_only) or literal(to.host) is not None:
            return
        try:
            await self._resolver(_gate(policy, to)).resolve(to.host)
        except OSError:
            raise httpx.ConnectError(f"{to.host} has no address in DNS") from None

    async def aclose(self) -> None:
        """Close every connection; clients still around raise RuntimeError from now on."""
        self._closed = True
        for session in self._sessions.values():
            await session.close()
        for lookup in self._lookups:
            lookup.close()

    def _road(self, gate: Gate, proxy: str | None) -> Road:
        road = self._roads.get((gate, proxy))
        if road is None:
            road = Road(self._session(gate), None if proxy is None else yarl.URL(proxy))
            self._roads[gate, proxy] = road
        return road

    def _session(self, gate: Gate) -> aiohttp.ClientSession:
        if self._closed:
            raise RuntimeError("the egress has been closed")
        session = self._sessions.get(gate)
        if session is None:
            connector = aiohttp.TCPConnector(
                limit=0,  # lanes bound what is in flight; a shared limit would let one starve all
                resolver=self._resolver(gate),
                ttl_dns_cache=_DNS_SECONDS,
                keepalive_timeout=_IDLE_SECONDS,
                ssl=self._tls,
                socket_factory=open_socket(gate),
            )
            session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                auto_decompress=False,
                skip_auto_headers=("Content-Type", "User-Agent", "Accept"),
            )
            self._sessions[gate] = session
        return session

    def _resolver(self, gate: Gate) -> CheckedResolver:
        return CheckedResolver(gate, self._lookup or self._lookups[gate.platform])


def _gate(policy: EgressPolicy, to: Destination) -> Gate:
    return Gate(policy.allow, to.allowed_only, platform=bool(policy.hosts))
