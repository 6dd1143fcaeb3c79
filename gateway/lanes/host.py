"""The lanes of this process as the rest of the gateway sees them."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from gateway.connections import Live
from gateway.engine import Engine, Lease
from gateway.lanes.outcomes import Result, told_of
from gateway.lanes.owner import Owner
from gateway.lanes.samples import send_sample
from gateway.lanes.tools import Gate, Tools
from gateway.models import Receipt, Recipient
from gateway.store.audit import By, record
from gateway.store.channels import ChannelRow, read_channel
from gateway.store.standing import Resumption, resume, shard_of
from gateway.store.usage import Counted, add_usage, tell_quota
from gateway.store.window import DueLane, DueRow, read_pace
from gateway.usage import mark

Counts = Mapping[tuple[str, str], Counted]


@dataclass(eq=False, slots=True)
class Lanes:
    """Works the shards an engine hands over, and answers for what is in the air."""

    tools: Tools
    engine: Engine
    notify_changed: Callable[[], None]
    owners: dict[int, Owner] = field(default_factory=dict)
    guests: dict[str, Gate] = field(default_factory=dict)

    async def own(self, lease: Lease) -> None:
        """Work one shard until the lease ends: the engine's handler."""
        owner = self.owners[lease.shard] = Owner(lease, self.tools, self.tools.now())
        await owner.work()

    async def changed(self, tenant: str, channel: str) -> None:
        """Forget the open channel; returns when nothing of the old one is in the air.

        Deliveries that waited because of the channel may go now, if it is enabled.
        """
        live = self.tools.connections.known(tenant, channel)
        self.tools.connections.forget(tenant, channel)
        if live is not None:
            self.tools.standings.forget(live)
            await self.tools.flights.landed(live)
            await self.write_usage([live])
        resumption = Resumption(tenant, channel, self.tools.now())
        lane = await self.tools.store.fold(resume, resumption)
        if lane is not None:
            self.resumed(lane)

    def resumed(self, lane: str) -> None:
        """Wake the owner of a lane."""
        self.engine.wake([shard_of(lane)])

    def withdrawing(self, notification: str) -> AbstractContextManager[frozenset[str]]:
        """Let no call start for a notification that is being taken back."""
        return self.tools.flights.withdrawing(notification)

    async def heard(self, results: Sequence[Result]) -> None:
        """Tell metrics, observers, usage and live views what is on disk now."""
        places = {(result.row.tenant, result.row.channel) for result in results}
        lives = {place: self.tools.connections.known(*place) for place in places}
        self._count(results, lives)
        for result in results:
            if result.outcome is not None and result.due is None:
                self.tools.registry.finished(result.row.id, result.outcome)
        await self.write_usage({live for live in lives.values() if live is not None})
        await self._wake_next([result.row for result in results if result.fall is not None])
        self.notify_changed()

    def _count(
        self, results: Sequence[Result], lives: Mapping[tuple[str, str], Live | None]
    ) -> None:
        names = {place: live.channel_type.name if live else "" for place, live in lives.items()}
        counts = Counter(
            (names[result.row.tenant, result.row.channel], result.state, result.reason)
            for result in results
            if not result.is_change
        )
        for (name, state, reason), count in counts.items():
            self.tools.metrics.delivery(name, state.value, reason, count)

    async def _wake_next(self, rows: Iterable[DueRow]) -> None:
        """Wake the lanes that may have been handed a delivery another could not deliver."""
        places = {(row.tenant, name) for row in rows for name in row.fallback or ()}
        found = await asyncio.gather(
            *(self.tools.store.gather(_read_channels, place) for place in places)
        )
        self.engine.wake({shard_of(row.lane) for row in found if row is not None})

    async def write_usage(self, lives: Iterable[Live]) -> None:
        """Add what channels have called to the books."""
        lives = list(lives)
        used = [(live.row, live.calls.take()) for live in lives]
        used = [(row, counts) for row, counts in used if counts]
        if used:
            await self.tools.store.fold(_add_all, used)
        for live in lives:
            await self._tell_quota(live)

    async def _tell_quota(self, live: Live) -> None:
        """Tell the admin once that a mark of the quota is reached: the audit log keeps it."""
        tally, quota = live.calls.tally, live.limits.monthly_quota
        reached = mark(tally.used, quota, tally.month)
        if reached is None or reached <= tally.told:
            return
        told = {"month": tally.month, "used": tally.used, "quota": quota}
        by = By("gateway", live.row.tenant, self.tools.clock.now())
        if await self.tools.store.write(lambda c: _told(c, by, live.row.name, reached, told)):
            self.tools.log.warning("a quota runs out", channel=live.row.name, **told)
        tally.told = reached

    async def gate(self, live: Live) -> Gate:
        """Return what paces the look-ups of a channel's lane.

        It is the lane's own where this process works it. Elsewhere it is one of this process:
        then both together may be too fast for a moment, and the platform says so.
        """
        row = live.row
        pace = await self.tools.store.read(lambda connection: read_pace(connection, row.lane))
        owner = self.owners.get(shard_of(row.lane))
        if owner is not None and not owner.lease.lost:
            return owner.gate(DueLane(row.lane, row.tenant, self.tools.now(), pace))
        tools = self.tools
        return self.guests.setdefault(row.lane, Gate(row.tenant, tools.slots, tools.clock))

    async def test(self, tenant: str, channel: str, recipient: Recipient) -> dict[str, Any]:
        """Send a sample card at once and return what the platform itself answered."""
        live = await self.tools.connections.live(tenant, channel)
        started = self.tools.now()
        outcome = await send_sample(self.tools, live, recipient)
        await self.write_usage([live])
        told = told_of(outcome, self.tools.clean)
        return {
            "ok": isinstance(outcome, Receipt),
            "recipient": recipient.key,
            "duration_ms": self.tools.now() - started,
            **told,
        }


def _read_channels(
    connection: Connection, places: Sequence[tuple[str, str]]
) -> list[ChannelRow | None]:
    return [read_channel(connection, *place) for place in places]


def _told(
    connection: Connection, by: By, channel: str, reached: str, told: Mapping[str, Any]
) -> bool:
    """Keep in the audit log that a mark was reached; False where that is known."""
    if not tell_quota(connection, by.owner, channel, reached):
        return False
    record(connection, by, "quota.reached", channel, after=told)
    return True


def _add_all(
    connection: Connection, items: Sequence[Sequence[tuple[ChannelRow, Counts]]]
) -> list[None]:
    for row, counts in (one for item in items for one in item):
        for (month, purpose), calls in counts.items():
            add_usage(connection, row.tenant, row.name, month, {purpose: calls})
    return [None for _ in items]
