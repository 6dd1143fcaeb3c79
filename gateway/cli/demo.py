"""`gateway demo`: gateway, emulated platforms and a ready tenant in one process."""
# ruff: noqa: PLC0415 - heavy imports wait until a command runs

import json
import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from gateway.cli import config, logs
from gateway.cli.failures import told_plainly
from gateway.cli.output import AsJson, CommandError, print_json, say

if TYPE_CHECKING:
    from gateway.demo.process import Demo, Options

USUAL_PORT = 8080


def demo(
    data: Annotated[Path, typer.Option(help="Where it keeps its data.")] = Path("demo-data"),
    port: Annotated[
        int | None, typer.Option(help="The gateway's port.", show_default="GATEWAY_PORT or 8080")
    ] = None,
    *,
    send: Annotated[
        bool, typer.Option("--send", help="Post a first notification at once.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Try it all without an account: emulated platforms, a ready tenant, a first card."""
    wanted = config.load(port=port, log_level="warning", log_format="console")
    logs.configure(wanted)
    from gateway import serving
    from gateway.demo.process import Options
    from gateway.demo.tenant import DemoError

    with told_plainly():
        try:
            options = Options(data, wanted.port, plugins=wanted.plugins)
            serving.run(_demo(options, send=send, as_json=as_json))
        except DemoError as error:
            raise CommandError(str(error)) from error


async def _demo(options: "Options", *, send: bool, as_json: bool) -> None:
    from gateway.demo.process import running
    from gateway.serving import stop_signal

    with stop_signal() as stop:
        async with running(options) as demo:
            sent = (await demo.send())["id"] if send else None
            if as_json:
                print_json(_document(demo, sent))
            else:
                _introduce(demo, options, sent)
            await stop.wait()


def _document(demo: "Demo", sent: str | None) -> dict[str, object]:
    emulators = [{"name": each.channel_type.name, "url": each.url} for each in demo.emulators]
    return {
        "url": demo.url,
        "key": demo.key,
        "person": demo.person,
        "emulators": emulators,
        "sent": sent,
    }


def _introduce(demo: "Demo", options: "Options", sent: str | None) -> None:
    if not demo.url.endswith(f":{options.port}"):
        say(f"[yellow]![/] Port {options.port} is taken; this demo uses another one.")
    say("\n[bold green]The gateway is ready.[/]\n\n[bold]Open[/]")
    say(f"  {demo.url}/docs  [dim]the API[/]")
    for url, titles in _pages(demo).items():
        say(f"  {url}  [dim]{', '.join(titles)}, emulated: what was sent there[/]")
    for failed in (check.channel for check in demo.checks if not check.ok):
        say(f"[yellow]![/] The check of the channel {failed} did not pass.")
    say(f"\n[bold]Type[/] [dim](the owner's key is in {escape(str(demo.key_file))})[/]")
    say(f"  {escape(_curl(demo))}\n\n  {escape(_notify(demo))}")
    if sent:
        say(f"\nA first card went to [bold]{demo.person}[/] ({sent}): look at the pages above.")
    say("\n[dim]Ctrl-C ends it.[/]")


def _pages(demo: "Demo") -> dict[str, list[str]]:
    """Return the channel types' titles by the page of the platform they share."""
    pages: dict[str, list[str]] = {}
    for each in demo.emulators:
        pages.setdefault(each.url, []).append(each.channel_type.titles["en"])
    return pages


def _curl(demo: "Demo") -> str:
    from gateway.demo.tenant import first_notification

    body = json.dumps(first_notification(demo.person), ensure_ascii=False, separators=(",", ":"))
    return (
        f"curl -s {demo.url}/notify -H 'Authorization: Bearer {demo.key}' "
        f"-H 'Content-Type: application/json' -d {shlex.quote(body)}"
    )


def _notify(demo: "Demo") -> str:
    from gateway.demo.tenant import TENANT

    where = "" if demo.url.endswith(f":{USUAL_PORT}") else f" --url {demo.url}"
    return (
        f"{_program()} notify{where} --key {demo.key} --tenant {TENANT} --to user:{demo.person} "
        "--title 'Disk almost full' --text '**db-1** has 4 GB left' --severity critical --wait"
    )


def _program() -> str:
    """Return how this very program is called from the folder one is in."""
    own, found = Path(sys.argv[0]), shutil.which("gateway")
    if not own.is_file() or (found and Path(found).samefile(own)):
        return "gateway"
    return shlex.quote(os.path.relpath(own))
