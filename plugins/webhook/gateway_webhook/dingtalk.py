"""DingTalk's robots (documentation: "Custom robot access", "Custom robot security settings")."""

import base64
import hashlib
import hmac
import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx

from gateway.plugin import (
    ContentError,
    DeliveryError,
    RateLimitedError,
    TemporaryError,
    UncertainError,
)
from gateway_lark.codes import body_of

from .dingtalk_cards import write
from .dingtalk_codes import find
from .post import Post

__all__ = ["error_in", "sign", "write"]

BAN = 1111
BANNED_FOR = timedelta(minutes=5)
_CODE = re.compile(r"-?\d{1,9}")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]+")
_LONGEST_QUOTE = 300


def sign(post: Post, secret: str, now: datetime) -> Post:
    """Add the moment and its signature to the address, encoded once."""
    timestamp = str(int(now.timestamp() * 1000))
    proof = quote(signature(timestamp, secret), safe="")
    return replace(post, url=f"{post.url}&timestamp={timestamp}&sign={proof}")


def signature(timestamp: str, secret: str) -> str:
    """Sign the moment and the secret, with the secret."""
    said = f"{timestamp}\n{secret}".encode()
    return base64.b64encode(hmac.new(secret.encode(), said, hashlib.sha256).digest()).decode()


def error_in(
    reply: httpx.Response, secrets: Collection[str], now: datetime
) -> DeliveryError | None:
    """Return what an answer stands for; refusals come with HTTP 200."""
    del now
    body = body_of(reply) or {}
    code = _code_in(body)
    if code is None:
        return _unreadable(reply, body)
    if code == "0" and reply.is_success:
        return None
    return _error(code, _said(body, secrets), reply)


def _code_in(body: Mapping[str, Any]) -> str | None:
    """Return the code as text; some pages of the documentation quote their numbers."""
    code = body.get("errcode")
    if isinstance(code, bool) or not isinstance(code, int | str):
        return None
    return str(code) if _CODE.fullmatch(str(code)) else None


def _said(body: Mapping[str, Any], secrets: Collection[str]) -> str:
    said = str(body.get("errmsg", ""))
    for secret in secrets:
        said = said.replace(secret, "***")
    return _UNPRINTABLE.sub(" ", said)[:_LONGEST_QUOTE]


def _error(code: str, said: str, reply: httpx.Response) -> DeliveryError:
    row = find(code, said)
    told: dict[str, Any] = {"provider_code": code, "http_status": reply.status_code}
    quoted = f" It said: {said}" if said else ""
    if row is None:
        kind: type[DeliveryError] = UncertainError if reply.is_server_error else ContentError
        return kind(f"The platform answered with code {code}.{quoted}", **told)
    return row.error(row.sentence + quoted, **told)


def _unreadable(reply: httpx.Response, body: Mapping[str, Any]) -> DeliveryError:
    status = reply.status_code
    if body.get("status") == BAN:
        said = "The platform shut out this network address for five minutes."
        return RateLimitedError(said, retry_after=BANNED_FOR, http_status=status)
    said = f"HTTP {status} came without a readable answer of the platform."
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return RateLimitedError(said, http_status=status)
    # The platform always answers in JSON: another page is of something on the way to it.
    stopped = status == httpx.codes.SERVICE_UNAVAILABLE or reply.is_redirect
    stopped = stopped or reply.is_client_error
    kind = TemporaryError if stopped else UncertainError
    return kind(said, http_status=status)
