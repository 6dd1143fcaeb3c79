"""`python -m bench [NAME…] [--write-docs]`: measure, print a table, keep it as JSON."""

import argparse
import asyncio
import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.benches import BENCHES, SMALL, Sizes
from bench.figures import Figure

COLUMNS = ("name", "measured", "against", "ratio", "target", "ok?")
RESULTS = Path(__file__).parent / "results"
PAGE = Path(__file__).parents[1] / "docs" / "explanation" / "performance.md"
START = "<!-- figures: written by `python -m bench --write-docs` -->"


def main() -> None:
    """Run what the command line names."""
    wanted = _arguments()
    names = wanted.names or list(BENCHES)
    RESULTS.mkdir(exist_ok=True)
    figures = asyncio.run(_measure(names, SMALL if wanted.small else Sizes()))
    _show(figures)
    _keep(figures)
    if wanted.write_docs:
        _write_docs(figures)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHES))
    parser.add_argument("--small", action="store_true", help="only show that they work")
    parser.add_argument("--write-docs", action="store_true", help=f"write {PAGE.name} anew")
    wanted = parser.parse_args()
    if unknown := set(wanted.names) - set(BENCHES):
        parser.error(f"there is no bench {', '.join(sorted(unknown))}")
    return wanted


async def _measure(names: Sequence[str], sizes: Sizes) -> list[Figure]:
    figures: list[Figure] = []
    for name in names:
        print(f"{name}: {BENCHES[name].__doc__} (load {os.getloadavg()[0]:.1f})", flush=True)
        found = await BENCHES[name](sizes)
        for figure in found:
            print("   ", "  ".join(filter(None, figure.cells())), flush=True)
        figures += found
    return figures


def _show(figures: Sequence[Figure]) -> None:
    table = Table(*COLUMNS)
    for column in table.columns[1:]:
        column.justify = "right"
    for figure in figures:
        table.add_row(*figure.cells())
    Console().print(table)


def _keep(figures: Sequence[Figure]) -> None:
    told: dict[str, Any] = {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "figures": [figure.as_json() for figure in figures],
    }
    (RESULTS / "latest.json").write_text(json.dumps(told, indent=2) + "\n")


def _write_docs(figures: Sequence[Figure]) -> None:
    """Replace the page's table; its words are written by hand."""
    words = PAGE.read_text().partition(START)[0]
    lines = [" | ".join(COLUMNS), " | ".join(["---"] + ["---:"] * (len(COLUMNS) - 1))]
    lines += [" | ".join(figure.cells()) for figure in figures]
    table = "\n".join(f"| {line} |" for line in lines)
    when = (
        f"Measured on {datetime.now(UTC):%Y-%m-%d} by `python -m bench --write-docs`, "
        f"on {os.cpu_count()} cores shared with\nother work (load average "
        f"{os.getloadavg()[2]:.1f} over 15 minutes, the bench's own included)."
    )
    PAGE.write_text(f"{words}{START}\n{when}\n\n{table}\n")


if __name__ == "__main__":
    main()
