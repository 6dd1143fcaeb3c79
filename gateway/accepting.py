"""What an accepted notification becomes: rows and an answer. Pure but for new ids."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from gateway.clock import from_millis, to_millis
from gateway.firsts import first_only
from gateway.ids import new_id
from gateway.models import State
from gateway.naming import Known, check_channel, check_mentions, check_named
from gateway.preferences import allows, quiet_text
from gateway.problems import invalid
from gateway.reasons import Reason
from gateway.request import MAX_RECIPIENTS, NotifyRequest
from gateway.rules import Facts, Pair, PersonFacts, concern, concerned, expanded
from gateway.store.accept import Acceptance, OnceKey
from gateway.store.standing import lane_row
from gateway.verdicts import told
from gateway.wording import Contents

FURTHEST = timedelta(days=90)
LIFETIME = timedelta(hours=24)
REMEMBERED = timedelta(hours=24)
LISTED = 100
_APART = frozenset({"tenant", "card", "to", "dry_run", "idempotency_key"})


@dataclass(frozen=True, slots=True)
class Routed:
    """A notification as it is about to be stored. Times are UTC milliseconds."""

    id: str
    tenant: str
    now: int
    due: int
    expires: int
    card: str
    card_key: str
    variants: Mapping[str, str] | None
    locales: Mapping[str, str | None]
    source: Mapping[str, Any]
    reason: Reason | None
    explain: Mapping[str, Any] | None
    deliveries: Sequence[dict[str, Any]]
    lanes: Sequence[dict[str, object]]


def route(tenant: str, request: NotifyRequest, facts: Facts, now: datetime) -> Routed:
    """Decide what a notification becomes.

    Raises:
        ProblemError: It names what the tenant does not have, or its times make no sense.
    """
    check(request, facts)
    due, expires = _times(request, now)
    contents = Contents(request, facts)
    contents.check()
    draft = _Draft(
        tenant,
        request,
        facts,
        contents,
        new_id("ntf", now),
        now,
        to_millis(due),
        to_millis(expires),
    )
    deliveries = _deliveries(draft)
    lanes = {d["lane"] for d in deliveries if d["due"] is not None}
    return Routed(
        id=draft.id,
        tenant=tenant,
        now=to_millis(now),
        due=draft.due,
        expires=draft.expires,
        card=contents.main.text,
        card_key=contents.main.key,
        variants=contents.variants,
        locales=contents.locales,
        source=contents.source,
        reason=_why_nobody(request, facts, heard=bool(deliveries)),
        explain=told(facts.verdicts),
        deliveries=deliveries,
        lanes=[lane_row(key, tenant, draft.due) for key in sorted(lanes)],
    )


@dataclass(frozen=True, slots=True)
class _Draft:
    tenant: str
    request: NotifyRequest
    facts: Facts
    contents: Contents
    id: str
    now: datetime
    due: int
    expires: int

    def in_common(self) -> dict[str, Any]:
        """Return what every delivery has alike."""
        now = to_millis(self.now)
        return {
            "tenant": self.tenant,
            "notification": self.id,
            "type": self.request.type,
            "priority": int(self.request.urgency),
            "expires": self.expires,
            "digest_key": self.request.digest_key,
            "collapse_key": self.request.collapse_key,
            "fallback": None,
            "created": now,
            "updated": now,
        }


def _why_nobody(request: NotifyRequest, facts: Facts, *, heard: bool) -> Reason | None:
    """Return why nobody hears of it, where that is so."""
    if facts.stopped:
        return Reason.RULE_DISABLED
    if heard:
        return None
    unmatched = facts.verdicts and not any(verdict.matches for verdict in facts.verdicts)
    return Reason.NO_MATCHING_RULE if unmatched and not request.to else Reason.NO_RECIPIENTS


def check(request: NotifyRequest, facts: Facts) -> None:
    """Refuse what names something that is not there.

    Raises:
        ProblemError: With the field and a sentence.
    """
    known = Known(facts.channels, facts.topics)
    for index, name in enumerate(request.routing.channels or ()):
        check_channel(["body", "routing", "channels", index], name, known)
    for index, to in enumerate(request.to):
        check_named(["body", "to", index], to, known)
    _check_many(request, facts)
    if request.card is not None:
        check_mentions(["body", "card"], request.card)
    for name in request.overrides:
        check_channel(["body", "overrides", name], name, known)


def _check_many(request: NotifyRequest, facts: Facts) -> None:
    if not facts.topics:
        return  # nobody but those in the body, which are few enough
    if sum(1 for _ in expanded(request.to, facts.topics)) > MAX_RECIPIENTS:
        raise invalid(["body", "to"], f"topics expanded, `to` has more than {MAX_RECIPIENTS}")
    added = [to for rule in concerned(facts.verdicts) for to in rule.recipients]
    if sum(1 for _ in expanded(added, facts.topics)) > MAX_RECIPIENTS:
        raise invalid(["body"], f"the matching rules add more than {MAX_RECIPIENTS} recipients")


def _times(request: NotifyRequest, now: datetime) -> tuple[datetime, datetime]:
    due = max(request.send_at, now) if request.send_at else now
    if due > now + FURTHEST:
        raise invalid(["body", "send_at"], "send_at is at most 90 days ahead")
    expires = request.expires_at or due + LIFETIME
    if expires <= now:
        raise invalid(["body", "expires_at"], "expires_at is in the past")
    if expires <= due:
        raise invalid(["body", "expires_at"], "expires_at is not after send_at")
    return due, expires


def _deliveries(draft: _Draft) -> list[dict[str, Any]]:
    common = draft.in_common()
    every = [{**common, **_delivery(draft, pair)} for pair in concern(draft.request, draft.facts)]
    return first_only(every) if draft.request.routing.method == "first" else every


def _delivery(draft: _Draft, pair: Pair) -> dict[str, Any]:
    person = draft.facts.person(pair.recipient)
    scheduled = draft.due > to_millis(draft.now)
    state, reason = _beginning(pair.reason or _unwanted(draft, pair, person), scheduled=scheduled)
    channel = pair.channel
    return {
        "id": new_id("dlv", draft.now),
        "recipient": pair.recipient.key,
        "channel": channel.name if channel else "",
        "lane": channel.lane if channel else "",
        "state": state.value,
        "reason": reason.value if reason else None,
        "due": None if state is State.SUPPRESSED else draft.due,
        **_card(draft, pair),
        "window_seconds": pair.because.window_seconds,
        "quiet": quiet_text(person.preferences, person.time_zone or draft.facts.time_zone),
        "explain": pair.because.told,
    }


def _card(draft: _Draft, pair: Pair) -> dict[str, Any]:
    """Return which of the notification's cards this recipient gets.

    It is stateless where it stays as it is: nobody decides on it, and none takes its place.
    """
    content = draft.contents.for_recipient(pair.recipient)
    return {
        "card_key": content.key_for(mobile_only=pair.because.mobile_only),
        "stateless": draft.request.collapse_key is None and not content.card.has_callbacks,
    }


def _unwanted(draft: _Draft, pair: Pair, person: PersonFacts) -> Reason | None:
    """Return that the person does not want this kind of notification on this channel."""
    if pair.channel is None:
        return None
    wanted = allows(person.preferences, draft.request.type, pair.channel.name)
    return None if wanted else Reason.PREFERENCE


def _beginning(reason: Reason | None, *, scheduled: bool) -> tuple[State, Reason | None]:
    if reason is not None:
        return State.SUPPRESSED, reason
    return (State.HELD, Reason.SCHEDULED) if scheduled else (State.QUEUED, None)


def acceptance(request: NotifyRequest, routed: Routed, once: OnceKey | None) -> Acceptance:
    """Return the rows of one accepted notification."""
    row: dict[str, Any] = {
        "id": routed.id,
        "tenant": routed.tenant,
        "type": request.type,
        "body": {**body_of(request), **routed.source},
        "card": routed.card,
        "card_key": routed.card_key,
        "variants": routed.variants,
        "priority": int(request.urgency),
        "reason": routed.reason.value if routed.reason else None,
        "explain": routed.explain,
        "warnings": [],
        "recipients": _recipients(routed),
        "cancellation_key": request.cancellation_key,
        "created": routed.now,
        "due": routed.due,
        "expires": routed.expires,
    }
    return Acceptance(routed.now, row, routed.deliveries, routed.lanes, once)


def body_of(request: NotifyRequest) -> dict[str, Any]:
    """Return what is kept of a request besides its card and recipients."""
    return request.model_dump(mode="json", exclude=set(_APART), exclude_defaults=True)


def answer_for(routed: Routed) -> dict[str, Any]:
    """Return the 202's body."""
    suppressed = sum(d["state"] == State.SUPPRESSED for d in routed.deliveries)
    path = f"/v1/notifications/{routed.id}"
    return {
        "id": routed.id,
        "status": _status(routed, suppressed),
        "reason": routed.reason.value if routed.reason else None,
        "tenant": routed.tenant,
        "counts": {
            "recipients": _recipients(routed),
            "deliveries": len(routed.deliveries),
            "suppressed": suppressed,
        },
        "deliveries": [_listed(d) for d in routed.deliveries[:LISTED]],
        "links": {"self": path, "explain": f"{path}/explain"},
        "warnings": [],
    }


def once_key(routed: Routed, key: str | None, digest: str, answer: str) -> OnceKey | None:
    """Return what to remember of an idempotency key."""
    if key is None:
        return None
    expires = to_millis(from_millis(routed.now) + REMEMBERED)
    return OnceKey(routed.tenant, key, digest, answer, expires)


def _status(routed: Routed, suppressed: int) -> str:
    return "suppressed" if suppressed == len(routed.deliveries) else "accepted"


def _recipients(routed: Routed) -> int:
    return len({delivery["recipient"] for delivery in routed.deliveries})


def _listed(delivery: dict[str, Any]) -> dict[str, Any]:
    names = ("id", "recipient", "channel", "state", "reason")
    return {name: delivery[name] or None for name in names}
