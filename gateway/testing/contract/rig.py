"""One channel at a far end that can be told to fail or to hang."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from gateway.errors import DeliveryError
from gateway.plugin import Channel, Identity
from gateway.registry import secret_fields
from gateway.testing.clock import RushedClock
from gateway.testing.context import CapturingLog, context_for
from gateway.testing.contract.faults import Fault
from gateway.testing.contract.rule import Breach
from gateway.testing.contract.subject import Subject

LONG = 3600.0  # between two calls, so that no limit of the far end's is in the way


class Wire(httpx.AsyncBaseTransport):
    """Passes requests on to the far end, unless told otherwise, and remembers them.

    Attributes:
        requests: What went out, in order.
        fault: Answers instead of the far end while it is set.
        hang_at: The number of the request (from 0) that gets no answer until `let_go`.
        hanging: Set once that request has come.
    """

    def __init__(self, far_end: httpx.AsyncBaseTransport) -> None:
        self._far_end = far_end
        self.requests: list[httpx.Request] = []
        self.fault: Fault | None = None
        self.hang_at: int | None = None
        self.hanging = asyncio.Event()
        self._gone = asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as the far end or the fault does."""
        await request.aread()
        self.requests.append(request)
        number = len(self.requests) - 1
        await asyncio.sleep(0)  # a real call waits too; so a deadline reaches a loop of calls
        if number == self.hang_at:
            self.hanging.set()
            await self._gone.wait()
            raise httpx.ReadTimeout("no answer in time", request=request)
        if self.fault is not None:
            return self.fault.answer(request)
        return await self._far_end.handle_async_request(request)

    def let_go(self) -> None:
        """End what hangs, as a deadline does."""
        self._gone.set()


class RealClock(RushedClock):
    """A clock that shows the machine's time and cannot be moved; nobody waits for it."""

    def now(self) -> datetime:
        """Return the machine's time."""
        return datetime.now(UTC)

    def jump(self, seconds: float) -> None:
        """Stay: the far end's clock would not come along."""


@dataclass
class Rig:
    """A channel of the subject, ready to be used and misused."""

    subject: Subject
    clock: RushedClock = field(init=False)
    log: CapturingLog = field(default_factory=CapturingLog)

    def __post_init__(self) -> None:
        """Open the channel."""
        self.clock = RealClock() if self.subject.real_time else RushedClock()
        far_end = self.subject.far_end
        self.wire = Wire(far_end(self.clock) if far_end else httpx.MockTransport(_nowhere))
        self.context = context_for(self.wire, self.clock, self.log)
        kind = self.subject.channel_type
        self.credential = kind.credential.model_validate(dict(self.subject.config))
        self.channel: Channel[Any] = kind.open(self.credential, self.context)

    async def known(self) -> Identity:
        """Find the first recipient."""
        return (await self.everybody())[0]

    async def everybody(self) -> list[Identity]:
        """Find every recipient.

        Raises:
            Breach: The far end in good order does not know one of them.
        """
        try:
            found = [await self.channel.resolve(each) for each in self.subject.recipients]
        except DeliveryError as error:
            raise Breach(f"resolve does not find a recipient of the subject's: {error}") from error
        self.clock.jump(LONG)
        return found

    def since(self, before: int) -> list[httpx.Request]:
        """Return the requests after the first `before`."""
        return self.wire.requests[before:]

    def secrets(self) -> frozenset[str]:
        """Return what must never be shown: sealed fields, and what went out to prove them."""
        names = secret_fields(self.subject.channel_type)
        sealed = {str(value) for name, value in self.subject.config.items() if name in names}
        sent = [request.headers.get("authorization", "") for request in self.wire.requests]
        tokens = {header.rpartition(" ")[2] for header in sent}
        return frozenset(secret for secret in sealed | tokens if len(secret) >= SHORTEST_SECRET)


def _nowhere(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("the subject has no far end", request=request)


SHORTEST_SECRET = 6
