"""What a plugin author's tests may ask pytest for."""

import pytest

from gateway.plugin import Context
from gateway.testing.clock import FakeClock
from gateway.testing.context import CapturingLog, context_for
from gateway.testing.transport import ScriptedTransport


@pytest.fixture
def fake_clock() -> FakeClock:
    """Return a clock that stands still until the test turns it."""
    return FakeClock()


@pytest.fixture
def captured_log() -> CapturingLog:
    """Return a log whose lines the test can read."""
    return CapturingLog()


@pytest.fixture
def far_end() -> ScriptedTransport:
    """Return a far end without answers yet; add them with `then`."""
    return ScriptedTransport()


@pytest.fixture
def plugin_context(
    far_end: ScriptedTransport, fake_clock: FakeClock, captured_log: CapturingLog
) -> Context:
    """Return a context over `far_end`, `fake_clock` and `captured_log`."""
    return context_for(far_end, fake_clock, captured_log)
