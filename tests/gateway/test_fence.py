import asyncio

import pytest

from gateway.errors import ContentError
from gateway.fence import PluginFault, fence


@pytest.mark.parametrize(
    "raised", [ValueError("a secret"), SystemExit(3), GeneratorExit(), asyncio.CancelledError()]
)
def test_whatever_a_plugin_raises_becomes_its_fault_and_tells_no_secret(
    raised: BaseException,
) -> None:
    with pytest.raises(PluginFault) as caught, fence("render"):
        raise raised
    assert str(caught.value) == f"render raised {type(raised).__name__}"


def test_what_the_contract_allows_comes_through() -> None:
    with pytest.raises(ContentError), fence("render"):
        raise ContentError("too large")


def test_a_person_who_presses_ctrl_c_still_ends_the_process() -> None:
    with pytest.raises(KeyboardInterrupt), fence("render"):
        raise KeyboardInterrupt


def test_nothing_happens_where_nothing_fails() -> None:
    with fence("render"):
        found = 1
    assert found == 1
