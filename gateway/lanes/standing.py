"""How channels stand after each call: holds, probes, circuits, health."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.connections import Connections, Live
from gateway.errors import (
    ChannelGoneError,
    ContentError,
    DeliveryError,
    RateLimitedError,
    RecipientError,
)
from gateway.lanes.calls import Outcome
from gateway.lanes.patience import Patience
from gateway.models import Receipt
from gateway.reasons import Reason
from gateway.retry import Circuit, Hold, hold_for, probing
from gateway.store.standing import Resumption, Standing, resume, stand


@dataclass(eq=False, slots=True)
class Standings:
    """Decides when a channel waits and when it goes on, and writes that down."""

    store: Patience
    connections: Connections
    _holds: dict[Live, Hold] = field(default_factory=dict)
    _circuits: dict[Live, Circuit] = field(default_factory=dict)

    def held(self, live: Live, now: int) -> Hold | None:
        """Return what holds the channel at this moment."""
        hold = self._holds.get(live)
        return hold if hold is not None and hold.until > now else None

    def probes(self, live: Live) -> bool:
        """Tell whether the channel was held and its next call decides whether it still is."""
        return live in self._holds or live.row.hold_reason is not None

    async def saw(self, live: Live, outcomes: Sequence[Outcome], now: int) -> str | None:
        """Note how a call ended; return the lane that may go on where a hold has ended."""
        refusals = [one for one in outcomes if not isinstance(one, Receipt)]
        error = refusals[0] if len(refusals) == len(outcomes) else None
        hold = self._hold(live, error, now)
        if isinstance(error, ChannelGoneError):
            await self._gone(live, error, now)
        elif hold is not None:
            await self._keep(live, hold, now)
        elif _lets_us_in(error) and self.probes(live):
            return await self._release(live, now)
        return None

    def forget(self, live: Live) -> None:
        """Drop the memory of a channel that is closed."""
        self._holds.pop(live, None)
        self._circuits.pop(live, None)

    def _hold(self, live: Live, error: Exception | None, now: int) -> Hold | None:
        tries = self._tries(live)
        opened = self._circuits.setdefault(live, Circuit()).saw(error, now)
        if isinstance(error, DeliveryError) and (hold := hold_for(error, tries, now)):
            return hold
        if not _lets_us_in(error) and (opened or self._probing_circuit(live)):
            return probing(Reason.CIRCUIT_OPEN, str(error), tries, now)
        return None

    def _tries(self, live: Live) -> int:
        hold = self._holds.get(live)
        return hold.tries if hold else live.row.hold_tries

    def _probing_circuit(self, live: Live) -> bool:
        hold = self._holds.get(live)
        return hold is not None and hold.reason is Reason.CIRCUIT_OPEN

    async def _keep(self, live: Live, hold: Hold, now: int) -> None:
        if self.held(live, now):
            return  # calls that were in the air when the first refusal came
        self._holds[live] = hold
        row = live.row
        degraded = hold.reason in {Reason.CIRCUIT_OPEN, Reason.QUOTA_EXHAUSTED}
        await self.store.fold(
            stand,
            Standing(
                row.tenant,
                row.name,
                row.version,
                now,
                hold.reason.value,
                hold.detail,
                hold.until,
                hold.tries,
                "degraded" if degraded else "failing",
            ),
        )

    async def _release(self, live: Live, now: int) -> str | None:
        row = live.row
        await self.store.fold(stand, Standing(row.tenant, row.name, row.version, now, health="ok"))
        self.forget(live)
        self.connections.forget(row.tenant, row.name)
        return await self.store.fold(resume, Resumption(row.tenant, row.name, now))

    async def _gone(self, live: Live, error: ChannelGoneError, now: int) -> None:
        row = live.row
        self.forget(live)
        self.connections.forget(row.tenant, row.name)
        gone = Standing(
            row.tenant, row.name, row.version, now, hold_detail=error.message, gone=True
        )
        await self.store.fold(stand, gone)


def _lets_us_in(error: Exception | None) -> bool:
    """Tell whether the platform took the call seriously: also where it refused one person."""
    if isinstance(error, RateLimitedError):
        return error.scope == "recipient"
    return error is None or isinstance(error, RecipientError | ContentError)
