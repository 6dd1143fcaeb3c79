"""How commands speak: to a person with rich, to a program in JSON."""

import json
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

MARKS = {"ok": "[green]✓ ok[/]", "warn": "[yellow]! warn[/]", "fail": "[red]✗ fail[/]"}
PIPE_WIDTH = 240  # into a file or another program nothing is broken into lines
WHOLE = frozenset({"", "what", "setting", "plugin", "delivery", "state", "from", "rule"})

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for a program.")]


class CommandError(Exception):
    """What a person can mend: one sentence, and the exit code (2 where the call was wrong)."""

    def __init__(self, sentence: str, code: int = 1) -> None:
        super().__init__(sentence)
        self.code = code


def complain(error: CommandError) -> None:
    """Tell a person what went wrong."""
    Console(stderr=True, soft_wrap=True).print(f"[red]✗[/] {escape(str(error))}", highlight=False)


def say(text: str) -> None:
    """Print one line with rich's markup; it is never broken, so that it can be copied."""
    Console(soft_wrap=True).print(text, highlight=False)


def print_json(value: Any) -> None:  # noqa: ANN401 - any JSON
    """Print JSON as it is, whatever the terminal."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table; cells may hold rich's markup."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column in WHOLE)
    for row in rows:
        table.add_row(*row)
    console = Console()
    if not console.is_terminal:
        console.width = max(console.width, PIPE_WIDTH)
    console.print(table)
