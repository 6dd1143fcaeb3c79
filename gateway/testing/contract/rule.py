"""What a rule is, how it ends, and the report of them all. Knows nothing of pytest."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from gateway.testing.contract.subject import Subject

PATIENCE_SECONDS = 60.0


class Breach(AssertionError):  # noqa: N818 - the word of the contract; its sentence is for authors
    """The channel type does not keep a rule; the text says in one sentence what happened."""


class NotApplicable(Exception):  # noqa: N818 - no error: the rule asks for what is not there
    """The rule does not concern this channel type; the text says why."""


class Outcome(StrEnum):
    """How a rule ended."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Rule:
    """One promise of the contract.

    Attributes:
        name: What reports call it.
        reason: Why the gateway needs it.
        fix: What to do about a breach.
        check: Raises `Breach` or `NotApplicable`.
        ability: The ability it is about (a name of `gateway.plugin.ABILITIES`), if any.
        recommended: True where a breach is worth telling but breaks nothing.
        calls: True where it is verified by calls, so that the subject must have a far end.
    """

    name: str
    reason: str
    fix: str
    check: Callable[[Subject], Awaitable[None]]
    ability: str | None = None
    recommended: bool = False
    calls: bool = False

    async def verify(self, subject: Subject) -> None:
        """Return if the channel type keeps the rule.

        Raises:
            Breach: It does not.
            NotApplicable: The rule does not concern it, or cannot be verified.
        """
        if self.ability and self.ability not in subject.channel_type.capabilities:
            raise NotApplicable(f"{subject.channel_type.name} does not declare {self.ability}")
        if self.calls and subject.far_end is None:
            raise NotApplicable("the subject has no `far_end` to call")
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self.check(subject)
        except TimeoutError:
            raise Breach(f"it was not done after {PATIENCE_SECONDS:.0f} s") from None


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one rule ended, and why where it did not pass."""

    rule: Rule
    outcome: Outcome
    why: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """How every rule ended."""

    channel_type: str
    verdicts: tuple[Verdict, ...]

    @property
    def ok(self) -> bool:
        """Whether no rule is broken but recommended ones."""
        return not any(not verdict.rule.recommended for verdict in self.failed)

    @property
    def failed(self) -> tuple[Verdict, ...]:
        """The broken rules, recommended ones included."""
        return tuple(each for each in self.verdicts if each.outcome is Outcome.FAILED)

    def of(self, name: str) -> Verdict:
        """Return how the rule of this name ended; KeyError where there is none."""
        return {each.rule.name: each for each in self.verdicts}[name]

    def __str__(self) -> str:
        return "\n".join(line for verdict in self.verdicts for line in _lines(verdict))


def _lines(verdict: Verdict) -> Iterable[str]:
    yield f"{verdict.outcome:<14}  {verdict.rule.name}"
    if verdict.why:
        yield f"{'':<14}  {verdict.why}"
    if verdict.outcome is Outcome.FAILED:
        yield f"{'':<14}  Why it matters: {verdict.rule.reason}"
        yield f"{'':<14}  What to do: {verdict.rule.fix}"


async def judge(rules: Iterable[Rule], subject: Subject) -> Report:
    """Verify every rule by itself and report how each ended."""
    verdicts = [await _verdict(rule, subject) for rule in rules]
    return Report(subject.channel_type.name, tuple(verdicts))


async def _verdict(rule: Rule, subject: Subject) -> Verdict:
    try:
        await rule.verify(subject)
    except NotApplicable as error:
        return Verdict(rule, Outcome.NOT_APPLICABLE, str(error))
    except Breach as error:
        return Verdict(rule, Outcome.FAILED, str(error))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a plugin raises where it must not
        return Verdict(rule, Outcome.FAILED, f"{type(error).__name__}: {error}")
    return Verdict(rule, Outcome.PASSED)
