"""`gateway settings`: what may be set, what is in force, and where it came from."""
# ruff: noqa: PLC0415 - heavy imports wait until a command runs

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from gateway.cli import config
from gateway.cli.output import AsJson, print_json, print_table

if TYPE_CHECKING:
    from gateway.settings import Settings

MASK = "••••••"
_PASSWORD = re.compile(r"(?<=:)[^:@/]+(?=@)")
COLUMNS = ("setting", "value", "from", "what it is")


def settings(*, as_json: AsJson = False) -> None:
    """Show every setting: its sentence, the value in force and where it came from."""
    in_force = config.load()
    rows = describe(in_force)
    if as_json:
        print_json(rows)
    else:
        print_table(COLUMNS, [_cells(row) for row in rows])


def describe(in_force: "Settings") -> list[dict[str, str]]:
    """Return name, value (secrets masked), source and sentence of every setting."""
    from gateway.settings import Settings

    return [
        {
            "name": config.variable(name),
            "value": shown(getattr(in_force, name)),
            "source": _source(name),
            "sentence": field.description or "",
        }
        for name, field in Settings.model_fields.items()
    ]


def shown(value: Any) -> str:  # noqa: ANN401 - the value of any setting
    """Return a value as text, without what is secret in it."""
    from pydantic import SecretStr

    match value:
        case None:
            return ""
        case SecretStr():
            return MASK
        case tuple() | frozenset():
            return ", ".join(sorted(map(str, value)))
        case _:
            return _PASSWORD.sub(MASK, str(value))


def _source(name: str) -> str:
    if config.variable(name) in os.environ:
        return "environment"
    return "file" if name in _in_file() else "default"


def _in_file() -> frozenset[str]:
    import tomllib

    named = os.environ.get("GATEWAY_CONFIG")
    return frozenset(tomllib.loads(Path(named).read_text()) if named else ())


def _cells(row: dict[str, str]) -> tuple[str, ...]:
    value = escape(row["value"]) or "[dim]not set[/]"
    return (f"[bold]{row['name']}[/]", value, row["source"], escape(row["sentence"]))
