"""`gateway doctor`: is everything in place, and if not, what to do."""
# ruff: noqa: PLC0415 - heavy imports wait until a command runs

import asyncio
import dataclasses
from typing import Annotated

import typer
from rich.markup import escape

from gateway.cli import config
from gateway.cli.findings import Finding, fail, ok
from gateway.cli.output import MARKS, AsJson, CommandError, print_json, print_table


def doctor(
    *,
    url: Annotated[
        str | None, typer.Option(help="Also ask this running gateway whether it is ready.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Look at settings, database, keys, plugins, clock and network; exit code 1 on a failure."""
    found = asyncio.run(examine(url))
    if as_json:
        print_json([dataclasses.asdict(each) for each in found])
    else:
        print_table(("", "what", "finding", "what to do"), [_row(each) for each in found])
    raise typer.Exit(1 if any(each.state == "fail" for each in found) else 0)


async def examine(url: str | None) -> list[Finding]:
    """Return what was found; without valid settings there is nothing else to look at."""
    try:
        settings = config.load()
    except CommandError as error:
        return [fail("settings", str(error), "Mend the setting; `gateway settings` lists all.")]
    from gateway.cli import probes

    here = [ok("settings", "They are valid."), *await probes.here(settings)]
    return [*here, *await probes.there(url)] if url else here


def _row(finding: Finding) -> tuple[str, ...]:
    told = escape(finding.detail), escape(finding.fix)
    return (MARKS[finding.state], f"[bold]{finding.name}[/]", *told)
