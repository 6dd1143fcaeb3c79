"""The contract as a pytest class: one test for each rule."""

import asyncio
import functools
from typing import TYPE_CHECKING, ClassVar

from gateway.testing.contract import RULES, Outcome, Rule, Subject, run

if TYPE_CHECKING:
    import pytest


class ContractSuite:
    """Every rule of the contract as one test.

    A subclass names what is to be tested, and that is all of it:

        class TestNtfy(ContractSuite):
            subject = Subject(NTFY, config={...}, far_end=..., recipients=[...])

    A class rather than a fixture: a `Subject` is a value without anything open in it (its far end
    is made anew for each channel), so there is nothing to set up or tear down; each rule is a test
    with its own name; and the tests need no asyncio plugin, since each runs in a loop of its own.
    """

    subject: ClassVar[Subject]

    def pytest_generate_tests(self, metafunc: "pytest.Metafunc") -> None:
        """Make one test of each rule."""
        if "rule" in metafunc.fixturenames:
            metafunc.parametrize("rule", RULES, ids=[rule.name for rule in RULES])

    def test_keeps(self, rule: Rule) -> None:
        """Verify one rule; skip what does not concern the subject."""
        import pytest  # noqa: PLC0415 - whoever runs the rules without pytest need not have it

        verdict = asyncio.run(run(self.subject, [rule])).verdicts[0]
        if verdict.outcome is Outcome.NOT_APPLICABLE:
            pytest.skip(verdict.why)
        if verdict.outcome is Outcome.FAILED:
            told = f"{verdict.why}\nWhy it matters: {rule.reason}\nWhat to do: {rule.fix}"
            tell = (
                pytest.xfail if rule.recommended else functools.partial(pytest.fail, pytrace=False)
            )
            tell(told)
