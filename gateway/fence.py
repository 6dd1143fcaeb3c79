"""Keeps a plugin's mistakes where they are: it may fail, the gateway does not."""

from collections.abc import Iterator
from contextlib import contextmanager

from gateway.errors import DeliveryError


class PluginFault(Exception):  # noqa: N818 - not an error of the delivery: a bug of the plugin
    """A plugin raised something of its own, or answered what the contract does not allow."""


@contextmanager
def fence(doing: str) -> Iterator[None]:
    """Run a plugin's plain code, which awaits nothing; SystemExit and the like stay inside.

    Args:
        doing: What the plugin does, for the sentence about its failure. What it raised may hold
            a secret, so that only its class is told.

    Raises:
        DeliveryError: As the plugin meant it.
        PluginFault: It raised anything else.
    """
    try:
        yield
    except (DeliveryError, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise PluginFault(f"{doing} raised {type(error).__name__}") from error
