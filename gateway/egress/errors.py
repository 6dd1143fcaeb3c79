"""What can go wrong on the way out, and what happens next."""

import httpx

from gateway.errors import ContentError, DeliveryError, TemporaryError, UncertainError


class EgressRefusedError(httpx.TransportError, ValueError):
    """The gateway may not go there; nothing was sent.

    Also a ValueError, so that a pydantic validator may call the checks as they are.
    """


class AnswerTooLargeError(httpx.ReadError):
    """The answer is larger than the policy allows; the rest of it was not read."""


class EncodedAnswerError(httpx.ReadError):
    """The answer is compressed although identity was asked for; it was not unpacked."""


_NEVER = (EgressRefusedError, httpx.LocalProtocolError, httpx.UnsupportedProtocol)
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


def classify(error: httpx.HTTPError) -> DeliveryError:
    """Name what happens next after a call without a usable answer.

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
