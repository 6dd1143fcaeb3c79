"""`gateway emulate`: a platform on a port of this machine, for tests and trials."""
# ruff: noqa: PLC0415 - heavy imports wait until a command runs

from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import config, logs
from gateway.cli.failures import told_plainly
from gateway.cli.output import AsJson, CommandError, print_json, say

if TYPE_CHECKING:
    from gateway.plugin import ChannelType


def emulate(
    brand: Annotated[str, typer.Argument(help="A channel type with an emulator, such as lark.")],
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on; 0 takes a free one.")] = 8091,
    *,
    as_json: AsJson = False,
) -> None:
    """Run the emulator of one platform until Ctrl-C; its page shows what it was sent."""
    settings = config.load()
    logs.configure(settings)
    from gateway import serving
    from gateway.demo.emulators import emulated_types

    offered = emulated_types(settings.plugins)
    if brand not in offered:
        names = ", ".join(offered) or "none is installed"
        raise CommandError(f"There is no emulator of {brand}; there is: {names}.", 2)
    with told_plainly():
        serving.run(_emulate(offered[brand], host, port, as_json=as_json))


async def _emulate(brand: "ChannelType", host: str, port: int, *, as_json: bool) -> None:
    from gateway import serving
    from gateway.demo.emulators import Emulated, Platform, create

    platform = Platform(create(brand), serving.listen(host, port))
    emulated = Emulated(brand, platform)
    with serving.stop_signal() as stop:
        async with serving.serving(platform.app, platform.sock, drain=1):
            _introduce(emulated.url, emulated.config, as_json=as_json)
            await stop.wait()


def _introduce(url: str, config: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        print_json({"url": url, "config": config})
        return
    say(f"[bold]{url}[/] shows what it was sent. A channel uses it with this configuration:")
    for name, value in config.items():
        say(f"  {name}: {value}")
    say("[dim]Ctrl-C ends it.[/]")
