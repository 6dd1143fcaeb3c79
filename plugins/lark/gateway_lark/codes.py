"""From an answer of the platform to what happens next.

The platform's rule is that only `code` in the body counts: old APIs and robots answer HTTP 200
with an error inside, and the same code comes with different statuses. What holds no readable
code did not come from the platform's API and is judged by its status.
"""

import json
import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, TypedDict

import httpx

from gateway.plugin import (
    ContentError,
    DeliveryError,
    QuotaExhaustedError,
    RateLimitedError,
    RecipientError,
    ScopeMissingError,
    TemporaryError,
    UncertainError,
    retry_after,
)

from .code_row import Code
from .codes_batch import BATCH_CODES, CHAT_CODES, FILE_CODES, ROBOT_CODES
from .codes_gateway import APPLICATION_CODES, CONTACT_CODES, GATEWAY_CODES, TOKEN_CODES
from .codes_login import LOGIN_CODES
from .codes_message import CARD_CODES, MESSAGE_CODES

RESET_HEADER = "x-ogw-ratelimit-reset"
LOG_HEADER = "x-tt-logid"
STALE_TOKEN = frozenset({99991663, 99991664, 99991665, 99991671})
"""What a fresh token may mend ("Generic error codes")."""

CODES: tuple[Code, ...] = (
    *TOKEN_CODES,
    *GATEWAY_CODES,
    *APPLICATION_CODES,
    *CONTACT_CODES,
    *MESSAGE_CODES,
    *CARD_CODES,
    *BATCH_CODES,
    *ROBOT_CODES,
    *CHAT_CODES,
    *FILE_CODES,
    *LOGIN_CODES,
)
_ENVELOPES = frozenset({230099, 11246})
_LARGEST_CODE = 2**63
_LONGEST_QUOTE = 300
_SUB_CODE = re.compile(r"ErrCode: ?(\d{1,18})")
_NAMED_SCOPES = re.compile(r"\[([a-z][a-z0-9_.:, -]*)\]")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]+")


class _Told(TypedDict):
    provider_code: str | None
    http_status: int
    log_id: str | None
    fix_url: str | None


@dataclass(frozen=True, slots=True)
class Reading:
    """What is needed to read an answer besides the answer.

    Attributes:
        now: When it came, aware.
        zone: Where the platform's days and months begin.
        purpose: What the call was for.
        secrets: Texts that never appear in an error, even if the far end repeats them.
    """

    now: datetime
    zone: tzinfo
    purpose: str = ""
    secrets: Collection[str] = ()


def body_of(reply: httpx.Response) -> Mapping[str, Any] | None:
    """Return the answer's JSON object, or None where it holds none."""
    try:
        body = json.loads(reply.content)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def code_of(body: Mapping[str, Any] | None) -> int | None:
    """Return the platform's code, or None where there is no sane one."""
    code = (body or {}).get("code")
    sane = type(code) is int and abs(code) < _LARGEST_CODE
    return code if sane else None


def log_id_of(reply: httpx.Response, body: Mapping[str, Any] | None) -> str | None:
    """Return the platform's id of the call, which its support asks for."""
    error = _mapping(body, "error")
    found = reply.headers.get(LOG_HEADER) or error.get("log_id") or error.get("logid")
    return str(found)[:128] if found else None


def error_for(reply: httpx.Response, reading: Reading) -> DeliveryError | None:
    """Return the error that an answer stands for, or None where the call succeeded."""
    return error_in(body_of(reply), reply, reading)


def error_in(
    body: Mapping[str, Any] | None, reply: httpx.Response, reading: Reading
) -> DeliveryError | None:
    """Do the same for a body that was read before."""
    number = code_of(body)
    if number == 0 and reply.is_success:
        return None
    if body is None or not number:
        return _unreadable(reply, log_id_of(reply, body))
    said = str(body.get("msg", ""))
    row = _card_row(number, said) or find(number, reading.purpose, said)
    told = _told(number, body, reply, reading)
    if row is None:
        return _unknown(body, reply, told, reading)
    return _error(row, body, told, reply, reading)


def find(number: int, purpose: str = "", said: str = "") -> Code | None:
    """Return the row of a code: the one whose phrase and purpose fit best."""
    text = said.lower()
    rows = [
        row
        for row in _BY_NUMBER.get(number, ())
        if row.purpose in ("", purpose) and row.phrase in text
    ]
    return max(rows, key=lambda row: (len(row.phrase), row.purpose), default=None)


def next_period(period: str, now: datetime, zone: tzinfo) -> datetime:
    """Return when the next day or month begins in `zone`, in UTC."""
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    if period == "day":
        return (today + timedelta(days=1)).astimezone(UTC)
    return (today.replace(day=1) + timedelta(days=32)).replace(day=1).astimezone(UTC)


