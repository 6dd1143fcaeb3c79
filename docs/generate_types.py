"""The matrix of all channel types: what each can do, whom it reaches, how fast it may be called."""
# ruff: noqa: INP001 - part of a script, no package

import dataclasses
import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence

from gateway.plugin import ABILITIES, ChannelType, Limits

Row = tuple[str, ...]
GUIDES = "Writes a setup guide for the application it is about."
LIMITS: Mapping[str, str] = {
    "calls_per_second": "calls a second, per application and kind of call",
    "calls_per_minute": "calls a minute, the same",
    "recipient_calls_per_second": "calls a second to one recipient",
    "user_window_seconds": "seconds between two notifications to one person",
    "monthly_quota": "counted calls a month",
}


def matrix(types: Mapping[str, ChannelType]) -> Iterator[tuple[str, str, Sequence[Row]]]:
    """Yield each table: its title, what it says, and its rows, the first of which is the head."""
    head = ("", *(f"[{name}](#{name})" for name in types))
    found = list(types.values())
    yield (
        "What each can do",
        "Besides checking, finding, rendering and sending.",
        (
            head,
            *_abilities(found),
        ),
    )
    yield (
        "Whom each reaches",
        "Besides the tenant's users, where it addresses persons.",
        (
            head,
            ("addresses a", *(str(each.audience) for each in found)),
            ("`to` takes", *(_words(sorted(each.recipients)) for each in found)),
            ("a binding by hand is a", *(_words(each.identity_kinds) for each in found)),
        ),
    )
    yield (
        "How fast each may be called",
        "By default; a tenant may set each otherwise.",
        (
            head,
            *_limits(found),
            ("seconds an attempt may take", *(str(each.attempt_seconds) for each in found)),
        ),
    )


def _abilities(types: Sequence[ChannelType]) -> Iterator[Row]:
    for name, told in {
        **{n: _told(kind) for n, kind in ABILITIES.items()},
        "guides": GUIDES,
    }.items():
        yield f"`{name}`: {told}", *("yes" if name in each.capabilities else "" for each in types)


def _limits(types: Sequence[ChannelType]) -> Iterator[Row]:
    for field in dataclasses.fields(Limits):
        values = (getattr(each.limits, field.name) for each in types)
        yield LIMITS[field.name], *(f"{value:,}" if value else "—" for value in values)


def _told(kind: type) -> str:
    return (inspect.getdoc(kind) or "").partition("\n")[0]


def _words(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words) or "—"
