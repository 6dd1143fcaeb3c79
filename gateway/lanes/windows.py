"""One window of due rows: settled, or made ready in groups that each are one provider call."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gateway.connections import Live, NotConfiguredError, NotOpenedError
from gateway.errors import RecipientError
from gateway.lanes import plan
from gateway.lanes.admitting import admit
from gateway.lanes.plan import Ready, Settled, Work
from gateway.lanes.preparing import Cards, key_of
from gateway.lanes.resolving import Answer, Lookup, ask, found, lookups, with_contacts
from gateway.lanes.tools import Gate, Tools
from gateway.limits import month_ends
from gateway.models import Audience, Identity, State
from gateway.reasons import Reason
from gateway.store import Store
from gateway.store.bindings import read_bindings
from gateway.store.standing import remember
from gateway.store.window import DueRow
from gateway.windows import Person

OPEN_AGAIN = 60_000


@dataclass(frozen=True, slots=True)
class Sorted:
    """What a window came to.

    Attributes:
        settled: Deliveries that need no call.
        refused: Deliveries whose look-up failed as a call, with the error.
        ready: Deliveries that may go.
        ripe: Deliveries that were held for this moment: they share a card first.
        behind: Deliveries to somebody who is being notified right now.
    """

    settled: Sequence[Settled]
    refused: Sequence[tuple[Work, Exception]]
    ready: Sequence[Ready]
    ripe: Sequence[Work]
    behind: Sequence[tuple[Person, Work]]


async def sort(rows: Sequence[DueRow], tools: Tools, gate: Gate) -> Sorted:
    """Settle, open, weigh against the quota, resolve and prepare the rows of one lane."""
    now = tools.now()
    settled, going = plan.split(rows, now)
    going = plan.first_of_each(going, lambda row: plan.probes_only(row, now))
    works, unconfigured = await open_channels(going, tools, now)
    works, spent = within_quota(works, now)
    answers = await _identify(works, tools, gate)
    answered = [(work, answers[work.row.id]) for work in works if work.row.id in answers]
    identities = {key: one for key, one in answers.items() if isinstance(one, Identity)}
    admitted = await admit(
        [w for w, _ in answered if w.row.id in identities], identities, tools, gate
    )
    known = admitted.going
    cards = await tools.preparer.load(known)
    known = [work for work in known if key_of(work) in cards]
    await _meet_mentioned(known, cards, tools, gate)
    ready = await _prepared(known, cards, answers, tools)
    unknown = [(work, answer) for work, answer in answered if not isinstance(answer, Identity)]
    missed = [_missed(work, one) for work, one in unknown if isinstance(one, RecipientError)]
    refused = [(work, one) for work, one in unknown if not isinstance(one, RecipientError)]
    settled += [*unconfigured, *spent, *missed, *admitted.held]
    return Sorted(settled, refused, ready, admitted.ripe, admitted.behind)


async def open_channels(
    rows: Sequence[DueRow], tools: Tools, now: int
) -> tuple[list[Work], list[Settled]]:
    """Return what may go on an open channel, and what waits because its channel does."""
    works: list[Work] = []
    settled: list[Settled] = []
    shut: dict[str, NotConfiguredError] = {}
    for row in rows:
        live = await _live(row, tools, shut)
        if live is None:
            settled.append(_shut_out(row, shut[row.channel], now))
            continue
        hold = tools.standings.held(live, now)
        if hold is not None:
            settled.append(Settled(row, State.HELD, hold.reason, row.expires, hold.detail))
        elif live.row.enabled:
            works.append(Work(row, live))
    return works, settled


async def _live(row: DueRow, tools: Tools, shut: dict[str, NotConfiguredError]) -> Live | None:
    """Return a row's open channel; one that cannot be opened is noted and tried only once."""
    if row.channel in shut:
        return None
    try:
        return await tools.connections.live(row.tenant, row.channel, row.version)
    except NotConfiguredError as error:
        shut[row.channel] = error
        return None


def _shut_out(row: DueRow, error: NotConfiguredError, now: int) -> Settled:
    """Hold what waits for an admin; what waits for a plugin to work again is tried each minute."""
    again = isinstance(error, NotOpenedError)
    due = min(now + OPEN_AGAIN, row.expires) if again else row.expires
    return Settled(row, State.HELD, error.reason, due, str(error))


def within_quota(works: Sequence[Work], now: int) -> tuple[list[Work], list[Settled]]:
    """Return what the month's quota still covers, and what waits for the next."""
    going: list[Work] = []
    spent: list[Settled] = []
    for work in works:
        if work.live.quota.covers(work.row.priority):
            going.append(work)
        else:
            due = min(month_ends(now, work.live.channel_type.quota_zone), work.row.expires)
            spent.append(Settled(work.row, State.HELD, Reason.QUOTA_EXHAUSTED, due))
    return going, spent


