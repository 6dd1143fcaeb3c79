"""A channel's context without a gateway: a transport of the test's, its clock, a log to read."""

from dataclasses import dataclass, field
from typing import Any

import httpx

from gateway.plugin import Clock, Context, Log
from gateway.testing.clock import FakeClock


@dataclass(frozen=True, slots=True)
class Line:
    """One line that a channel logged."""

    level: str
    event: str
    fields: dict[str, Any]


@dataclass(slots=True)
class CapturingLog:
    """A `Log` that keeps its lines for the test to read."""

    lines: list[Line] = field(default_factory=list)

    def info(self, event: str, **fields: Any) -> None:  # noqa: ANN401 - as `Log` has it
        """Keep a line of the level `info`."""
        self.lines.append(Line("info", event, fields))

    def warning(self, event: str, **fields: Any) -> None:  # noqa: ANN401 - as `Log` has it
        """Keep a line of the level `warning`."""
        self.lines.append(Line("warning", event, fields))

    @property
    def text(self) -> str:
        """Every line as one text."""
        return "\n".join(f"{line.level} {line.event} {line.fields!r}" for line in self.lines)


def context_for(
    transport: httpx.AsyncBaseTransport,
    clock: Clock | None = None,
    log: Log | None = None,
    callback_url: str | None = None,
) -> Context:
    """Return what a live channel works with, whose every call ends at `transport`.

    Args:
        transport: The far end: a `ScriptedTransport`, `httpx.MockTransport` or an ASGI emulator.
        clock: The time; by default one that stands still.
        log: Where the channel's lines go; pass a `CapturingLog` to read them.
        callback_url: Where the platform's callbacks are to go.
    """
    http = httpx.AsyncClient(transport=transport, trust_env=False, follow_redirects=False)
    return Context(http, clock or FakeClock(), log or CapturingLog(), callback_url)
