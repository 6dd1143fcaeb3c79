"""An egress of one's own."""

from collections.abc import AsyncIterator

import pytest

from gateway.egress import Egress


@pytest.fixture
async def egress() -> AsyncIterator[Egress]:
    found = Egress()
    yield found
    await found.aclose()
