"""A tenant of one's own for each test, on a whole gateway."""

from itertools import count

import pytest

from tests.gateway.cli.conftest import Run
from tests.gateway.cli.live import Live

NUMBERS = count(1)


@pytest.fixture
def acme(live: Live, run: Run, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make a tenant and let every command be about it."""
    name = f"t{next(NUMBERS)}-admin"
    monkeypatch.setenv("GATEWAY_TENANT", name)
    assert run("tenant", "set", name, "--name", "Acme").code == 0
    return name
