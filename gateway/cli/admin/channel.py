"""`gateway channel`: a tenant's uses of platforms."""

from typing import Annotated, Any

import typer
from rich.markup import escape

from gateway.cli.admin.channel_tools import check, guide, try_out, usage
from gateway.cli.admin.nouns import Item, Name, Noun, add, add_common, group
from gateway.cli.connecting import Call, Command
from gateway.cli.inputs import Words, asked, from_environment, given, nested, pairs
from gateway.cli.output import CommandError, print_json, say

COLUMNS = {
    "channel": "name",
    "type": "type",
    "enabled": "enabled",
    "health": "health.state",
    "held": "hold.reason",
    "label": "label",
}


def _hint(channel: Item) -> str:
    return "" if channel["enabled"] else "It is disabled: `gateway channel enable` lets it send."


NOUN = Noun("channel", "channels", COLUMNS, hint=_hint)
channel = group(NOUN, "A tenant's uses of platforms, and whether they work.")
FromEnvironment = Annotated[
    Words, typer.Option(help="NAME=VARIABLE: a secret from the environment; repeatable.")
]


def _fields(  # noqa: PLR0913 - each is an option of the command line
    *,
    kind: Annotated[str | None, typer.Option("--type", help="lark or webhook, say.")] = None,
    config: Annotated[Words, typer.Option(help="NAME=VALUE; repeatable; no secrets.")] = None,
    secret_from_env: FromEnvironment = None,
    ask_secret: Annotated[
        Words, typer.Option(help="NAME: ask for this secret, unseen; repeatable.")
    ] = None,
    limit: Annotated[Words, typer.Option(help="NAME=NUMBER; 0 is off; repeatable.")] = None,
    label: Annotated[str | None, typer.Option(help="What people call it.")] = None,
) -> dict[str, Any]:
    secrets = [*from_environment(secret_from_env), *asked(ask_secret)]
    settings = nested([*pairs(config, "--config"), *secrets])
    return given(type=kind, config=settings or None, limits=_limits(limit), label=label)


def _limits(texts: Words) -> dict[str, int] | None:
    found = pairs(texts, "--limit")
    if not all(value.isascii() and value.isdigit() for _, value in found):
        raise CommandError("--limit takes NAME=NUMBER.", 2)
    return {name: int(value) for name, value in found} or None


def _switch(verb: str, told: str) -> Command:
    async def switch(call: Call, name: Name) -> None:
        answer = await call.gateway.post(call.path("channels", name, verb), None)
        if call.as_json:
            print_json(answer)
        else:
            say(f"[green]✓[/] channel [bold]{escape(name)}[/] {told}")

    return switch


enable = _switch("enable", "is enabled.")
enable.__doc__ = "Let a channel send; it needs a complete configuration."
disable = _switch("disable", "is disabled; nothing goes out on it any more.")
disable.__doc__ = "Stop a channel at once."

add_common(channel, NOUN, _fields, ("list", "show", "set", "patch", "delete"))
for verb, command in (
    ("enable", enable),
    ("disable", disable),
    ("check", check),
    ("test", try_out),
    ("guide", guide),
    ("usage", usage),
):
    add(channel, NOUN, verb, command)
