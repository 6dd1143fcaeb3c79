"""From an HTTP answer to a delivery error, for platforms that mean their status codes."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx

from gateway.errors import (
    ChannelGoneError,
    ContentError,
    CredentialError,
    DeliveryError,
    RateLimitedError,
    ScopeMissingError,
    TemporaryError,
    UncertainError,
)

MAX_WAIT_SECONDS = 3600.0


def raise_for_reply(reply: httpx.Response) -> None:
    """Raise the error that `reply`'s status stands for; a 2xx raises nothing."""
    if not reply.is_success:
        raise error_for_status(reply)


def json_of(reply: httpx.Response, *needed: str) -> Mapping[str, Any]:
    """Return the JSON object that a successful answer is, with the members `needed`.

    Raises:
        DeliveryError: What the status stands for; `UncertainError` where it is a 2xx without
            such an object, for nobody knows then what became of the call.
    """
    raise_for_reply(reply)
    try:
        found = json.loads(reply.content)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise UncertainError("the answer is no JSON object", http_status=reply.status_code)
    if missing := [name for name in needed if name not in found]:
        raise UncertainError(f"the answer has no {missing[0]}", http_status=reply.status_code)
    return found


def error_for_status(reply: httpx.Response) -> DeliveryError:
    """Return the error that an unsuccessful status stands for."""
    status = reply.status_code
    said = f"the platform answered HTTP {status}"
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return RateLimitedError(said, retry_after=retry_after(reply), http_status=status)
    return _CLASSES.get(status, _family(status))(said, http_status=status)


def retry_after(reply: httpx.Response, *, header: str = "Retry-After") -> timedelta:
    """Read how long to wait, in seconds; junk is one second, an hour is the most."""
    try:
        seconds = float(reply.headers.get(header, "1"))
    except ValueError:
        seconds = 1.0
    sane = seconds if 0 <= seconds < float("inf") else 1.0
    return timedelta(seconds=min(sane, MAX_WAIT_SECONDS))


def _family(status: int) -> type[DeliveryError]:
    return UncertainError if status >= httpx.codes.INTERNAL_SERVER_ERROR else ContentError


_CLASSES: dict[int, type[DeliveryError]] = {
    401: CredentialError,
    403: ScopeMissingError,
    408: UncertainError,
    410: ChannelGoneError,
    425: TemporaryError,
    503: TemporaryError,
}
