"""What every channel type promises, as rules that can be run: by pytest or by anything else.

Run them from tests with `gateway.testing.ContractSuite`, or by hand:

    report = await run(subject)
    assert report.ok, str(report)
"""

from collections.abc import Sequence
from dataclasses import replace

from gateway.testing.contract import (
    behaving,
    calling,
    logins,
    losing,
    offers,
    rendering,
    timing,
)
from gateway.testing.contract.rendering import recordings
from gateway.testing.contract.rule import (
    Breach,
    NotApplicable,
    Outcome,
    Report,
    Rule,
    Verdict,
    judge,
)
from gateway.testing.contract.subject import Marks, Subject

__all__ = [
    "RULES",
    "Breach",
    "Marks",
    "NotApplicable",
    "Outcome",
    "Report",
    "Rule",
    "Subject",
    "Verdict",
    "recordings",
    "run",
]

CALLS: tuple[Rule, ...] = (
    *calling.RULES,
    logins.MADE_UP_CODES,
    *behaving.RULES,
    *timing.RULES,
)
RULES: tuple[Rule, ...] = (
    *(*offers.RULES, *rendering.RULES, *losing.RULES, logins.ADDRESS),
    *(replace(rule, calls=True) for rule in CALLS),
)


async def run(subject: Subject, rules: Sequence[Rule] = RULES) -> Report:
    """Verify every rule by itself and report how each ended; never raises for a plugin's sake."""
    return await judge(rules, subject)
