"""What a plugin author's tests may ask pytest for."""

import pytest

from gateway.testing.clock import FakeClock


@pytest.fixture
def fake_clock() -> FakeClock:
    """Return a clock that stands still until the test turns it."""
    return FakeClock()
