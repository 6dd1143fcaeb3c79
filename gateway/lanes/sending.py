"""Starts a lane's calls within its pace, and turns what comes back into acknowledgements."""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from weakref import WeakSet

from gateway.clock import to_millis
from gateway.connections import Live
from gateway.engine import Lease
from gateway.errors import RecipientError, ScopeMissingError
from gateway.ids import new_id
from gateway.lanes import changed, falling, outcomes
from gateway.lanes.acks import Pending
from gateway.lanes.altering import alter
from gateway.lanes.calls import Outcome, perform, render
from gateway.lanes.notified import Notified, Wakes
from gateway.lanes.outcomes import Result, Telling, Tried
from gateway.lanes.plan import BATCH, Change, Group, Ready, Settled
from gateway.lanes.tools import Gate, Tools
from gateway.store.standing import Stale, mark_stale
from gateway.store.window import DueRow
from gateway.windows import Person

MOST_BUSY = 1000
# A call in the air may be the last that the quota covers, or tell whether a channel is back.
DECIDING_MILLIS = 100
MOST_SUSPECTS = 1200  # a window may be read when the lane is nearly at its most


@dataclass(eq=False, slots=True)
class Sender:
    """One lane's calls: which are in the air, and which rows are not to be read again yet.

    `suspects` counts, by priority, the rows that a former owner may have sent without
    acknowledging: those that were due before this one began, the first of them in order. On a
    channel of `probing` one call is in the air that tells whether what held it has ended.
    """

    lease: Lease
    tools: Tools
    gate: Gate
    changed: Wakes
    suspects_before: int | None = None
    suspects: Counter[int] = field(default_factory=Counter)
    busy: set[str] = field(default_factory=set)
    singles_only: WeakSet[Live] = field(default_factory=WeakSet)
    probing: set[Live] = field(default_factory=set)
    notified: Notified = field(init=False)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.notified = Notified(self.gate.windows, self.changed)

    def may_batch(self, live: Live) -> bool:
        """Tell whether the platform still lets the channel batch."""
        return live not in self.singles_only

    def settle(self, settled: Sequence[Settled]) -> None:
        """Write down where deliveries went that needed no call."""
        now = self.tools.now()
        self._acknowledge([self._settled(item, now) for item in settled])

    def _settled(self, item: Settled, now: int) -> Result:
        if item.row.change is not None:
            return changed.kept(item, now)
        return outcomes.settled(item, now, duplicate=self._suspect(item.row))

    def refuse(self, row: DueRow, error: Exception, live: Live) -> None:
        """Write down a delivery whose look-up failed, as an attempt."""
        self.busy.add(row.id)
        self._spawn(self._refused(row, error, live))

    def start(self, group: Group) -> int | None:
        """Start the call if the pace permits; else return when it will."""
        now = self.tools.now()
        pace = self.gate.pace(group.purpose, group.live)
        if pace.room(now, self.gate.waiting + 1) <= self.gate.waiting:
            return max(pace.next_at(now), now + 1)
        if (at := self._recipient_at(group, now)) > now:
            return at
        if not group.live.quota.has_room(group.members[0].row.priority):
            return now + DECIDING_MILLIS
        if group.live in self.probing:
            return now + DECIDING_MILLIS
        if self.tools.standings.probes(group.live):
            self.probing.add(group.live)
        group.live.calls.tally.planned += 1
        self.busy.update(member.row.id for member in group.members)
        self.notified.took_off(group, now)
        self.gate.waiting += 1
        self._spawn(self._call(group))
        return None

    async def landed(self) -> None:
        """Wait until none of the lane's calls is in the air."""
        while self._tasks:
            await asyncio.wait(list(self._tasks))

    def abandon(self) -> None:
        """Give up the calls in the air: their answers will never be seen."""
        for task in self._tasks:
            task.cancel()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _call(self, group: Group) -> None:
        ids = [member.row.id for member in group.members]
        try:
            async with self.tools.slots.hold(self.gate.tenant):
                self.gate.waiting -= 1
                if self._still_wanted(group):
                    await self._fly(group, ids)
                else:
                    self.notified.gave_up(group)
                    self._release(ids)
        finally:
            group.live.calls.tally.planned -= 1
            self.probing.discard(group.live)
            if self.gate.half_empty:
                self.changed.set()

    def _recipient_at(self, group: Group, now: int) -> int:
        if group.purpose == BATCH:
            return now
        return self.gate.recipients(group.live).next_at(group.members[0].identity.id, now)

    async def _fly(self, group: Group, ids: Sequence[str]) -> None:
        now = self.tools.now()
        pace = self.gate.pace(group.purpose, group.live)
        pace.take(now)
        self.gate.recipients(group.live).take(group.members[0].identity.id, now)
        self.gate.flying += 1
        self.tools.flights.start(group.live, ids)
        try:
            await self._perform(group)
        finally:
            pace.landed(now, self.tools.now())
            self.gate.flying -= 1
            self.tools.flights.land(group.live, ids)

    def _still_wanted(self, group: Group) -> bool:
        """Check at the last moment: nothing goes out on a channel that changed meanwhile."""
        row = group.live.row
        pace = self.gate.pace(group.purpose, group.live)
        now = self.tools.now()
        return (
            not self.lease.lost
            and self.tools.connections.known(row.tenant, row.name) is group.live
            and max(pace.next_at(now), self._recipient_at(group, now)) <= now
            and not any(self.tools.flights.is_withdrawn(m.row.notification) for m in group.members)
        )

    def park(self, person: Person, delivery: str) -> None:
        """Do not read the delivery again before the call to the same person has ended."""
        if self.notified.park(person, delivery):
            self.busy.add(delivery)

    def unparked(self) -> bool:
        """Tell whether parked deliveries may be read again, from now on."""
        freed = self.notified.freed
        self.notified.freed = []
        self.busy.difference_update(freed)
        return bool(freed)

    def _release(self, ids: Sequence[str]) -> None:
        self.busy.difference_update(ids)
        self.changed.set()

    async def _perform(self, group: Group) -> None:
        started = self.tools.now()
        [first, *_] = group.members
        if isinstance(first, Change):
            answer = await alter(group, first, self.tools.registry)
            await self._landed_with(group, (answer,), started)
            return
        try:
            payload = render(group, self.tools.registry)
        except Exception as error:  # noqa: BLE001 - DeliveryError or PluginFault, an outcome too
            answers: tuple[Outcome, ...] = tuple(error for _ in group.members)
        else:
            answers = await perform(group, payload)
        await self._landed_with(group, answers, started)

    async def _landed_with(self, group: Group, answers: Sequence[Outcome], started: int) -> None:
        if group.purpose == BATCH and all(isinstance(a, ScopeMissingError) for a in answers):
            self.singles_only.add(group.live)
            self.notified.gave_up(group)
            self._release([member.row.id for member in group.members])
            return
        self.notified.landed(group, answers, self.tools.now())
        results = self._results(group.members, answers, started)
        self._slow_down(group, answers)
        try:  # first the hold, then what it holds
            await self._stand(group.live, answers)
        finally:
            self._acknowledge(results)
        await self._mark_stale(group, answers)

    async def _refused(self, row: DueRow, error: Exception, live: Live) -> None:
        now = self.tools.clock.now()
        at, call = to_millis(now), new_id("call", now)
        tried = Tried(row, error, call, at, at, duplicate=self._suspect(row))
        try:
            await self._stand(live, [error])
        finally:
            self._acknowledge([outcomes.tried(tried, self._telling(now))])

    def _results(
        self, members: Sequence[Ready], answers: Sequence[Outcome], started: int
    ) -> list[Result]:
        now = self.tools.clock.now()
        ended, call = to_millis(now), new_id("call", now)
        return [
            self._result(
                Tried(member.row, answer, call, started, ended, self._suspect(member.row)),
                member,
                self._telling(now),
            )
            for member, answer in zip(members, answers, strict=True)
        ]

    def _telling(self, now: datetime) -> Telling:
        return Telling(self.tools.chance(), lambda: new_id("att", now), self.tools.clean)

    def _result(self, tried: Tried, member: Ready, telling: Telling) -> Result:
        if isinstance(member, Change):
            return changed.tried(tried, member, telling)
        return outcomes.tried(tried, telling)

    def was_due_before(self, due: int) -> bool:
        """Tell whether a former owner may have sent what was due at that time."""
        return self.suspects_before is not None and due < self.suspects_before

    def _suspect(self, row: DueRow) -> bool:
        if not self.was_due_before(row.due):
            return False
        self.suspects[row.priority] += 1
        return self.suspects[row.priority] <= MOST_SUSPECTS

    def _slow_down(self, group: Group, answers: Sequence[Outcome]) -> None:
        for answer in answers:
            limited = outcomes.pauses(answer)
            if limited is not None:
                wait = limited.retry_after // timedelta(milliseconds=1)
                self.gate.pace(group.purpose, group.live).pause(self.tools.now() + wait)

    def _acknowledge(self, results: Sequence[Result]) -> None:
        if not results:
            return
        now = self.tools.clock.now()
        results = [falling.moved_on(one, lambda: new_id("dlv", now)) for one in results]
        ids = [result.row.id for result in results]
        self.busy.update(ids)
        self.tools.acks.add(Pending(self.lease, results, lambda: self._release(ids)))

    async def _stand(self, live: Live, answers: Sequence[Outcome]) -> None:
        if await self.tools.standings.saw(live, answers, self.tools.now()):
            self.lease.wake()
            self.changed.set()

    async def _mark_stale(self, group: Group, answers: Sequence[Outcome]) -> None:
        now = self.tools.now()
        row = group.live.row
        gone = [
            Stale(row.tenant, row.name, member.row.recipient, answer.message, now)
            for member, answer in zip(group.members, answers, strict=True)
            if isinstance(answer, RecipientError) and answer.gone
        ]
        if gone:
            await asyncio.gather(*(self.tools.store.fold(mark_stale, one) for one in gone))
