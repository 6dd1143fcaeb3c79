"""Who may be notified now, for any order of events: no window broken, nothing lost."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.lanes.admitting import Admitted, decide
from gateway.lanes.plan import Work
from gateway.lanes.slots import Slots
from gateway.lanes.tools import Gate
from gateway.models import Audience, Priority, State
from gateway.preferences import quiet_until
from gateway.reasons import Reason
from gateway.store.window import DueRow
from gateway.testing.clock import FakeClock
from gateway.windows import MOMENT, Windows

LENGTH = 600_000
LI = ("toy", "ou_li")
QUIET = "01:00-03:00 UTC"
LIVE = SimpleNamespace(
    limits=SimpleNamespace(user_window_seconds=600),
    channel_type=SimpleNamespace(audience=Audience.PERSON),
    channel=None,
)
NOTHING: dict[str, Any] = dict.fromkeys(DueRow._fields)


def a_row(number: int, due: int, priority: Priority, quiet: str | None) -> DueRow:
    known = {"id": f"dlv_{number:05}", "channel": "toy", "recipient": "user:li", "state": "queued"}
    return DueRow(
        **NOTHING
        | known
        | {"priority": int(priority), "due": due, "quiet": quiet, "expires": due + 10**9}
    )


@dataclass
class Sent:
    """One card that the person got."""

    at: int
    urgent: bool
    shows: list[str]


@dataclass
class Lane:
    """A lane in a few lines: what is due is decided, what was held together shares a card."""

    gate: Gate
    rows: dict[str, DueRow] = field(default_factory=dict)
    carried: dict[str, list[str]] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)

    def run(self, now: int, failures: list[bool]) -> None:
        """Decide until nothing changes; a call may fail, and is tried again in five seconds."""
        while due := [row for row in self._in_order() if row.due <= now]:
            works = [(Work(row, cast("Any", LIVE)), LI) for row in due]
            self._apply(decide(works, self.gate, now), now, failures)

    def _in_order(self) -> list[DueRow]:
        return sorted(self.rows.values(), key=lambda row: (row.priority, row.due, row.id))

    def _apply(self, admitted: Admitted, now: int, failures: list[bool]) -> None:
        for settled in admitted.held:
            row = settled.row._replace(due=settled.due or 0, state=settled.state.value)
            self.rows[row.id] = row._replace(reason=str(settled.reason))
        if admitted.ripe:
            self._merge([work.row for work in admitted.ripe])
        for work in admitted.going:
            self._send(work.row, now, failed=bool(failures and failures.pop()))

    def _merge(self, ripe: list[DueRow]) -> None:
        first, *others = sorted(ripe, key=lambda row: row.id)
        self.rows[first.id] = first._replace(state=State.QUEUED.value)
        for other in others:
            self.carried.setdefault(first.id, []).extend(
                [other.id, *self.carried.pop(other.id, [])]
            )
            del self.rows[other.id]

    def _send(self, row: DueRow, now: int, *, failed: bool) -> None:
        self.gate.windows.took_off(LI, now)
        self.gate.windows.landed(LI, row.id, now, arrived=not failed)
        if failed:
            self.rows[row.id] = row._replace(state="queued", reason=None, due=now + 5000)
            return
        del self.rows[row.id]
        urgent = row.priority == Priority.URGENT
        self.sent.append(Sent(now, urgent, [row.id, *self.carried.pop(row.id, [])]))


POSTS = st.tuples(
    st.integers(0, LENGTH),
    st.sampled_from([Priority.NORMAL, Priority.NORMAL, Priority.HIGH, Priority.URGENT]),
    st.booleans(),
)


@settings(max_examples=1000)
@given(posts=st.lists(POSTS, min_size=1, max_size=25), failures=st.lists(st.booleans(), max_size=8))
def test_no_window_is_broken_nothing_is_lost_and_nights_are_quiet(
    posts: list[tuple[int, Priority, bool]], failures: list[bool]
) -> None:
    windows = Windows()
    windows.unknown_since("toy", LENGTH, 0)
    windows.learn("toy", -LENGTH, {})
    lane = Lane(Gate("acme", Slots(8), FakeClock(), windows=windows))
    now = 0
    for number, (later, priority, quiet) in enumerate(posts):
        until = now + later
        now = advance(lane, now, until, failures)
        row = a_row(number, now, priority, QUIET if quiet else None)
        lane.rows[row.id] = row
        lane.run(now, failures)
    advance(lane, now, now + 10**8, failures)
    wanted = [f"dlv_{number:05}" for number in range(len(posts))]
    assert sorted(one for sent in lane.sent for one in sent.shows) == wanted
    for before, after in zip(lane.sent, lane.sent[1:], strict=False):
        same_moment = before.urgent and after.at - before.at < MOMENT
        assert after.urgent or same_moment or after.at - before.at >= LENGTH
    for sent in lane.sent:
        nights = [posts[int(one[4:])][2] for one in sent.shows]
        assert sent.urgent or not any(nights) or quiet_until(QUIET, sent.at) is None


def advance(lane: Lane, now: int, until: int, failures: list[bool]) -> int:
    """Let time pass, stopping whenever something is due."""
    while (due := min((row.due for row in lane.rows.values()), default=until)) < until:
        now = max(now, due)
        lane.run(now, failures)
    return until


def test_what_is_held_says_why_and_until_when() -> None:
    windows = Windows()
    windows.learn("toy", 0, {"ou_li": (1000, None)})
    gate = Gate("acme", Slots(8), FakeClock(), windows=windows)
    work = Work(a_row(1, 2000, Priority.NORMAL, None), cast("Any", LIVE))
    [held] = decide([(work, LI)], gate, 2000).held
    assert (held.reason, held.due) == (Reason.USER_WINDOW, 1000 + LENGTH)
