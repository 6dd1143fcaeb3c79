"""From an answer of the platform to what happens next.

The platform has two generations of APIs. The new one answers a refusal with a `code` and a
status that is not 2xx (a bad token is 400, throttling and a missing permission are 403); the
old one always answers 200 and an `errcode`, which for anything about tokens and permissions is
88 with the real reason in `sub_code`. Only the code counts. What holds none did not come from
the platform's API and is judged by its status.
"""

import json
import re
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
from .codes_common import COMMON_CODES
from .codes_message import MESSAGE_CODES
from .codes_notice import DAILY_CAP, DROPPED_CODES
from .editions import CONSOLE

CODES: tuple[Code, ...] = (*COMMON_CODES, *MESSAGE_CODES, *DROPPED_CODES)
STALE_TOKEN = frozenset({"InvalidAuthentication", "40014", "42001", "40001"})
"""What a fresh token may mend."""

FLOW_CONTROL_LASTS = timedelta(minutes=1)
"""How long to leave somebody in peace to whom a chatbot sent too much."""

_BY_CODE: Mapping[str, Code] = {row.code: row for row in CODES}
_WRAPPED = "88"
_FINE = frozenset({"", "0"})
_BANNED = 1111
_BAN_LASTS = timedelta(minutes=5)
_LONGEST_CODE = 100
_LONGEST_QUOTE = 300
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]+")
_NAMED_POINTS = re.compile(r"\[([A-Za-z][A-Za-z0-9_.,， ]*)\]")  # noqa: RUF001 - as it comes
_BETWEEN_POINTS = re.compile(r"[,， ]+")  # noqa: RUF001 - as it comes
_FIX_PAGE = re.compile(rf"{re.escape(CONSOLE)}/[A-Za-z0-9_\-./?=&%#]+")
_MISSING_FIELD = re.compile(r"Missing[a-z]\w*|miss\.param\.\w+|invalidParameter\.[\w.]+")


class Told(TypedDict):
    """What every error tells."""

    provider_code: str | None
    http_status: int | None
    log_id: str | None
    fix_url: str | None


@dataclass(frozen=True, slots=True)
class Reading:
    """What is needed to read an answer besides the answer.

    Attributes:
        now: When it came, aware.
        zone: Where the platform's months begin.
        secrets: Texts that never appear in an error, even if the far end repeats them.
    """

    now: datetime
    zone: tzinfo
    secrets: Collection[str] = ()


def body_of(reply: httpx.Response) -> Mapping[str, Any] | None:
    """Return the answer's JSON object, or None where it holds none."""
    try:
        body = json.loads(reply.content)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def code_of(body: Mapping[str, Any] | None) -> str:
    """Return the platform's code as text, empty where there is none; 0 is a success.

    The documentation prints numbers as texts here and there, so they are compared as texts.
    """
    found = body or {}
    if "errcode" in found:
        code = _text(found["errcode"])
        return (_text(found.get("sub_code")) or code) if code == _WRAPPED else code
    return _text(found.get("code", found.get("Code")))


def log_id_of(body: Mapping[str, Any] | None) -> str | None:
    """Return the platform's id of the call, which its support asks for."""
    names = ("requestid", "requestId", "RequestId", "request_id")
    found = next((_text((body or {}).get(name)) for name in names if (body or {}).get(name)), "")
    return found[:128] or None


def error_for(reply: httpx.Response, reading: Reading) -> DeliveryError | None:
    """Return the error that an answer stands for, or None where the call succeeded."""
    return error_in(body_of(reply), reply, reading)


def error_in(
    body: Mapping[str, Any] | None, reply: httpx.Response, reading: Reading
) -> DeliveryError | None:
    """Do the same for a body that was read before."""
    code = code_of(body)
    if body and code in _FINE and reply.is_success and body.get("status") != _BANNED:
        return None
    if body is None or code in _FINE:
        return _unreadable(body, reply)
    row = find(code)
    if row is None:
        return _unknown(code, body, reply, reading)
    return _error(row, body, _told(code, body, reply, reading), reading)


def find(code: str) -> Code | None:
    """Return the row of a code."""
    return _BY_CODE.get(code)


def dropped(code: str, reading: Reading) -> DeliveryError:
    """Return why the platform dropped what it had taken for somebody."""
    told = Told(provider_code=code[:_LONGEST_CODE], http_status=None, log_id=None, fix_url=None)
    row = find(code)
    if row is None:
        return ContentError(f"The platform dropped it with the code {code}.", **told)
    if code == DAILY_CAP:
        wait = next_day(reading.now, reading.zone) - reading.now
        return RateLimitedError(row.sentence, retry_after=wait, scope=row.bucket, **told)
    return _error(row, {}, told, reading)


