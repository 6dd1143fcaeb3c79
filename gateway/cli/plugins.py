"""`gateway plugins`: what is installed, and what is wrong with it."""
# ruff: noqa: PLC0415 - heavy imports wait until a command runs

from typing import TYPE_CHECKING, Any

import typer
from rich.markup import escape

from gateway.cli import config
from gateway.cli.output import AsJson, print_json, print_table

if TYPE_CHECKING:
    from gateway.registry import PluginInfo

COLUMNS = ("plugin", "distribution", "version", "channel types", "error")


def plugins(*, as_json: AsJson = False) -> None:
    """List the installed plugins and their channel types; exit code 1 when one did not load."""
    settings = config.load()
    import structlog

    from gateway.registry import load

    registry = load(quiet_log(structlog), allowed=settings.plugins)
    if as_json:
        print_json([_document(plugin) for plugin in registry.plugins])
    else:
        print_table(COLUMNS, [_row(plugin) for plugin in registry.plugins])
    raise typer.Exit(1 if registry.broken else 0)


def quiet_log(structlog: Any) -> Any:  # noqa: ANN401 - a module and a logger of structlog
    """Return a log that drops everything: the report says it already."""
    return structlog.wrap_logger(None, processors=[_drop(structlog)])


def _drop(structlog: Any) -> Any:  # noqa: ANN401 - as above
    def drop(_logger: object, _method: str, _event: object) -> object:
        raise structlog.DropEvent

    return drop


def _document(plugin: "PluginInfo") -> dict[str, object]:
    import dataclasses

    return dataclasses.asdict(plugin)


def _row(plugin: "PluginInfo") -> tuple[str, ...]:
    error = f"[red]{escape(plugin.error)}[/]" if plugin.error else ""
    types = ", ".join(plugin.channel_types)
    return (f"[bold]{plugin.name}[/]", plugin.distribution, plugin.version, types, error)
