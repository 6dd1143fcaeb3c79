"""Where log lines go, and what never appears in them."""
# ruff: noqa: PLC0415 - heavy imports wait until a command runs

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.settings import Settings
    from gateway.telemetry import Redactor


# Their information is noise to an operator, and httpx names the address of every call.
CHATTY = ("alembic", "httpx", "uvicorn.error")


def configure(settings: "Settings") -> "Redactor":
    """Send every line to stderr, and return what keeps secrets out of them."""
    from gateway.telemetry import Redactor, configure_logging

    redactor = Redactor()
    for secret in (settings.owner_key, settings.encryption_keys):
        if secret is not None:
            redactor.learn(secret.get_secret_value())
    console = settings.log_format == "console"
    configure_logging(redactor, level=settings.log_level, console=console)
    for name in CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
    return redactor
