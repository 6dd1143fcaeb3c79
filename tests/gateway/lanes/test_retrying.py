"""A delivery is tried again once at a time."""

import pytest

from gateway.problems import ProblemError
from tests.gateway.lanes.conftest import Build
from tests.gateway.lanes.test_templates import FILLED, a_house


async def test_a_second_retry_is_refused_while_the_first_waits_and_names_it(build: Build) -> None:
    house, _ = await a_house(build)
    await house.post("user:li", **FILLED)
    await house.until_over()
    [delivery] = await house.deliveries()
    await house.stop()
    copy = await house.core.router.retry("acme", delivery.id)
    with pytest.raises(ProblemError, match=copy) as refused:
        await house.core.router.retry("acme", delivery.id)
    assert refused.value.problem.code == "conflict"
    with pytest.raises(ProblemError, match="only a delivery that has ended"):
        await house.core.router.retry("acme", copy)
    assert len(await house.deliveries()) == 2


async def test_once_the_first_has_ended_it_may_be_tried_again(build: Build) -> None:
    house, platform = await a_house(build)
    await house.post("user:li", **FILLED)
    await house.until_over()
    [delivery] = await house.deliveries()
    for _ in range(2):
        await house.core.router.retry("acme", delivery.id)
        await house.until_over()
    assert len(platform.sends) == 3
