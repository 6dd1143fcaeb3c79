"""The command line.

Every command imports what it needs when it runs, so that `gateway --help` answers at once.
"""

import sys

import typer

from gateway.cli.admin import GROUPS, history
from gateway.cli.conform import conform
from gateway.cli.connecting import connected
from gateway.cli.declare import commands as declare
from gateway.cli.demo import demo
from gateway.cli.doctor import doctor
from gateway.cli.emulate import emulate
from gateway.cli.migrate import migrate
from gateway.cli.notify import notify
from gateway.cli.output import CommandError, complain
from gateway.cli.plugins import plugins
from gateway.cli.serve import serve
from gateway.cli.settings import settings

app = typer.Typer(
    name="gateway",
    help="One POST, and the right people hear of it on their own platform.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (serve, demo, emulate, notify, plugins, conform, doctor, migrate, settings):
    app.command()(command)
for connected_command in (declare.apply, declare.export, history.explain):
    app.command()(connected(connected_command, tenant=False))
app.command()(connected(history.deliveries))
for group in GROUPS:
    app.add_typer(group)


def main(arguments: list[str] | None = None) -> None:
    """Run one command; what a person can mend is told in one sentence."""
    try:
        app(arguments)
    except CommandError as error:
        complain(error)
        sys.exit(error.code)