async def _identify(works: Sequence[Work], tools: Tools, gate: Gate) -> Mapping[str, Answer]:
    answers: dict[str, Answer] = {}
    for work in works:
        identity = plan.bound_identity(work.row)
        if identity is not None:
            answers[work.row.id] = identity
    unknown = _asked_now(works, answers, gate.free)
    return answers | await _look_up(unknown, tools, gate) if unknown else answers


def _asked_now(works: Sequence[Work], known: Mapping[str, Answer], free: int) -> list[Work]:
    """Return who is to be looked up; those whose turn is later are asked with more of them."""
    early = any(work.row.id not in known for work in works[:free])
    return [work for work in works if work.row.id not in known and (early or work.row.stateless)]


async def _look_up(works: Sequence[Work], tools: Tools, gate: Gate) -> dict[str, Answer]:
    by_live: dict[object, list[Work]] = {}
    for work in works:
        by_live.setdefault(work.live, []).append(work)
    answers: dict[str, Answer] = {}
    for mine in by_live.values():
        found_out = await _look_up_on(mine, tools, gate)
        asked = [work for work in mine if work.row.recipient in found_out]
        answers |= {work.row.id: found_out[work.row.recipient] for work in asked}
    return answers


async def _look_up_on(works: Sequence[Work], tools: Tools, gate: Gate) -> dict[str, Answer]:
    """Ask one channel about each recipient once, and remember what it said."""
    in_turn = dict.fromkeys(work.row.recipient for work in works)
    return await _ask_about(works[0].live, in_turn, tools, gate, patient=True)


async def _ask_about(
    live: Live, keys: Iterable[str], tools: Tools, gate: Gate, *, patient: bool = False
) -> dict[str, Answer]:
    wanted = [plan.recipient_of(key) for key in keys]
    recipients = await with_contacts(tools.store, live.row.tenant, wanted)
    parts, later = _full_calls(lookups(live, recipients), patient=patient)
    answered = await asyncio.gather(*(_ask(part, gate) for part in parts))
    now = tools.now()
    answers: dict[str, Answer] = {}
    for part, replies in zip(parts, answered, strict=True):
        answers |= {r.key: reply for r, reply in zip(part.recipients, replies, strict=True)}
    kept = [found(live, r, answers[r.key], now) for r in recipients if r.key in answers]
    await asyncio.gather(*(tools.store.fold(remember, one) for one in kept if one is not None))
    return {one.key: answers.get(one.key, _NOBODY) for one in wanted if one.key not in later}


def _full_calls(
    parts: Sequence[Lookup], *, patient: bool
) -> tuple[Sequence[Lookup], frozenset[str]]:
    """Leave a last call that is not full for the next look, where others go before it."""
    if not patient or not parts[1:] or len(parts[-1].recipients) >= len(parts[0].recipients):
        return parts, frozenset()
    return parts[:-1], frozenset(one.key for one in parts[-1].recipients)


async def _meet_mentioned(works: Sequence[Work], cards: Cards, tools: Tools, gate: Gate) -> None:
    """Look up whom the cards mention and nobody asked about yet; a miss stays a plain name."""
    by_live: dict[Live, set[str]] = {}
    for work in works:
        mentions = cards[key_of(work)].card.mentions
        if mentions and work.live.channel_type.audience is Audience.PERSON:
            by_live.setdefault(work.live, set()).update(mentions)
    for live, keys in by_live.items():
        unknown = await _never_asked(live, keys, tools.store)
        if unknown:
            await _ask_about(live, unknown, tools, gate)


async def _never_asked(live: Live, keys: Iterable[str], store: Store) -> list[str]:
    users = sorted(key for key in keys if key.startswith(USERS))
    row = live.row
    known = await store.read(lambda c: read_bindings(c, row.tenant, row.name, users))
    return [key for key in users if key not in known]


USERS = "user:"
_NOBODY = RecipientError("the channel does not look up recipients of this kind")


async def _ask(part: Lookup, gate: Gate) -> Sequence[Answer]:
    async with gate.call(plan.RESOLVE, part.live):
        return await ask(part)


async def _prepared(
    works: Sequence[Work], cards: Cards, answers: Mapping[str, Answer], tools: Tools
) -> list[Ready]:
    prepared = await tools.preparer.prepare(works, cards)
    ready = []
    for work, one in zip(works, prepared, strict=True):
        identity = answers[work.row.id]
        if isinstance(identity, Identity):
            ready.append(Ready(work, identity, one))
    return ready


def _missed(work: Work, error: RecipientError) -> Settled:
    reason = Reason.UNREACHABLE if error.gone else Reason.NOT_BOUND
    return Settled(work.row, State.FAILED, reason, detail=error.message)
