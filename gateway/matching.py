"""Whether a tenant's rules hold for a notification: pure, and linear in the text it reads."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gateway import expressions
from gateway.request import NotifyRequest, To

ANY = "*"
TYPE = "type"


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """A rule of the tenant.

    Attributes:
        match: The texts that will do, by condition: `type`, or the name of an attribute.
            `*` in a text stands for any text; behind `=~` stands a regular expression. Every
            condition has to hold; none is always.
        channels: Where the matching notification goes; none leaves that to the others.
        recipients: Who hears of it besides those in `to`.
        user_window_seconds: The window of what it sends; None is the channel's own.
        mobile_only: Whether its cards are decided on a phone only.
    """

    name: str
    enabled: bool = True
    match: Mapping[str, Sequence[str]] = field(default_factory=dict)
    channels: Sequence[str] = ()
    recipients: Sequence[To] = ()
    user_window_seconds: int | None = None
    mobile_only: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One condition of a rule: what would do, what was there, and whether that did."""

    name: str
    wanted: Sequence[str]
    found: Sequence[str]
    holds: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """A rule and what was found of each of its conditions."""

    rule: RuleFacts
    findings: Sequence[Finding]

    @property
    def matches(self) -> bool:
        """Whether every condition holds."""
        return all(finding.holds for finding in self.findings)


def judge(rules: Sequence[RuleFacts], request: NotifyRequest) -> tuple[Verdict, ...]:
    """Return what each rule makes of a notification."""
    if not rules:
        return ()
    said = {name: texts(value) for name, value in request.attributes.items()}
    said[TYPE] = (request.type,)
    return tuple(Verdict(rule, _findings(rule, said)) for rule in rules)


def texts(value: object) -> tuple[str, ...]:
    """Return the texts that a condition or an attribute stands for; a list has several."""
    match value:
        case str():
            return (value,)
        case bool() | int() | float():
            return (json.dumps(value),)
        case list() | tuple():
            return tuple(text for each in value for text in texts(each))
        case _:
            return ()


def fits(pattern: str, text: str) -> bool:
    """Tell whether `text` is `pattern`, whose `*` stand for any text, or fits its `=~`.

    The pieces between the stars are looked for one after the other, so that no pattern makes
    this slow.
    """
    if pattern.startswith(expressions.MARK):
        return expressions.found(pattern.removeprefix(expressions.MARK), text)
    first, *rest = pattern.split(ANY)
    if not rest:
        return text == pattern
    *middle, last = rest
    if len(text) < len(first) + len(last) or not text.startswith(first):
        return False
    return text.endswith(last) and _in_order(middle, text, len(first), len(text) - len(last))


def _in_order(pieces: Sequence[str], text: str, start: int, end: int) -> bool:
    for piece in pieces:
        found = text.find(piece, start, end)
        if found < 0:
            return False
        start = found + len(piece)
    return True


def _findings(rule: RuleFacts, said: Mapping[str, Sequence[str]]) -> tuple[Finding, ...]:
    return tuple(_finding(name, wanted, said.get(name, ())) for name, wanted in rule.match.items())


def _finding(name: str, wanted: Sequence[str], found: Sequence[str]) -> Finding:
    holds = any(fits(pattern, text) for pattern in wanted for text in found)
    return Finding(name, wanted, found, holds)