def next_day(now: datetime, zone: tzinfo) -> datetime:
    """Return when the next day begins in `zone`, in UTC."""
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return (today + timedelta(days=1)).astimezone(UTC)


def next_month(now: datetime, zone: tzinfo) -> datetime:
    """Return when the next month begins in `zone`, in UTC."""
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return (today.replace(day=1) + timedelta(days=32)).replace(day=1).astimezone(UTC)


def _error(row: Code, body: Mapping[str, Any], told: Told, reading: Reading) -> DeliveryError:
    told["fix_url"] = told["fix_url"] or row.page
    if issubclass(row.error, RateLimitedError):
        wait = timedelta(seconds=row.wait)
        return RateLimitedError(row.sentence, retry_after=wait, scope=row.bucket, **told)
    if issubclass(row.error, QuotaExhaustedError):
        resets = next_month(reading.now, reading.zone)
        return QuotaExhaustedError(row.sentence, resets_at=resets, **told)
    if issubclass(row.error, ScopeMissingError):
        points = _points(body)
        wanted = f" It wants: {', '.join(points)}." if points else ""
        return ScopeMissingError(row.sentence + wanted, scopes=points, **told)
    if issubclass(row.error, RecipientError):
        return RecipientError(row.sentence, gone=row.gone, **told)
    quote = _quote(body, reading) if issubclass(row.error, ContentError) else ""
    return row.error(row.sentence + quote, **told)


def _unreadable(body: Mapping[str, Any] | None, reply: httpx.Response) -> DeliveryError:
    status = reply.status_code
    if (body or {}).get("status") == _BANNED:
        said = "The platform has banned this address for five minutes: too many calls from it."
        return RateLimitedError(said, retry_after=_BAN_LASTS, http_status=status)
    said = f"HTTP {status} came without a readable answer of the platform."
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return RateLimitedError(said, retry_after=retry_after(reply), http_status=status)
    # The platform's API answers in JSON: a page with a 3xx or 4xx is of something on the way to
    # it, which did not let the call through.
    stopped = status == httpx.codes.SERVICE_UNAVAILABLE or reply.is_redirect
    kind = TemporaryError if stopped or reply.is_client_error else UncertainError
    return kind(said, http_status=status, log_id=log_id_of(body))


def _unknown(
    code: str, body: Mapping[str, Any], reply: httpx.Response, reading: Reading
) -> DeliveryError:
    told = _told(code, body, reply, reading)
    quote = _quote(body, reading)
    if _MISSING_FIELD.fullmatch(code):
        return ContentError(f"The platform refused a value of the call.{quote}", **told)
    kind = UncertainError if reply.is_server_error else ContentError
    return kind(f"The platform answered with the code {told['provider_code']}.{quote}", **told)


def _told(code: str, body: Mapping[str, Any], reply: httpx.Response, reading: Reading) -> Told:
    return {
        "provider_code": _masked(code, reading)[:_LONGEST_CODE],
        "http_status": reply.status_code,
        "log_id": _masked(log_id_of(body) or "", reading) or None,
        "fix_url": _fix_url(body, reading),
    }


def _said(body: Mapping[str, Any]) -> str:
    names = ("message", "Message", "sub_msg", "errmsg")
    return next((_text(body[name]) for name in names if body.get(name)), "")


def _quote(body: Mapping[str, Any], reading: Reading) -> str:
    """Repeat the platform's own words, which name the wrong field, without any secret."""
    said = _UNPRINTABLE.sub(" ", _masked(_said(body), reading))[:_LONGEST_QUOTE]
    return f" It said: {said}" if said else ""


def _masked(text: str, reading: Reading) -> str:
    for secret in reading.secrets:
        text = text.replace(secret, "***") if secret else text
    return text


def _points(body: Mapping[str, Any]) -> tuple[str, ...]:
    """Read the missing permissions: from their list, or out of the sentence."""
    detail = body.get("accessdenieddetail", body.get("AccessDeniedDetail"))
    listed = detail.get("requiredScopes") if isinstance(detail, dict) else None
    if isinstance(listed, list) and listed:
        return tuple(_text(each) for each in listed)
    inside = _NAMED_POINTS.search(_said(body))
    return tuple(filter(None, _BETWEEN_POINTS.split(inside[1]))) if inside else ()


def _fix_url(body: Mapping[str, Any], reading: Reading) -> str | None:
    found = _FIX_PAGE.search(_said(body))
    page = found.group() if found else None
    return page if page and _masked(page, reading) == page else None


def _text(value: object) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