def _error(
    row: Code,
    body: Mapping[str, Any],
    told: _Told,
    reply: httpx.Response,
    reading: Reading,
) -> DeliveryError:
    if issubclass(row.error, RateLimitedError):
        wait = retry_after(reply, header=RESET_HEADER)
        return RateLimitedError(row.sentence, retry_after=wait, scope=row.bucket, **told)
    if issubclass(row.error, QuotaExhaustedError):
        resets = next_period(row.period, reading.now, reading.zone)
        return QuotaExhaustedError(row.sentence, resets_at=resets, **told)
    if issubclass(row.error, ScopeMissingError):
        scopes = _scopes(body) or row.scopes
        wanted = f" It wants one of: {', '.join(scopes)}." if scopes else ""
        return ScopeMissingError(row.sentence + wanted, scopes=scopes, **told)
    if issubclass(row.error, RecipientError):
        return RecipientError(row.sentence, gone=row.gone, **told)
    quote = _quote(body, reading) if issubclass(row.error, ContentError) else ""
    return row.error(row.sentence + quote, **told)


def _card_row(number: int, said: str) -> Code | None:
    """Return the row of the code inside a card error, which says more than the one around it."""
    inside = _SUB_CODE.search(said) if number in _ENVELOPES else None
    return find(int(inside.group(1)), said=said) if inside else None


def _unreadable(reply: httpx.Response, log_id: str | None) -> DeliveryError:
    status = reply.status_code
    said = f"HTTP {status} came without a readable answer of the platform."
    if status == httpx.codes.TOO_MANY_REQUESTS:
        wait = retry_after(reply, header=RESET_HEADER)
        return RateLimitedError(said, retry_after=wait, http_status=status, log_id=log_id)
    # The platform's API always answers in JSON: a page with a 3xx or 4xx is of something on the
    # way to it, which did not let the call through.
    stopped = status == httpx.codes.SERVICE_UNAVAILABLE or reply.is_redirect
    stopped = stopped or reply.is_client_error
    kind = TemporaryError if stopped else UncertainError
    return kind(said, http_status=status, log_id=log_id)


def _unknown(
    body: Mapping[str, Any], reply: httpx.Response, told: _Told, reading: Reading
) -> DeliveryError:
    said = f"The platform answered with code {body['code']}.{_quote(body, reading)}"
    kind = UncertainError if reply.is_server_error else ContentError
    return kind(said, **told)


def _told(number: int, body: Mapping[str, Any], reply: httpx.Response, reading: Reading) -> _Told:
    return {
        "provider_code": str(number),
        "http_status": reply.status_code,
        "log_id": log_id_of(reply, body),
        "fix_url": _fix_url(body, reading),
    }


def _quote(body: Mapping[str, Any], reading: Reading) -> str:
    """Repeat the platform's own words, which name the wrong field, without any secret."""
    fields = [str(each.get("field", "")) for each in _list(body, "field_violations")]
    said = " ".join([str(body.get("msg", "")), *fields]).strip()
    said = _UNPRINTABLE.sub(" ", _masked(said, reading))[:_LONGEST_QUOTE]
    return f" It said: {said}" if said else ""


def _masked(text: str, reading: Reading) -> str:
    for secret in reading.secrets:
        text = text.replace(secret, "***") if secret else text
    return text


def _scopes(body: Mapping[str, Any]) -> tuple[str, ...]:
    """Read the missing permissions; pages of the documentation disagree on the field."""
    named = [
        each.get("subject") or each.get("scope") for each in _list(body, "permission_violations")
    ]
    scopes = tuple(str(name) for name in named if name)
    if scopes:
        return scopes
    inside = _NAMED_SCOPES.search(str(body.get("msg", "")))
    return tuple(name.strip() for name in inside.group(1).split(",")) if inside else ()


def _fix_url(body: Mapping[str, Any], reading: Reading) -> str | None:
    for each in _list(body, "helps"):
        url = str(each.get("url", ""))
        if url.startswith(("https://", "http://")) and _masked(url, reading) == url:
            return url
    return None


def _list(body: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = _mapping(body, "error").get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _mapping(body: Mapping[str, Any] | None, name: str) -> Mapping[str, Any]:
    found = (body or {}).get(name)
    return found if isinstance(found, dict) else {}


def _by_number() -> Mapping[int, tuple[Code, ...]]:
    rows: defaultdict[int, list[Code]] = defaultdict(list)
    for row in CODES:
        rows[row.number].append(row)
    return {number: tuple(found) for number, found in rows.items()}


_BY_NUMBER = _by_number()
