"""What would hold a delivery at this moment: told by a dry run, decided anew when it is due."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gateway.connections import Connections, Live, NotConfiguredError
from gateway.explain.cases import Case, Outlook
from gateway.lanes.admitting import window_of
from gateway.limits import month_ends
from gateway.models import Priority
from gateway.preferences import quiet_until
from gateway.reasons import Reason
from gateway.store import Store
from gateway.store.notified import Notified, NotifiedRequest, read_notified
from gateway.windows import LAST_CHANCE


@dataclass(frozen=True, slots=True)
class _Asked:
    """Whose window is asked for."""

    recipient: str
    window_seconds: int | None


@dataclass(frozen=True, slots=True)
class Foresight:
    """Looks at channels and at history; calls nobody."""

    store: Store
    connections: Connections

    async def look(self, tenant: str, cases: Sequence[Case], now: int) -> list[Case]:
        """Add what would hold it to each delivery that nothing else stops."""
        waiting = [case for case in cases if case.delivery["reason"] is None]
        lives = await self._lives(tenant, {case.delivery["channel"] for case in waiting})
        notified = {name: await self._notified(live, waiting, now) for name, live in lives.items()}
        return [self._seen(case, lives, notified, now) for case in cases]

    async def _lives(self, tenant: str, names: set[str]) -> dict[str, Live]:
        lives: dict[str, Live] = {}
        for name in sorted(names):
            try:
                lives[name] = await self.connections.live(tenant, name)
            except NotConfiguredError:
                continue  # the switch tells of it
        return lives

    async def _notified(self, live: Live, cases: Sequence[Case], now: int) -> Notified:
        mine = (case for case in cases if case.delivery["channel"] == live.row.name)
        longest = max((_window(case, live) for case in mine), default=0)
        if not longest:
            return {}
        request = NotifiedRequest(live.row.tenant, live.row.name, now - longest)
        return await self.store.gather(read_notified, request)

    def _seen(
        self, case: Case, lives: Mapping[str, Live], notified: Mapping[str, Notified], now: int
    ) -> Case:
        live = lives.get(case.delivery["channel"])
        if live is None or case.delivery["reason"] is not None:
            return case
        return replace(case, outlook=outlook(case, live, notified[live.row.name], now))


def outlook(case: Case, live: Live, notified: Notified, now: int) -> Outlook | None:
    """Return what would hold a delivery, in the order in which its lane asks. Pure."""
    priority, expires = case.delivery["priority"], case.delivery["expires"]
    if not live.quota.covers(priority):
        until = month_ends(now, live.channel_type.quota_zone)
        return Outlook(Reason.QUOTA_EXHAUSTED, min(until, expires))
    if priority == Priority.URGENT:
        return None
    quiet = quiet_until(case.delivery["quiet"], now)
    if quiet is not None:
        return Outlook(Reason.QUIET_HOURS, min(quiet, expires))
    last = notified.get(_who(case))
    until = last[0] + _window(case, live) if last else now
    # What a window would hold for too long is sent at once, or it would be lost.
    held = now < until < expires - LAST_CHANCE
    return Outlook(Reason.USER_WINDOW, until) if held else None


def _window(case: Case, live: Live) -> int:
    asked = _Asked(case.delivery["recipient"], case.delivery["window_seconds"])
    return window_of(asked, live)


def _who(case: Case) -> str:
    """Name the person as the history does."""
    known = case.binding.identity if case.binding else None
    return known or str(case.delivery["recipient"])
