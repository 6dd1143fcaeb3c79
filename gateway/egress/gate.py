"""Connections to checked addresses: resolve, judge every address, connect to those alone."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, TypeAlias

from aiohttp.abc import AbstractResolver, ResolveResult

from gateway.egress.addresses import Address, Network, is_allowed, is_public
from gateway.egress.policy import refusal

Lookup: TypeAlias = Callable[[str], Awaitable[Sequence[str]]]
"""Turns a host name into addresses; raises OSError where there are none."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Which addresses may be connected to; equal gates share their connections."""

    allow: tuple[Network, ...]
    allowed_only: bool
    platform: bool

    def admits(self, address: Address) -> bool:
        """Tell whether this address may be connected to."""
        if is_allowed(address, self.allow):
            return True
        return not self.allowed_only and is_public(address)


class CheckedResolver(AbstractResolver):
    """Answers a look-up with addresses that passed the gate, or not at all."""

    def __init__(self, gate: Gate, lookup: Lookup) -> None:
        self._gate = gate
        self._lookup = lookup

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Look a name up; aiohttp connects to these very addresses, so DNS has no second word.

        Raises:
            EgressRefusedError: At least one of its addresses is closed.
            OSError: The name has no address.
        """
        del family  # both are judged alike
        addresses = [ip_address(found) for found in await self._lookup(host)]
        if not addresses:
            raise OSError(None, "the name has no address")
        if not all(map(self._gate.admits, addresses)):
            raise refusal(host, allowed_only=self._gate.allowed_only)
        return [_result(host, address, port) for address in addresses]

    async def close(self) -> None:
        """Nothing to give back."""


def open_socket(gate: Gate) -> Callable[[Any], socket.socket]:
    """Return a socket factory that judges the address once more, at the last moment.

    aiohttp asks no resolver about literals; this holds even if it read one out of a URL that
    looked like a name to us.
    """

    def factory(info: Any) -> socket.socket:  # noqa: ANN401 - aiohttp's tuple type is private
        family, kind, protocol, _, where = info
        if not gate.admits(ip_address(where[0])):
            raise refusal("the host", allowed_only=gate.allowed_only)
        return socket.socket(family, kind, protocol)

    return factory


class SystemLookup:
    """The machine's resolver, on threads of its own.

    A name server that hangs blocks a thread for many seconds. With a pool of their own, names
    that users give can exhaust neither the loop's threads nor those for platform names.
    """

    def __init__(self, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="dns")

    async def __call__(self, host: str) -> Sequence[str]:
        """Return the addresses of a name.

        Raises:
            OSError: The name does not resolve.
        """
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, _getaddrinfo, host)
        return [str(where[0]) for *_, where in found]

    def close(self) -> None:
        """Give the threads back without waiting for a hanging look-up."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _getaddrinfo(host: str) -> list[tuple[Any, ...]]:
    return [*socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


def _result(host: str, address: Address, port: int) -> ResolveResult:
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6  # noqa: PLR2004
    return ResolveResult(
        hostname=host,
        host=str(address),
        port=port,
        family=family,
        proto=0,
        flags=socket.AI_NUMERICHOST,
    )
