"""`gateway serve`: the API and the worker in one process."""
# ruff: noqa: PLC0415 - heavy imports wait until a command runs

from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import config, logs
from gateway.cli.failures import told_plainly

if TYPE_CHECKING:
    from gateway.settings import Settings
    from gateway.telemetry import Redactor


def serve(
    host: Annotated[
        str | None, typer.Option(help="The address to listen on.", show_default="GATEWAY_HOST")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="The port to listen on.", show_default="GATEWAY_PORT")
    ] = None,
    *,
    no_worker: Annotated[
        bool, typer.Option("--no-worker", help="Take requests, but leave the sending to others.")
    ] = False,
) -> None:
    """Run the gateway until Ctrl-C: HTTP API and worker in one process."""
    settings = config.load(host=host, port=port)
    from gateway import serving

    redactor = logs.configure(settings)
    with told_plainly():
        serving.run(_serve(settings, redactor, worker=not no_worker))


async def _serve(settings: "Settings", redactor: "Redactor", *, worker: bool) -> None:
    import structlog

    from gateway import serving
    from gateway.app import build_app

    sock = serving.listen(settings.host, settings.port)
    app = build_app(settings, worker=worker, redactor=redactor)
    log = structlog.get_logger("gateway")
    with serving.stop_signal() as stop:
        async with serving.serving(app, sock):
            log.info("listening", host=settings.host, port=serving.port_of(sock), worker=worker)
            await stop.wait()
            log.info("stopping")
            app.state.parts.changed.close()
