"""Changes cards after they were accepted, and takes them back: what can be done, per delivery."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from gateway.card import Card
from gateway.clock import to_millis
from gateway.ids import new_id
from gateway.models import OPEN_STATES, State
from gateway.plugin import Clock, Recalls, Updates
from gateway.problems import ProblemError
from gateway.reasons import EXPLANATIONS, Explanation, Reason
from gateway.registry import Registry
from gateway.router import Withdrawing
from gateway.store import Store
from gateway.store.amending import (
    RECALL,
    SHOWN,
    UPDATE,
    NewCard,
    Standing,
    When,
    only_on_phones,
    read_standing,
    replace_card,
    take_back,
    wake,
    want,
)
from gateway.store.changes import AllAgain, Retried, all_again, read_overrides
from gateway.store.digests import release_carried
from gateway.store.history import DeliveryFilter
from gateway.store.standing import shard_of
from gateway.variants import Content

WANTED = timedelta(hours=24)
"""How long a change is tried, at least."""

UPDATING = "updating"
RECALLING = "recalling"
SENT_LATER = "sent_later"
CANCELED = "canceled"
UNSUPPORTED = "unsupported"
FAILED = "failed"

CHANNEL_CANNOT = "channel_cannot"
BATCH_MESSAGE = "batch_message"
NO_MESSAGE = "no_message"
# Why a card cannot change, beside the reasons of deliveries.
CANNOT: Mapping[str, Explanation] = {
    CHANNEL_CANNOT: Explanation(
        "The channel cannot change what it has sent.", "该渠道不支持修改已发送的消息。", ""
    ),
    BATCH_MESSAGE: Explanation(
        "It left in one call with others and has no card of its own.",
        "该消息与其他消息批量发送,没有独立的卡片。",
        "",
    ),
    NO_MESSAGE: Explanation("The platform gave no id for the message.", "平台未返回消息 ID。", ""),
}


@dataclass(frozen=True, slots=True)
class Amended:
    """What becomes of one delivery. `reason` is one of the reasons, or of `CANNOT`."""

    delivery: str
    channel: str
    result: str
    reason: str | None = None

    @property
    def explanation(self) -> Explanation | None:
        """The reason in words."""
        if self.reason is None:
            return None
        return CANNOT.get(self.reason) or EXPLANATIONS[Reason(self.reason)]


@dataclass(frozen=True, slots=True)
class Able:
    """Which channel types can change a card, and which can take it back."""

    updates: frozenset[str]
    recalls: frozenset[str]


def judge_update(one: Standing, able: Able) -> Amended:
    """Return what an update does to a delivery."""
    if one.state in OPEN_STATES:
        return Amended(one.id, one.channel, SENT_LATER)
    hindrance = _never_shown(one) or _out_of_reach(one)
    if hindrance is not None:
        return hindrance
    if one.change == RECALL:
        return _cannot(one, Reason.CANCELED)
    if one.batch:
        return _cannot(one, BATCH_MESSAGE)
    if one.channel_type not in able.updates:
        return _cannot(one, CHANNEL_CANNOT)
    return Amended(one.id, one.channel, UPDATING)


def judge_recall(one: Standing, able: Able, too_late: frozenset[str]) -> Amended:
    """Return what a recall does to a delivery; `too_late` are those in the air."""
    if one.state in OPEN_STATES:
        return Amended(one.id, one.channel, RECALLING if one.id in too_late else CANCELED)
    if one.state is State.CANCELED:
        return Amended(one.id, one.channel, CANCELED)
    hindrance = _never_shown(one) or _out_of_reach(one)
    if hindrance is not None:
        return hindrance
    if one.batch and not (one.whole and one.channel_type in able.recalls):
        return _cannot(one, BATCH_MESSAGE)
    if one.channel_type not in able.recalls | able.updates:
        return _cannot(one, CHANNEL_CANNOT)
    return Amended(one.id, one.channel, RECALLING)


def _never_shown(one: Standing) -> Amended | None:
    if one.state in SHOWN:
        return None
    result = UNSUPPORTED if one.state is State.SUPERSEDED else FAILED
    return Amended(one.id, one.channel, result, one.reason)


def _out_of_reach(one: Standing) -> Amended | None:
    if one.lane is None:
        return _cannot(one, Reason.CHANNEL_NOT_CONFIGURED)
    if one.digest:
        return _cannot(one, Reason.DIGESTED)
    return None if one.message_id else _cannot(one, NO_MESSAGE)


def _cannot(one: Standing, reason: str) -> Amended:
    return Amended(one.id, one.channel, UNSUPPORTED, str(reason))


@dataclass(frozen=True, slots=True)
class Amender:
    """Marks what is to change; the lanes make the calls, in order."""

    store: Store
    registry: Registry
    clock: Clock
    wake: Callable[[Iterable[int]], None]
    withdrawing: Withdrawing
    changed: Callable[[], None]

    async def update(self, tenant: str, notification_id: str, card: Card) -> list[Amended]:
        """Replace the card everywhere; whatever has not gone yet goes with the new one.

        Raises:
            ProblemError: The tenant has no such notification.
        """
        when, able = self._when(), self._able()

        def change(connection: Connection) -> tuple[list[Amended], list[str]]:
            overrides = read_overrides(connection, tenant, notification_id)
            if overrides is None:
                raise ProblemError("not_found", "there is no such notification")
            found = read_standing(connection, tenant, notification_id)
            new = _new_card(Content(card, overrides))
            replace_card(connection, tenant, notification_id, new, when.now)
            only_on_phones(connection, found, new)
            judged = [judge_update(one, able) for one in found]
            return judged, _have_changed(connection, tenant, UPDATE, (found, judged), when)

        return await self._done(change)

    async def recall(self, tenant: str, notification_id: str) -> list[Amended]:
        """Cancel what has not gone yet and take back what was sent, or mark it as withdrawn.

        Raises:
            ProblemError: The tenant has no such notification.
        """
        when, able = self._when(), self._able()
        with self.withdrawing(notification_id) as too_late:

            def change(connection: Connection) -> tuple[list[Amended], list[str]]:
                if read_overrides(connection, tenant, notification_id) is None:
                    raise ProblemError("not_found", "there is no such notification")
                found = read_standing(connection, tenant, notification_id)
                judged = [judge_recall(one, able, too_late) for one in found]
                take_back(connection, [o for o in found if o.state in OPEN_STATES], when.now)
                freed = release_carried(connection, [notification_id], when.now, too_late)
                wake(connection, tenant, freed, when.now)
                lanes = _have_changed(connection, tenant, RECALL, (found, judged), when)
                return judged, [*lanes, *freed]

            return await self._done(change)

    async def retry(self, tenant: str, wanted: DeliveryFilter, limit: int) -> Retried:
        """Try ended deliveries again, the oldest first, at most `limit` of them at once."""
        now = self.clock.now()
        what = AllAgain(
            tenant,
            wanted,
            [new_id("dlv", now) for _ in range(limit)],
            to_millis(now),
            to_millis(now + WANTED),
        )
        done = await self.store.write(lambda c: all_again(c, what))
        self.wake({shard_of(key) for key in done.lanes})
        self.changed()
        return done

    async def _done(
        self, change: Callable[[Connection], tuple[list[Amended], list[str]]]
    ) -> list[Amended]:
        judged, lanes = await self.store.write(change)
        self.wake({shard_of(key) for key in lanes})
        self.changed()
        return judged

    def _when(self) -> When:
        now = self.clock.now()
        return When(to_millis(now), to_millis(now + WANTED))

    def _able(self) -> Able:
        kinds = {name: offer.channel_type.channel for name, offer in self.registry.offers.items()}
        return Able(
            frozenset(name for name, kind in kinds.items() if issubclass(kind, Updates)),
            frozenset(name for name, kind in kinds.items() if issubclass(kind, Recalls)),
        )


def _new_card(content: Content) -> NewCard:
    on_phones = content.key_for(mobile_only=True)
    stateless = not content.card.has_callbacks
    return NewCard(content.text, content.key, on_phones, content.variants, stateless)


def _have_changed(
    connection: Connection,
    tenant: str,
    change: str,
    found: tuple[Sequence[Standing], Sequence[Amended]],
    when: When,
) -> list[str]:
    """Mark the sent ones that can change, and return the lanes that have to do it."""
    sent = [
        one
        for one, its in zip(*found, strict=True)
        if one.state in SHOWN and its.result in {UPDATING, RECALLING}
    ]
    fresh = [one for one in sent if one.change != RECALL]
    want(connection, change, fresh, when)
    lanes = sorted({one.lane for one in fresh if one.lane})
    wake(connection, tenant, lanes, when.now)
    return lanes
