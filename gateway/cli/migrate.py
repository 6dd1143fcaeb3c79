"""`gateway migrate`: bring the database to the newest revision, or only look."""
# ruff: noqa: PLC0415 - heavy imports wait until a command runs

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import config
from gateway.cli.failures import told_plainly
from gateway.cli.output import AsJson, print_json, say

if TYPE_CHECKING:
    from gateway.settings import Settings
    from gateway.store import Store


def migrate(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Only look; exit code 1 when something is missing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Bring the database to the newest revision. `serve` does the same when it starts."""
    settings = config.load()
    with told_plainly():
        before, after = asyncio.run(_look(settings) if check else _upgrade(settings))
    _tell(before, after, check=check, as_json=as_json)
    raise typer.Exit(1 if check and before != after else 0)


async def _look(settings: "Settings") -> tuple[str | None, str]:
    from gateway.store.migrate import current, newest

    path = settings.sqlite_path
    if path is not None and not path.exists():
        return None, newest()  # opening it would make it
    store = _open(settings)
    try:
        return await store.database.read(current), newest()
    finally:
        await store.database.aclose()


async def _upgrade(settings: "Settings") -> tuple[str | None, str]:
    from gateway.store.migrate import current, upgrade

    store = _open(settings)
    try:
        before = await store.database.read(current)
        return before, await store.database.commit(upgrade)
    finally:
        await store.database.aclose()


def _open(settings: "Settings") -> "Store":
    from gateway.store import open_store

    return open_store(settings.database_url)


def _tell(before: str | None, after: str, *, check: bool, as_json: bool) -> None:
    if as_json:
        print_json({"revision": before if check else after, "newest": after, "was": before})
    elif before == after:
        say(f"[green]✓[/] The database is at the newest revision, {after}.")
    elif check:
        say(f"[yellow]![/] The database is at {before or 'nothing'}, the newest is {after}.")
    else:
        say(f"[green]✓[/] The database went from {before or 'nothing'} to {after}.")
