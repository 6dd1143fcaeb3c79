"""Reads bodies: after the caller is known, counted while they stream, parsed once."""

import json
import re
from collections.abc import Sequence
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, TypeAdapter, ValidationError

from gateway.problems import ProblemError, field_errors, invalid
from gateway.request import SLUG, USER_ID

MAX_BODY = 1024 * 1024
MOST_ERRORS = 100
Model = TypeVar("Model", bound=BaseModel)
# What pydantic's parser takes but JSON, or PostgreSQL, does not: looked at once more, rarely.
_STRANGE_NUMBER = re.compile(rb"[0-9](?:[eE]\+?[0-9]{3}|[0-9]{299})")
_STRANGE_WORDS = (rb"\u0000", b"NaN", b"Infinity")
_OBJECT: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])


async def read_body(request: Request) -> bytes:
    """Return the body.

    Raises:
        ProblemError: It is larger than 1 MiB; the rest is not waited for.
    """
    if _announced(request) > MAX_BODY:
        raise ProblemError("body_too_large", "a body is at most 1 MiB")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise ProblemError("body_too_large", "a body is at most 1 MiB")
    return bytes(body)


async def parsed(request: Request, model: type[Model]) -> Model:
    """Read the body as `model`."""
    return parse(model, await read_body(request))


async def parsed_object(request: Request) -> dict[str, Any]:
    """Read the body as any JSON object."""
    return parse_object(await read_body(request))


def parse_object(body: bytes) -> dict[str, Any]:
    """Parse any JSON object."""
    check_text(body)
    try:
        return _OBJECT.validate_json(body)
    except ValidationError as error:
        raise refused(error) from None


def parse(model: type[Model], body: bytes) -> Model:
    """Parse and validate in one go."""
    check_text(body)
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise refused(error) from None


def refused(error: ValidationError, prefix: Sequence[str | int] = ("body",)) -> ProblemError:
    """Return the problem for what pydantic found, without the input."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    if found[0]["type"] == "json_invalid":
        return ProblemError("invalid_json", found[0]["msg"])
    errors = field_errors(found[:MOST_ERRORS], prefix)
    return ProblemError("validation_failed", "some fields are not valid", errors)


def check_text(body: bytes) -> None:
    """Refuse what is not quite JSON, and U+0000, which PostgreSQL cannot keep."""
    if not any(word in body for word in _STRANGE_WORDS) and not _STRANGE_NUMBER.search(body):
        return
    try:
        found = json.loads(body, parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError):
        raise ProblemError("invalid_json", "the body is not JSON") from None
    if _holds_nul(found):
        raise invalid(["body"], "a text may not hold U+0000")


def slug(name: str, what: str) -> str:
    """Return a name that a resource may have."""
    return _name(name, what, SLUG)


def user_id(name: str) -> str:
    """Return an id that a user may have."""
    return _name(name, "user", USER_ID)


def _name(name: str, what: str, pattern: str) -> str:
    if not re.fullmatch(pattern.strip("^$"), name):
        raise invalid(["path", what], f"a name matches {pattern}", "string_pattern_mismatch")
    return name


def _announced(request: Request) -> int:
    length = request.headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else 0


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError("a number is too large")
    return number


def _holds_nul(value: object) -> bool:
    match value:
        case str():
            return "\x00" in value
        case dict():
            return any(_holds_nul(k) or _holds_nul(v) for k, v in value.items())
        case list():
            return any(map(_holds_nul, value))
        case _:
            return False
