"""The public test kit: a clock one can turn, a scripted far end, and the contract suite."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.testing.clock import FakeClock, RushedClock
    from gateway.testing.context import CapturingLog, Line, context_for
    from gateway.testing.contract import RULES, Breach, Marks, Report, Rule, Subject, run
    from gateway.testing.registry import module, registry_of
    from gateway.testing.suite import ContractSuite
    from gateway.testing.transport import Answer, ScriptedTransport, UnscriptedError
else:

    def __getattr__(name: str) -> object:
        # pytest imports its plugin, and with it this package, before it measures coverage and
        # whether or not a test wants the kit: so its parts are imported when they are first asked
        # for.
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


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
_PARTS = {
    "clock": ("FakeClock", "RushedClock"),
    "context": ("CapturingLog", "Line", "context_for"),
    "contract": ("RULES", "Breach", "Marks", "Report", "Rule", "Subject", "run"),
    "registry": ("module", "registry_of"),
    "suite": ("ContractSuite",),
    "transport": ("Answer", "ScriptedTransport", "UnscriptedError"),
}
_HOMES = {name: home for home, names in _PARTS.items() for name in names}
