"""`gateway apply` and `gateway export`: a tenant as a file."""
# ruff: noqa: PLC0415 - heavy imports wait until a command runs

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.connecting import Call
from gateway.cli.declare.state import SECTIONS
from gateway.cli.inputs import Yes, agreed
from gateway.cli.output import CommandError, print_json, say

if TYPE_CHECKING:
    from gateway.cli.declare.state import Found, Plan, Step, Types, Wish

Only = Annotated[
    list[str] | None, typer.Option(help=f"Only this section, repeatable: {', '.join(SECTIONS)}.")
]


async def apply(  # noqa: PLR0913 - each is an option of the command line
    call: Call,
    *,
    file: Annotated[
        Path, typer.Option("--file", "-f", help="What is wished: YAML or JSON; - is the input.")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show it and write nothing.")] = False,
    yes: Yes = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Also delete what the file's sections do not name.")
    ] = False,
    secrets: Annotated[
        bool, typer.Option("--secrets", help="Send secrets that are set already once more.")
    ] = False,
) -> None:
    """Make a tenant what a file says: shows what differs, asks, and writes only that."""
    from gateway.cli.declare.finding import found, types_of
    from gateway.cli.declare.planning import plan
    from gateway.cli.declare.showing import document as shown
    from gateway.cli.declare.writing import ready
    from gateway.cli.documents import read_file

    document = read_file(file)
    types = await types_of(call.gateway)
    wish = _wished(document, types, file)
    there = await found(call.gateway, wish.tenant, wish.sections.keys())
    _check_owner(wish, there, file)
    planned = plan(wish, there, types, prune=prune, resend=secrets)
    _show(call, planned)
    steps = [] if dry_run else ready(planned.steps, os.environ)
    done = await _write(call, wish, steps) if steps and agreed("Write that?", yes=yes) else 0
    if call.as_json:
        print_json({"tenant": wish.tenant, **shown(planned), "written": done})


async def export(
    call: Call,
    tenant: Annotated[str, typer.Argument(help="The tenant's id.")],
    *,
    only: Only = None,
) -> None:
    """Write a tenant as the file that `gateway apply` reads; secrets become `${VARIABLES}`."""
    from gateway.cli.declare.exporting import exported
    from gateway.cli.declare.finding import found
    from gateway.cli.documents import written

    sections = [*dict.fromkeys(only or SECTIONS)]
    if unknown := [name for name in sections if name not in SECTIONS]:
        raise CommandError(f"--only {unknown[0]}: there are {', '.join(SECTIONS)}.", 2)
    there = await found(call.gateway, tenant, sections)
    if there.exists is False:
        raise CommandError(f"There is no tenant {tenant}.")
    document = exported(tenant, there)
    if call.as_json:
        print_json(document)
    else:
        typer.echo(written(document), nl=False)


def _wished(document: Any, types: "Types", file: Path) -> "Wish":  # noqa: ANN401 - whatever a file holds
    from gateway.cli.declare.wishing import WishError, wished

    try:
        return wished(document, types, os.environ)
    except WishError as error:
        told = "\n  ".join(error.faults)
        raise CommandError(
            f"{file} cannot be applied, and nothing was written:\n  {told}", 2
        ) from None


def _check_owner(wish: "Wish", there: "Found", file: Path) -> None:
    if there.exists is None and wish.settings:
        told = "needs an owner's key: with an admin's, a file has nothing but its id there"
        raise CommandError(f"{file}: what it says of the tenant itself {told}.", 2)


def _show(call: Call, planned: "Plan") -> None:
    from gateway.cli.declare.showing import show_plan, summary

    if call.as_json:
        return
    show_plan(planned)
    say(f"{summary(planned)}." if planned.steps else "There is nothing to change.")


async def _write(call: Call, wish: "Wish", steps: "Sequence[tuple[Step, Any]]") -> int:
    from gateway.cli.declare.writing import write

    await write(call.gateway, wish.tenant, steps, lambda step: _done(call, str(step)))
    return len(steps)


def _done(call: Call, step: str) -> None:
    if not call.as_json:
        say(f"[green]✓[/] {step}")
