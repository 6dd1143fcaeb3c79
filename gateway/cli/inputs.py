"""What people type or keep in files, turned into the bodies that the API takes."""

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.output import CommandError, say

FORMS = ("user", "email", "mobile", "topic", "channel")
PLACED = ("chat", "department")
Words = list[str] | None
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]
BodyFile = Annotated[
    Path | None,
    typer.Option("--file", "-f", help="The body as YAML or JSON; - is the input. Options win."),
]


def agreed(question: str, *, yes: bool) -> bool:
    """Ask whether to go on.

    Raises:
        CommandError: Nobody is there to answer.
    """
    if yes:
        return True
    if not sys.stdin.isatty():
        raise CommandError("Nothing was done: nobody can be asked here, so say --yes.", 2)
    answer = typer.confirm(question, err=True)
    if not answer:
        say("Nothing was done.")
    return answer


def read_body(file: Path | None) -> dict[str, Any]:
    """Return the fields that a file holds; none without a file."""
    from gateway.cli.documents import read_file  # noqa: PLC0415 - YAML waits until it is needed

    body = {} if file is None else read_file(file)
    if not isinstance(body, dict):
        raise CommandError(f"{file} holds no fields.", 2)
    return body


def given(**values: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """Return the values that were given; what was not is None."""
    return {name: value for name, value in values.items() if value is not None}


def overlaid(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Lay fields over others, object by object; a null stays, since it removes."""
    laid = dict(base)
    for name, value in over.items():
        inner = laid.get(name)
        if isinstance(value, Mapping) and isinstance(inner, Mapping):
            laid[name] = overlaid(inner, value)
        else:
            laid[name] = value
    return laid


def pairs(texts: Sequence[str] | None, option: str) -> list[tuple[str, str]]:
    """Take `NAME=VALUE` apart.

    Raises:
        CommandError: A text is no such pair; its value is not repeated.
    """
    found = [text.partition("=") for text in texts or ()]
    if any(not name or not equals for name, equals, _ in found):
        raise CommandError(f"{option} takes NAME=VALUE.", 2)
    return [(name, value) for name, _, value in found]


def nested(named: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of values named by paths such as `headers.Authorization`."""
    tree: dict[str, Any] = {}
    for path, value in named:
        for name in reversed(path.split(".")):
            value = {name: value}  # noqa: PLW2901 - it grows from the inside
        tree = overlaid(tree, value)
    return tree


def from_environment(texts: Sequence[str] | None) -> list[tuple[str, str]]:
    """Return the secrets of `NAME=VARIABLE`, read from the environment.

    Raises:
        CommandError: A variable is not set, or is empty.
    """
    found = pairs(texts, "--secret-from-env")
    if missing := [variable for _, variable in found if not os.environ.get(variable)]:
        raise CommandError(f"The environment lacks {', '.join(missing)}.", 2)
    return [(name, os.environ[variable]) for name, variable in found]


def asked(names: Sequence[str] | None) -> list[tuple[str, str]]:
    """Ask for secrets; what is typed is not shown."""
    return [(name, typer.prompt(name, hide_input=True, err=True)) for name in names or ()]


def recipients(texts: Sequence[str] | None, option: str) -> list[dict[str, str]] | None:
    """Return recipients such as `user:li.wei` or `chat:oc_9a@lark` as the API writes them."""
    return None if texts is None else [_recipient(text, option) for text in texts]


def _recipient(text: str, option: str) -> dict[str, str]:
    form, colon, name = text.partition(":")
    if form in FORMS and colon and name:
        return {form: name}
    there, at, channel = name.rpartition("@")
    if form in PLACED and at and there and channel:
        return {form: there, "channel": channel}
    known = [*(f"{each}:…" for each in FORMS), *(f"{each}:…@CHANNEL" for each in PLACED)]
    raise CommandError(f"{option} {text}: write {', '.join(known)}.", 2)
