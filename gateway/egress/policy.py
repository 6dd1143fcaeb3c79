"""What a channel may reach, and the checks that need no network."""

import re
from dataclasses import dataclass
from datetime import timedelta

import httpx

from gateway.egress.addresses import Network, is_allowed, is_public, literal
from gateway.plugin import EgressRefusedError

_HTTPS_PORTS = frozenset({443, 8443})
_LONGEST_URL = 2048
_HOST_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?:\.(?!-)[a-z0-9_-]{1,63})*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class EgressPolicy:
    """What one channel may reach, and how long and how much it may take.

    Attributes:
        hosts: The only hosts (exact, lower case) a platform is known by. Empty: any host
            whose every address is public, for URLs that users give.
        allow: The operator's blocks, open besides; plain http and any port are fine there.
        proxy: The http(s) proxy all calls go through; it resolves the platform's names.
        total: From the first byte of DNS to the last byte of the answer.
        connect: DNS, TCP and TLS together.
        max_answer: Bytes of raw answer.
    """

    hosts: frozenset[str] = frozenset()
    allow: tuple[Network, ...] = ()
    proxy: str | None = None
    total: timedelta = timedelta(seconds=10)
    connect: timedelta = timedelta(seconds=3)
    max_answer: int = 64 * 1024


@dataclass(frozen=True, slots=True)
class Destination:
    """A host that passed every check that needs no network.

    Attributes:
        allowed_only: True where being public is not enough: the operator's blocks must cover
            every address (plain http, another port, a host the platform does not list).
    """

    host: str
    port: int
    allowed_only: bool


def check_url(url: str, policy: EgressPolicy) -> None:
    """Check a URL that is about to be saved, without any look-up.

    Raises:
        EgressRefusedError: It can never be called under this policy; the sentence says why.
    """
    if len(url) > _LONGEST_URL or re.search(r"[\x00-\x20\x7f\\]", url):
        raise EgressRefusedError("a URL is at most 2,048 characters, without spaces or backslashes")
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError):
        raise EgressRefusedError("this is not a URL") from None
    destination(parsed, policy)
    if policy.proxy is not None:
        proxy_destination(policy.proxy, policy)


def destination(url: httpx.URL, policy: EgressPolicy) -> Destination:
    """Judge a URL's scheme, host and port.

    Raises:
        EgressRefusedError: It may not be called, whatever its name resolves to.
    """
    if url.scheme not in {"http", "https"}:
        raise EgressRefusedError("a URL starts with https://")
    if url.userinfo:
        raise EgressRefusedError("a URL may not carry a user name or password")
    host = _host(url)
    port = _port(url)
    usual = url.scheme == "https" and port in _HTTPS_PORTS
    listed = not policy.hosts or host in policy.hosts
    found = Destination(host, port, allowed_only=not (usual and listed))
    if found.allowed_only and not policy.allow:
        raise EgressRefusedError(_why_closed(host, usual=usual))
    _check_literal(found, policy)
    return found


def proxy_destination(proxy: str, policy: EgressPolicy) -> Destination:
    """Judge a proxy's URL: any port and user name, but a public or an opened address.

    Raises:
        EgressRefusedError: It is no http(s) URL, or spells out an address that is closed.
    """
    try:
        url = httpx.URL(proxy)
    except (httpx.InvalidURL, UnicodeError):
        raise EgressRefusedError("the proxy is not a URL") from None
    if url.scheme not in {"http", "https"}:
        raise EgressRefusedError("a proxy's URL starts with http:// or https://")
    port = _port(url)
    found = Destination(_host(url), port, allowed_only=False)
    _check_literal(found, policy)
    return found


def refusal(host: str, *, allowed_only: bool) -> EgressRefusedError:
    """Say that a host's addresses are closed, without naming an address.

    A tenant must not learn what the operator's internal names resolve to.
    """
    if allowed_only:
        return EgressRefusedError(f"{host} is not covered by GATEWAY_EGRESS_ALLOW")
    return EgressRefusedError(
        f"{host} has an address that is not public; the operator may open it with "
        "GATEWAY_EGRESS_ALLOW"
    )


def _host(url: httpx.URL) -> str:
    """Return the host in lower case.

    Only spellings that every URL parser reads alike get through: aiohttp parses once more.
    """
    host = url.raw_host.decode("ascii").lower()
    if not host:
        raise EgressRefusedError("the URL has no host")
    try:
        is_literal = literal(host) is not None
    except ValueError:
        raise EgressRefusedError(f"{host} is an unusual spelling of an address") from None
    if not is_literal and not _HOST_NAME.fullmatch(host):
        raise EgressRefusedError(f"{host!r} is not a host name")
    return host


def _port(url: httpx.URL) -> int:
    if url.port is not None:
        return url.port
    return 443 if url.scheme == "https" else 80


def _check_literal(found: Destination, policy: EgressPolicy) -> None:
    address = literal(found.host)
    if address is None or is_allowed(address, policy.allow):
        return
    if found.allowed_only or not is_public(address):
        raise refusal(found.host, allowed_only=found.allowed_only)


def _why_closed(host: str, *, usual: bool) -> str:
    if usual:
        return f"{host} is not one of the platform's own hosts"
    return f"{host} may be called by https on port 443 or 8443 only"
