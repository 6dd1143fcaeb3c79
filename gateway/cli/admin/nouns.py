"""What every noun has in common: list, show, set, patch and delete."""

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from rich.markup import escape

from gateway.cli.connecting import Call, Command, connected, signed
from gateway.cli.inputs import BodyFile, Words, Yes, agreed, nested, overlaid, read_body
from gateway.cli.output import print_json, print_table, say
from gateway.cli.posting import path_to

Item = Mapping[str, Any]
Name = Annotated[str, typer.Argument(help="Its name.")]
Clear = Annotated[Words, typer.Option(help="Empty this field; repeatable.")]
Fields = Callable[..., dict[str, Any]]
METHODS = {"set": "PUT", "patch": "PATCH"}
HELP = {
    "list": "List all.",
    "show": "Show one whole.",
    "set": "Create or replace it; fields that are left out get their defaults.",
    "patch": "Change only the fields that are given.",
    "delete": "Delete it, after asking.",
}


@dataclass(frozen=True, slots=True)
class Noun:
    """Something that is addressed by its name.

    Attributes:
        collection: Its place in the address.
        columns: Heading of each column of a list, and the path of the field below it.
        of_tenant: False for tenants themselves.
        hint: What is worth saying of one that was just saved.
        part: What of the thing is meant, as its address goes on: nothing is the whole.
    """

    name: str
    collection: str
    columns: Mapping[str, str]
    of_tenant: bool = True
    hint: Callable[[Item], str] = lambda _: ""
    part: tuple[str, ...] = ()

    def path(self, call: Call, *names: str) -> str:
        """Return the address of all, or of one."""
        parts = (self.collection, *names, *self.part)
        return call.path(*parts) if self.of_tenant else path_to(*parts)


def group(noun: Noun, sentence: str) -> typer.Typer:
    """Return an empty group of commands."""
    return typer.Typer(name=noun.name, help=sentence, no_args_is_help=True)


def add(app: typer.Typer, noun: Noun, verb: str, command: Command) -> None:
    """Give a group a command that talks to the gateway."""
    app.command(verb)(connected(command, tenant=noun.of_tenant))


def add_common(app: typer.Typer, noun: Noun, fields: Fields, verbs: Sequence[str]) -> None:
    """Give a group its common verbs; `fields` turns the options of set and patch into a body."""
    commands = {
        "list": _list(noun),
        "show": _show(noun),
        **{verb: _write(noun, verb, fields) for verb in METHODS},
        "delete": _delete(noun),
    }
    for verb in verbs:
        commands[verb].__doc__ = HELP[verb]
        add(app, noun, verb, commands[verb])


def print_items(items: Sequence[Item], columns: Mapping[str, str]) -> None:
    """Print a table of items."""
    rows = [[escape(cell(item, path)) for path in columns.values()] for item in items]
    print_table([*columns], rows)


def cell(item: Item, path: str) -> str:
    """Return what is at a path such as `health.state`, in one line."""
    value: Any = item
    for name in path.split("."):
        value = (value or {}).get(name)
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list() if all(isinstance(each, str) for each in value):
            return ", ".join(value)
        case dict() | list():
            return json.dumps(value, ensure_ascii=False) if value else ""
        case _:
            return str(value)


def print_whole(call: Call, answer: Item) -> None:
    """Print everything: YAML for a person, JSON for a program."""
    if call.as_json:
        print_json(answer)
        return
    from gateway.cli.documents import written  # noqa: PLC0415 - YAML waits until it is needed

    typer.echo(written(dict(answer)), nl=False)


def _list(noun: Noun) -> Command:
    async def listed(call: Call) -> None:
        items = await call.gateway.every(noun.path(call))
        if call.as_json:
            print_json(items)
        else:
            print_items(items, noun.columns)

    return listed


def _show(noun: Noun) -> Command:
    async def show(call: Call, name: Name) -> None:
        print_whole(call, await call.gateway.get(noun.path(call, name)))

    return show


def _write(noun: Noun, verb: str, fields: Fields) -> Command:
    async def write(call: Call, name: Name, file: BodyFile = None, **options: Any) -> None:  # noqa: ANN401 - whatever `fields` takes
        cleared = nested((each, None) for each in options.pop("clear", None) or ())
        body = overlaid(overlaid(read_body(file), fields(**options)), cleared)
        answer = await call.gateway.call(METHODS[verb], noun.path(call, name), body)
        if call.as_json:
            print_json(answer)
        else:
            say(f"[green]✓[/] {noun.name} [bold]{escape(name)}[/] saved. {noun.hint(answer)}")

    fixed = [*inspect.signature(write).parameters.values()][:-1]
    options = [*inspect.signature(fields).parameters.values()]
    clear = inspect.Parameter(
        "clear", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Clear
    )
    return signed(write, [*fixed, *options, *([clear] if verb == "patch" else [])], write)


def _delete(noun: Noun) -> Command:
    async def delete(call: Call, name: Name, *, yes: Yes = False) -> None:
        if agreed(f"Delete the {noun.name} {name}?", yes=yes):
            await call.gateway.call("DELETE", noun.path(call, name))
            say(f"[green]✓[/] {noun.name} [bold]{escape(name)}[/] deleted.")

    return delete
