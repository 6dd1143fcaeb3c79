"""`gateway bind`: who somebody is on a platform."""

from typing import Annotated, Any

import typer
from rich.markup import escape

from gateway.cli.admin.nouns import Noun, add, group, print_items
from gateway.cli.admin.tables import CsvFile, DryRun, Out, export_table, import_table
from gateway.cli.connecting import Call
from gateway.cli.inputs import Words, Yes, agreed, given
from gateway.cli.output import CommandError, print_json, print_table, say

COLUMNS = {
    "recipient": "recipient",
    "kind": "identity.kind",
    "identity": "identity.id",
    "method": "method",
    "since": "since",
    "stale": "stale_reason",
}
NOUN = Noun("bind", "bindings", COLUMNS)
UNMATCHED = ("ambiguous", "not_found", "conflicts", "failed")
LISTS = ("matched", "already_bound", *UNMATCHED)
Channel = Annotated[str, typer.Argument(help="The channel's name.")]
User = Annotated[str, typer.Argument(help="The user's id.")]
bind = group(NOUN, "Who somebody is on a platform.")


async def _list(call: Call, channel: Channel) -> None:
    """List who is bound on a channel, and how that came about."""
    items = await call.gateway.every(_path(call, channel))
    if call.as_json:
        print_json(items)
    else:
        print_items(items, COLUMNS)


async def _set(
    call: Call,
    channel: Channel,
    user: User,
    identity: Annotated[str, typer.Argument(help="KIND:ID, such as open_id:ou_1a2b.")],
) -> None:
    """Bind a user by hand."""
    kind, colon, name = identity.partition(":")
    if not colon:
        raise CommandError(f"{identity}: write KIND:ID, such as open_id:ou_1a2b.", 2)
    body = {"identity": {"kind": kind, "id": name}}
    answer = await call.gateway.call("PUT", _path(call, channel, user), body)
    if call.as_json:
        print_json(answer)
    else:
        say(f"[green]✓[/] [bold]{escape(user)}[/] is {escape(name)} on {escape(channel)}.")


async def _unbind(call: Call, channel: Channel, user: User, *, yes: Yes = False) -> None:
    """Unbind a user; no look-up binds them again until somebody does."""
    if agreed(f"Unbind {user} on {channel}?", yes=yes):
        await call.gateway.call("DELETE", _path(call, channel, user))
        say(f"[green]✓[/] [bold]{escape(user)}[/] is unbound on {escape(channel)}.")


async def _link(call: Call, channel: Channel, user: User) -> None:
    """Make a link by which a user logs in on the platform and is bound; it serves once."""
    answer = await call.gateway.call("POST", _path(call, channel, user, "login-link"))
    if call.as_json:
        print_json(answer)
    else:
        say(f"For [bold]{escape(user)}[/] alone, until {escape(answer['expires_at'])}:")
        say(escape(answer["url"]))


async def _auto(
    call: Call,
    channel: Channel,
    *,
    by: Annotated[Words, typer.Option(help="mobile or email; repeatable, in this order.")] = None,
    dry_run: DryRun = False,
) -> None:
    """Match users and people by their addresses and bind who matches; overwrites nothing."""
    body = given(by=by, dry_run=dry_run, limit=1000)
    report = await _every_page(call, _path(call, channel, "auto"), body)
    if call.as_json:
        print_json(report)
    else:
        _tell(report)


async def _import(
    call: Call,
    channel: Channel,
    file: CsvFile,
    *,
    dry_run: DryRun = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace bindings that differ.")
    ] = False,
) -> None:
    """Bind users by hand from a CSV file; a bad row stops no other, exit code 1 then."""
    path, wanted = _path(call, channel, "import"), str(replace).lower()
    await import_table(call, path, file, dry_run=dry_run, replace=wanted)


async def _export(call: Call, channel: Channel, *, out: Out = None) -> None:
    """Write a channel's bindings as a CSV file."""
    await export_table(call, call.path("channels", channel, "bindings.csv"), out)


async def _every_page(call: Call, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Go through all users, page by page, and return one report."""
    whole = await call.gateway.post(path, body)
    cursor = whole["next_cursor"]
    while cursor:
        page = await call.gateway.post(path, {**body, "cursor": cursor})
        counts = page["counts"]
        whole["counts"] = {name: n + counts[name] for name, n in whole["counts"].items()}
        whole["calls"] += page["calls"]
        for name in LISTS:
            whole[name] += page[name]
        cursor = page["next_cursor"]
    return {**whole, "next_cursor": None}


def _tell(report: dict[str, Any]) -> None:
    counts = ", ".join(f"{report['counts'].get(name, 0)} {name}" for name in LISTS)
    tried = " [dim](a trial: nobody was bound)[/]" if report["dry_run"] else ""
    say(f"{counts.replace('_', ' ')}; {report['calls']} calls.{tried}")
    for note in report["notes"]:
        say(f"[yellow]![/] {escape(note)}")
    rows = [_matched(each) for each in report["matched"]]
    rows += [_unmatched(name, each) for name in UNMATCHED for each in report[name]]
    if rows:
        print_table(("user", "what", "identity", "why"), rows)


def _matched(one: dict[str, Any]) -> tuple[str, ...]:
    return escape(one["user"]), "[green]matched[/]", escape(one["identity"]["id"]), one["by"]


def _unmatched(name: str, one: dict[str, Any]) -> tuple[str, ...]:
    identity = (one["identity"] or {}).get("id", "")
    what = name.replace("_", " ")
    return escape(one["user"]), f"[yellow]{what}[/]", escape(identity), escape(one["detail"])


def _path(call: Call, channel: str, *names: str) -> str:
    return call.path("channels", channel, "bindings", *names)


for verb, command in (
    ("list", _list),
    ("set", _set),
    ("unbind", _unbind),
    ("link", _link),
    ("auto", _auto),
    ("import", _import),
    ("export", _export),
):
    add(bind, NOUN, verb, command)
