"""What a live channel is given to work with, already scoped to one tenant and channel."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import httpx


class Clock(Protocol):
    """The time, so that tests can own it."""

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


class Log(Protocol):
    """A structured logger whose every line names the tenant and channel; secrets are masked."""

    def info(self, event: str, **fields: Any) -> Any:  # noqa: ANN401 - a log field may be anything
        """Say what happened."""

    def warning(self, event: str, **fields: Any) -> Any:  # noqa: ANN401 - as above
        """Say what an admin may want to mend."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a channel works with.

    Attributes:
        http: The only way out: deadlines, size caps and allow-lists are built in. Name what a
            call is for with `extensions={"purpose": "send"}`, so that it is counted as that.
        clock: The time.
        log: A logger that already names the tenant and channel.
        callback_url: Where the platform's callbacks for this channel are to go, for those that
            are registered by a call; None where the gateway has no public address, or the
            channel does not receive callbacks.
    """

    http: httpx.AsyncClient
    clock: Clock
    log: Log
    callback_url: str | None = None
