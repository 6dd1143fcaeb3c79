"""`gateway rule`: what a tenant adds to whatever its applications send."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from gateway.cli.admin.nouns import Noun, add, add_common, group
from gateway.cli.connecting import Call
from gateway.cli.inputs import Words, given, overlaid, pairs, read_body, recipients
from gateway.cli.output import print_json, print_table, say

COLUMNS = {
    "rule": "name",
    "enabled": "enabled",
    "match": "match",
    "channels": "channels",
    "recipients": "recipients",
}
NOUN = Noun("rule", "rules", COLUMNS)
rule = group(NOUN, "What a tenant adds to whatever its applications send.")
Match = Annotated[Words, typer.Option(help="NAME=VALUE; a name more than once: any of them.")]


def _fields(  # noqa: PLR0913 - each is an option of the command line
    *,
    match: Match = None,
    channel: Annotated[Words, typer.Option(help="Where; repeatable.")] = None,
    recipient: Annotated[Words, typer.Option(help="user:x, topic:x, …; repeatable.")] = None,
    window: Annotated[int | None, typer.Option(help="Seconds between two to a person.")] = None,
    mobile_only: Annotated[
        bool | None, typer.Option("--mobile-only/--not-only-mobile", help="For the phone alone.")
    ] = None,
    enabled: Annotated[
        bool | None, typer.Option("--enabled/--disabled", help="Whether it is on.")
    ] = None,
) -> dict[str, Any]:
    return given(
        match=_conditions(match),
        channels=channel,
        recipients=recipients(recipient, "--recipient"),
        user_window_seconds=window,
        mobile_only=mobile_only,
        enabled=enabled,
    )


async def _test(
    call: Call,
    *,
    kind: Annotated[str | None, typer.Option("--type", help="What happened: ticket.new")] = None,
    attribute: Annotated[Words, typer.Option(help="NAME=VALUE; repeatable.")] = None,
    to: Annotated[Words, typer.Option(help="Whom the application names; repeatable.")] = None,
    file: Annotated[Path | None, typer.Option("--file", "-f", help="A notification.")] = None,
) -> None:
    """Tell which rules match a notification, who would hear of it where, and why not."""
    named = given(type=kind, to=recipients(to, "--to"), attributes=_conditions(attribute))
    told = await call.gateway.post(call.path("rules", "test"), overlaid(read_body(file), named))
    if call.as_json:
        print_json(told)
    else:
        _tell(told)


def _conditions(texts: Words) -> dict[str, Any] | None:
    if texts is None:
        return None
    found: dict[str, list[str]] = {}
    for name, value in pairs(texts, "NAME=VALUE"):
        found.setdefault(name, []).append(value)
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}


def _tell(told: dict[str, Any]) -> None:
    say(f"[bold]{told['status']}[/] {told['reason'] or ''}")
    print_table(("rule", "matches", "enabled", "why"), map(_judged, told["rules"]))
    if told["deliveries"]:
        say("")
        print_table(("recipient", "channel", "state", "rules"), map(_foreseen, told["deliveries"]))


def _judged(judged: dict[str, Any]) -> tuple[str, ...]:
    conditions = "; ".join(map(_condition, judged["conditions"]))
    words = {True: "[green]yes[/]", False: "no"}
    return judged["rule"], words[judged["matches"]], words[judged["enabled"]], escape(conditions)


def _condition(condition: dict[str, Any]) -> str:
    found = " | ".join(condition["found"]) or "nothing"
    mark = "=" if condition["holds"] else "≠"
    return f"{condition['name']}: {found} {mark} {' | '.join(condition['wanted'])}"


def _foreseen(delivery: dict[str, Any]) -> tuple[str, ...]:
    state = f"{delivery['state']} {delivery['reason'] or ''}".strip()
    place = delivery["channel"] or ""
    return escape(delivery["recipient"]), place, state, ", ".join(delivery["rules"])


add_common(rule, NOUN, _fields, ("list", "show", "set", "patch", "delete"))
add(rule, NOUN, "test", _test)
