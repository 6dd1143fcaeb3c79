"""`gateway template`: cards with holes."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from gateway.cli.admin.nouns import Name, Noun, add, add_common, group
from gateway.cli.connecting import Call
from gateway.cli.inputs import given, read_body
from gateway.cli.output import print_json, print_table

COLUMNS = {"template": "name", "version": "version", "languages": "languages"}
NOUN = Noun("template", "templates", COLUMNS)
template = group(NOUN, "Cards with holes; each change is a version more.")


def _fields() -> dict[str, Any]:
    return {}


async def _preview(
    call: Call,
    name: Name,
    *,
    data: Annotated[Path | None, typer.Option(help="What fills it: YAML or JSON.")] = None,
    locale: Annotated[str | None, typer.Option(help="A recipient's.")] = None,
    version: Annotated[int | None, typer.Option(help="By default the one in use.")] = None,
) -> None:
    """Fill a template and show what each channel makes of it; nothing is sent."""
    body = given(data=read_body(data), locale=locale, version=version)
    told = await call.gateway.post(call.path("templates", name, "preview"), body)
    if call.as_json:
        print_json(told)
        return
    print_table(("on", "channel", "bytes", "what is lost"), map(_row, told["payloads"]))


def _row(payload: dict[str, Any]) -> tuple[str, ...]:
    lost = [f"{'.'.join(map(str, each['loc']))}: {each['why']}" for each in payload["losses"]]
    if payload["error"]:
        lost.append(str(payload["error"]))
    size = "" if payload["bytes"] is None else str(payload["bytes"])
    return payload["type"], payload["channel"] or "", size, escape("; ".join(lost))


add_common(template, NOUN, _fields, ("list", "show", "set", "delete"))
add(template, NOUN, "preview", _preview)
