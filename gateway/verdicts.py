"""What each rule made of a notification, as it is kept for whoever asks why."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.matching import Finding, Verdict

MOST_RULES = 50
MOST_TEXTS = 20
LONGEST = 200


def told(verdicts: Sequence[Verdict]) -> Mapping[str, Any] | None:
    """Return the record of at most 50 rules, those that match first; None where there is none."""
    if not verdicts:
        return None
    ordered = sorted(verdicts, key=lambda verdict: not verdict.matches)
    return {"rules": [described(verdict) for verdict in ordered[:MOST_RULES]]}


def described(verdict: Verdict) -> dict[str, Any]:
    """Return a rule, whether it matches, and what was found of each of its conditions."""
    return {
        "rule": verdict.rule.name,
        "enabled": verdict.rule.enabled,
        "matches": verdict.matches,
        "conditions": [_condition(finding) for finding in verdict.findings],
    }


def _condition(finding: Finding) -> dict[str, Any]:
    return {
        "name": finding.name,
        "wanted": _short(finding.wanted),
        "found": _short(finding.found),
        "holds": finding.holds,
    }


def _short(texts: Sequence[str]) -> list[str]:
    return [text if len(text) <= LONGEST else f"{text[:LONGEST]}…" for text in texts[:MOST_TEXTS]]
