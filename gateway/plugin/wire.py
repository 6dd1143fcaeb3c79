"""What the only way out and the plugins agree on: what it refuses, and what no answer means."""

import re
from collections.abc import Mapping

import httpx

from gateway.errors import ContentError, DeliveryError, TemporaryError, UncertainError

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")
_CLOSED_HEADERS = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "cookie",
        "expect",
        "forwarded",
        "host",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
        "x-real-ip",
    }
)
_CLOSED_HEADER_PREFIXES = ("proxy-", "x-forwarded-", "sec-")


class EgressRefusedError(httpx.TransportError, ValueError):
    """The gateway may not go there; nothing was sent.

    Also a ValueError, so that a pydantic validator may call the checks as they are.
    """


_NEVER = (EgressRefusedError, httpx.LocalProtocolError, httpx.UnsupportedProtocol)
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


def error_for_exception(error: httpx.HTTPError) -> DeliveryError:
    """Return the error that a call without a usable answer stands for.

    The gateway does this for whatever leaves a channel's method. A channel needs it where one of
    many members of a batch got no answer and the others did.

    Returns:
        ContentError where no retry can help, TemporaryError where surely nothing was sent,
        UncertainError where the far end may have acted.
    """
    message = str(error) or type(error).__name__
    if isinstance(error, _NEVER):
        return ContentError(message)
    if isinstance(error, _NOT_SENT):
        return TemporaryError(message)
    return UncertainError(message)


def check_headers(headers: Mapping[str, str]) -> None:
    """Check the headers a user wants on every call.

    Raises:
        EgressRefusedError: A header that steers the connection or speaks for a proxy, or text
            that is not plain ASCII. The sentence names the header, never its value.
    """
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name):
            raise EgressRefusedError(f"{name!r} is not a header's name")
        lowered = name.lower()
        if lowered in _CLOSED_HEADERS or lowered.startswith(_CLOSED_HEADER_PREFIXES):
            raise EgressRefusedError(f"the header {name} is the gateway's own to set")
        if not _HEADER_VALUE.fullmatch(value):
            raise EgressRefusedError(f"the header {name} may hold printable ASCII only")
