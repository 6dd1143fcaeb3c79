"""Every bench runs, small: no figure is judged here."""

import pytest

from bench.benches import BENCHES, SMALL
from bench.parts import RESULTS

# Each part is a process of its own: a minute in all, so it runs with the slow ones.
pytestmark = pytest.mark.faults


@pytest.mark.parametrize("name", BENCHES)
async def test_a_bench_yields_figures_above_zero(name: str) -> None:
    RESULTS.mkdir(exist_ok=True)
    figures = await BENCHES[name](SMALL)
    assert figures
    assert all(figure.value > 0 for figure in figures)
    assert all(figure.name.startswith(name) for figure in figures)
