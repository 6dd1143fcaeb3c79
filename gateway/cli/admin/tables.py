"""CSV files, to the gateway and back."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from gateway.cli.connecting import Call
from gateway.cli.output import CommandError, print_json, print_table, say

DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Only tell what would become of it; write nothing.")
]
CsvFile = Annotated[Path, typer.Argument(help="A CSV file; - is the input.")]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="The file; by default the output.")]
COUNTS = ("created", "updated", "unchanged", "failed")


async def import_table(call: Call, path: str, file: Path, *, dry_run: bool, **query: str) -> None:
    """Post a file, tell what became of its rows, and end with 1 where one was passed over."""
    asked = {"dry_run": str(dry_run).lower(), **query}
    report = await call.gateway.post_text(path, _read(file), **asked)
    if call.as_json:
        print_json(report)
    else:
        _tell(report)
    raise typer.Exit(1 if report["failed"] else 0)


async def export_table(call: Call, path: str, out: Path | None) -> None:
    """Write a file of the gateway's."""
    text = await call.gateway.text(path)
    if out is None:
        typer.echo(text, nl=False)
    else:
        _write(out, text)


def _write(out: Path, text: str) -> None:
    try:
        # The mark tells Excel that this is UTF-8.
        out.write_text(text, encoding="utf-8-sig", newline="")
    except OSError as error:
        raise CommandError(f"{out} cannot be written: {error.strerror}.", 2) from None


def _read(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.", 2) from None


def _tell(report: dict[str, Any]) -> None:
    counts = ", ".join(f"{report[name]} {name}" for name in COUNTS)
    tried = " [dim](a trial: nothing was written)[/]" if report["dry_run"] else ""
    say(f"{report['rows']} rows: {counts}.{tried}")
    if report["errors"]:
        rows = [
            (str(each["line"]), escape(each["column"] or ""), escape(each["message"]))
            for each in report["errors"]
        ]
        print_table(("line", "column", "what is wrong"), rows)
