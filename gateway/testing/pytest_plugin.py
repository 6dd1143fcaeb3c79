"""What a plugin author's tests may ask pytest for.

Each fixture imports what it makes, since pytest imports this module with every run.
"""
# ruff: noqa: PLC0415 - as the docstring says

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from gateway.plugin import Context
    from gateway.testing import CapturingLog, FakeClock, ScriptedTransport


@pytest.fixture
def fake_clock() -> "FakeClock":
    """Return a clock that stands still until the test turns it."""
    from gateway.testing import FakeClock

    return FakeClock()


@pytest.fixture
def captured_log() -> "CapturingLog":
    """Return a log whose lines the test can read."""
    from gateway.testing import CapturingLog

    return CapturingLog()


@pytest.fixture
def far_end() -> "ScriptedTransport":
    """Return a far end without answers yet; add them with `then`."""
    from gateway.testing import ScriptedTransport

    return ScriptedTransport()


@pytest.fixture
def plugin_context(
    far_end: "ScriptedTransport", fake_clock: "FakeClock", captured_log: "CapturingLog"
) -> "Context":
    """Return a context over `far_end`, `fake_clock` and `captured_log`."""
    from gateway.testing import context_for

    return context_for(far_end, fake_clock, captured_log)
