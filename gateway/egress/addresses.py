"""Which addresses are the public internet, and which ones an operator opened besides.

`ipaddress.is_global` is no such judgement: it calls 6to4 and NAT64 forms of 127.0.0.1,
multicast groups and two clouds' metadata addresses global. So the blocks are listed here, and
of IPv6 only what IANA gave out as global unicast can be public at all.
"""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

_CLOSED_V4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private use
            "100.64.0.0/10",  # shared by carriers; Alibaba's metadata at 100.100.100.200
            "127.0.0.0/8",  # loopback
            "168.63.129.16/32",  # Azure's host agent, on a public number
            "169.254.0.0/16",  # link local; most clouds' metadata
            "172.16.0.0/12",  # private use
            "192.0.0.0/24",  # protocol assignments; Oracle's metadata at 192.0.0.192
            "192.0.2.0/24",  # documentation
            "192.88.99.0/24",  # 6to4 relays, withdrawn
            "192.168.0.0/16",  # private use
            "198.18.0.0/15",  # benchmarking
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_CLOSED_V6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments; Teredo carries an IPv4 address
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4 carries an IPv4 address
            "3fff::/20",  # documentation
        ),
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")
_LAST_LABEL_IS_A_NUMBER = re.compile(r"(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)$", re.IGNORECASE)


def effective(address: Address) -> Address:
    """Return where a packet to this address really ends up.

    IPv4-mapped and NAT64 addresses are honest ways to reach an IPv4 host (DNS64 networks hand
    them out for every name), so they are judged as that host.
    """
    if not isinstance(address, IPv6Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def is_public(address: Address) -> bool:
    """Tell whether anybody on the internet could reach this address."""
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return False
    target = effective(address)
    if isinstance(target, IPv4Address):
        return not any(target in block for block in _CLOSED_V4)
    return target in _GLOBAL_UNICAST and not any(target in block for block in _CLOSED_V6)


def is_allowed(address: Address, allow: Iterable[Network]) -> bool:
    """Tell whether one of the operator's blocks covers this address."""
    target = effective(address)
    return any(target in block for block in allow)


def literal(host: str) -> Address | None:
    """Return the address a URL's host spells out, or None where it is a name.

    Raises:
        ValueError: A number that is no plain address (`127.1`, `0x7f000001`, `0177.0.0.1`,
            a zone id). Resolvers read these in ways of their own.
    """
    bare = host.removeprefix("[").removesuffix("]")
    if ":" not in bare and not _LAST_LABEL_IS_A_NUMBER.search(bare):
        return None
    address = ip_address(bare)
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        raise ValueError("an address with a zone is not accepted")
    return address
