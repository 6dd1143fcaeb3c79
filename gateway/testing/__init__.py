"""The public test kit: a clock one can turn, a scripted far end, and the contract suite."""

from gateway.testing.clock import FakeClock, RushedClock
from gateway.testing.context import CapturingLog, Line, context_for
from gateway.testing.contract import RULES, Breach, Marks, Report, Rule, Subject, run
from gateway.testing.registry import module, registry_of
from gateway.testing.suite import ContractSuite
from gateway.testing.transport import Answer, ScriptedTransport, UnscriptedError

__all__ = [
    "RULES",
    "Answer",
    "Breach",
    "CapturingLog",
    "ContractSuite",
    "FakeClock",
    "Line",
    "Marks",
    "Report",
    "Rule",
    "RushedClock",
    "ScriptedTransport",
    "Subject",
    "UnscriptedError",
    "context_for",
    "module",
    "registry_of",
    "run",
]
