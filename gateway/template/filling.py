"""What may fill a hole: the filters, and how data is made harmless where it stands. All pure."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MOST_DIGITS = 6
_MARKS = re.compile(r"[\\`*_\[\]<>~|]")
_STARTS = re.compile(r"^([ \t]*)(?:([#+\-])|(\d{1,9})([.)]))", re.MULTILINE)
JOINER = "\u2060"
"""Shows nothing, and keeps what stands around it from being read as one mark."""
_ENDS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_ADDRESS = re.compile(r"https?://[^\s]")
_IN_ADDRESS = "-._~:/?#@!$&'*+,;=%"  # no brackets, which end a link
_DIRECTIVE = re.compile(r"%(.?)", re.DOTALL)
_DIRECTIVES = frozenset("aAbBdHIjmMpSyYZz%")


class HoleError(ValueError):
    """A text with holes is wrong, or the data cannot fill it; the message is for its author."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What is done to a value.

    Attributes:
        change: Does it.
        usage: What it takes besides the value, in words.
        arguments: How many those are, at least and at most.
        takes_missing: Whether it is asked about what the data does not have, as None.
    """

    change: Callable[..., Any]
    usage: str = "nothing"
    arguments: tuple[int, int] = (0, 0)
    takes_missing: bool = False


def text(value: object) -> str:
    """Return a value as a text.

    Raises:
        HoleError: It has none: null, a list, an object.
    """
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case None:
            raise HoleError("the data says null here; give a text with `default`")
    raise HoleError("a list or an object has no text; name a part of it, or repeat over it")


def inert(value: object) -> str:
    """Return a value as Markdown that shows exactly itself."""
    marked = _MARKS.sub(r"\\\g<0>", _lines(value))
    return _STARTS.sub(_at_start, marked)


def _lines(value: object) -> str:
    """Return a text whose lines end in one way only, as everybody reads them."""
    return _ENDS.sub("\n", text(value))


def _at_start(found: re.Match[str]) -> str:
    indent, mark, digits, dot = found.groups()
    return f"{indent}\\{mark}" if mark else f"{indent}{digits}\\{dot}"


def code(value: object) -> str:
    """Return a value as code: in the line, or lines by themselves.

    Not every client knows fences of more than three ticks, so no run of data is as long.
    """
    shown = _lines(value)
    if not shown.strip():
        return ""
    if "\n" not in shown and "`" not in shown:
        return f"`{shown}`"
    return f"\n```\n{shown.replace('``', f'`{JOINER}`')}\n```\n"


def part(value: object) -> str:
    """Return a value as a part of an address that ends nothing and begins nothing."""
    return quote(text(value), safe="")


def address(value: object) -> str:
    """Return a whole address.

    Raises:
        HoleError: It is none of the web's.
    """
    url = text(value)
    if not _ADDRESS.match(url):
        raise HoleError("an address begins with http:// or https://")
    return quote(url, safe=_IN_ADDRESS)


def date(value: object, form: str = "%Y-%m-%d %H:%M", zone: str = "UTC") -> str:
    """Return a moment, given in RFC 3339 or as seconds since 1970, by a clock's form."""
    wrong = [mark for mark in _DIRECTIVE.findall(text(form)) if mark not in _DIRECTIVES]
    if wrong:
        raise HoleError(f"the filter date knows no %{wrong[0]}")
    try:
        return _moment(value).astimezone(ZoneInfo(text(zone))).strftime(form)
    except (ZoneInfoNotFoundError, ValueError, OverflowError, OSError):
        raise HoleError("this is no moment, or no time zone such as Asia/Shanghai") from None


def _moment(value: object) -> datetime:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return datetime.fromtimestamp(value, UTC)
    moment = datetime.fromisoformat(text(value))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def number(value: object, digits: int = 0) -> str:
    """Return a number with separated thousands and so many digits after the point."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise HoleError("the filter number wants a number")
    if not isinstance(digits, int) or not 0 <= digits <= MOST_DIGITS:
        raise HoleError(f"the filter number shows 0 to {MOST_DIGITS} digits")
    return f"{value:,.{digits}f}"


def default(value: object, other: object) -> object:
    """Return another value where there is none, or an empty one."""
    return other if value is None or value in ("", [], {}) else value


def truncate(value: object, most: int) -> str:
    """Return the beginning of a text, with a sign that there is more."""
    shown = text(value)
    if not isinstance(most, int) or most < 1:
        raise HoleError("the filter truncate wants a number of characters")
    return shown if len(shown) <= most else shown[: most - 1].rstrip() + "…"


def join(value: object, between: str = ", ") -> str:
    """Return the items of a list as one text."""
    return text(between).join(map(text, _list(value)))


def first(value: object) -> object:
    """Return the first item of a list."""
    return _item(value, 0)


def last(value: object) -> object:
    """Return the last item of a list."""
    return _item(value, -1)


def length(value: object) -> int:
    """Return how many characters a text, or items a list, has."""
    return len(value) if isinstance(value, str) else len(_list(value))


def _item(value: object, at: int) -> object:
    items = _list(value)
    return items[at] if items else None


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise HoleError("this filter wants a list")
    return value


FILTERS: Mapping[str, Filter] = {
    "date": Filter(date, "a form such as '%d %b %H:%M' and a time zone", (0, 2)),
    "default": Filter(default, "what to take instead", (1, 1), takes_missing=True),
    "first": Filter(first),
    "join": Filter(join, "what stands between the items", (0, 1)),
    "last": Filter(last),
    "length": Filter(length),
    "lower": Filter(lambda value: text(value).lower()),
    "number": Filter(number, "how many digits follow the point", (0, 1)),
    "trim": Filter(lambda value: text(value).strip()),
    "truncate": Filter(truncate, "the most characters", (1, 1)),
    "upper": Filter(lambda value: text(value).upper()),
}
"""What may be done to a value before it fills a hole."""
ESCAPED: Mapping[str, Filter] = {
    "code": Filter(code),
    "markdown": Filter(text),
}
"""What a markdown block may do as the last step: these have escaped it, or let it through."""
ESCAPES: Mapping[str, Filter] = {
    "text": Filter(text),
    "markdown": Filter(inert),
    "part": Filter(part),
    "address": Filter(address),
}
"""What fills a hole otherwise, by where the hole is."""
