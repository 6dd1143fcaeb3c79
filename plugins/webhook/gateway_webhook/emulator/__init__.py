"""A receiver of signed webhooks in one ASGI app: it verifies each event and shows it.

It judges with the standard's own library and imports nothing of the gateway or its plugins, so
that what signs and what verifies cannot share a mistake.
"""

from starlette.applications import Starlette

from . import pages
from .received import Received
from .receiver import Receiver, take

__all__ = ["Received", "Receiver", "create"]

SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"  # noqa: S105 - the emulator's, and public
PATH = "/in"


def create(*, brand: str = "webhook", secret: str = SECRET) -> Starlette:
    """Return a receiver that takes events at `/in` and shows them at `/`.

    `app.state.receiver` is what it got and how it answers; `app.state.demo` tells the
    configuration of a channel to it. A `brand` other than `webhook` raises KeyError.
    """
    config = {"webhook": {"url": PATH, "secret": secret}}[brand]
    receiver = Receiver(secret)
    app = Starlette(routes=[take(receiver, PATH), *pages.routes(receiver)])
    app.state.receiver = receiver
    app.state.demo = {"config": config, "people": []}
    return app
