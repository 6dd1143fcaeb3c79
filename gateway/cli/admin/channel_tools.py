"""What an admin does with one channel: check it, try it, set it up, see what it used."""

import json
from typing import Annotated, Any

import typer
from rich.markup import escape

from gateway.cli.admin.nouns import Name, print_whole
from gateway.cli.connecting import Call
from gateway.cli.inputs import given, recipients
from gateway.cli.output import MARKS, print_json, print_table, say


async def check(call: Call, name: Name) -> None:
    """Prove the credential on the platform, scope by scope; exit code 1 when it is not ok."""
    tell_check(call, await call.gateway.post(call.path("channels", name, "check"), None))


def tell_check(call: Call, report: dict[str, Any]) -> None:
    """Print what a check found, and end with 1 when it is not ok."""
    if call.as_json:
        print_json(report)
    else:
        _tell(report)
    raise typer.Exit(0 if report["ok"] else 1)


async def try_out(
    call: Call,
    name: Name,
    *,
    to: Annotated[str | None, typer.Option(help="user:x, say; a group needs none.")] = None,
) -> None:
    """Send a sample card at once and show the platform's own answer; exit code 1 if refused."""
    named = recipients([to], "--to") if to else None
    body = given(to=named[0] if named else None)
    answer = await call.gateway.post(call.path("channels", name, "test"), body)
    print_whole(call, answer)
    raise typer.Exit(0 if answer["ok"] else 1)


async def guide(
    call: Call,
    name: Name,
    *,
    features: Annotated[
        str | None, typer.Option(help="What is to be used: send,cards,callbacks, say.")
    ] = None,
    locale: Annotated[str | None, typer.Option(help="en or zh-CN.")] = None,
) -> None:
    """Show how the channel is set up on its platform, written for it."""
    query = given(features=features, locale=locale)
    told = await call.gateway.get(call.path("channels", name, "setup-guide"), **query)
    if call.as_json:
        print_json(told)
    else:
        _tell_guide(told)


async def card_template(call: Call, name: Name) -> None:
    """Print the card template that the channel's platform imports: send it into a file."""
    shown = await call.gateway.get(call.path("channels", name))
    path = f"/v1/channel-types/{shown['type']}/card-template"
    typer.echo(json.dumps(await call.gateway.get(path), ensure_ascii=False, indent=2))


async def usage(call: Call, name: Name) -> None:
    """Show this month's calls by purpose, the quota and the forecast."""
    print_whole(call, await call.gateway.get(call.path("channels", name, "usage")))


def _tell(report: dict[str, Any]) -> None:
    rows = [
        (_mark(line), escape(line["label"]), escape(line["detail"]), line["provider_code"] or "")
        for line in report["checks"]
    ]
    print_table(("", "what", "finding", "code"), rows)
    for line in report["checks"]:
        if line["fix_url"] and line["state"] != "ok":
            say(f"  {escape(line['label'])}: {escape(line['fix_url'])}")
    told = (
        "[green]The channel works.[/]" if report["ok"] else "[red]Something required is amiss.[/]"
    )
    say(f"{told} [dim]{report['calls']} calls.[/]")
    _tell_review(report)


def _tell_review(shown: dict[str, Any]) -> None:
    since = shown.get("pending_review_since")
    if since is not None:
        say(f"[yellow]A review on the platform is awaited since {escape(since)}.[/]")


def _mark(line: dict[str, Any]) -> str:
    if line["state"] == "ok":
        return MARKS["ok"]
    amiss = line["required"] and line["state"] != "unknown"
    return MARKS["fail" if amiss else "warn"]


def _tell_guide(told: dict[str, Any]) -> None:
    say(f"[dim]{told['minutes']} minutes, by: {escape(told['performer'])}[/]")
    _tell_review(told)
    for number, step in enumerate(told["steps"], start=1):
        say(f"\n[bold]{number}. {escape(step['title'])}[/]\n{escape(step['body'])}")
        for block in step["blocks"]:
            say(f"[cyan]{escape(block['label'])}[/]\n{escape(block['value'])}")
