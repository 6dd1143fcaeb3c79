"""Why each recipient and channel is where it is: before (dry run) and after, one structure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from gateway import accepting
from gateway.accepting import Routed
from gateway.card import Card
from gateway.clock import rfc3339
from gateway.connections import Connections, NotConfiguredError
from gateway.facts import FactsReader
from gateway.lanes.mentions import Mentioned, calling, read_mentioned
from gateway.models import State
from gateway.plugin import Clock
from gateway.problems import ProblemError
from gateway.reasons import EXPLANATIONS, Reason
from gateway.registry import Registry
from gateway.rendering import rendered, unrendered, warnings_of
from gateway.request import NotifyRequest
from gateway.steps import (
    PLAIN,
    Sentence,
    call_sentence,
    change_steps,
    grouping_steps,
    judged,
    rule_step,
    sentence,
)
from gateway.store import Store
from gateway.store.bindings import BindingRow, read_bindings
from gateway.store.channels import ChannelRow, read_channel
from gateway.store.digests import read_carried
from gateway.store.history import (
    AttemptRow,
    DeliveryFilter,
    DeliveryRow,
    NotificationRow,
    Page,
    list_attempts,
    list_deliveries,
    read_notification,
    roll_up,
    settled_states,
)

MOST = 200
_STATES = {
    State.QUEUED: ("It waits for its turn.", "正在排队等待发送。"),
    State.SENT: ("The platform accepted it.", "平台已接收。"),
    State.DELIVERED: ("The platform confirmed its arrival.", "平台已确认送达。"),
}
_HOLDS: Mapping[str, str] = {
    Reason.USER_WINDOW: "window",
    Reason.QUIET_HOURS: "window",
    Reason.SCHEDULED: "window",
    Reason.PREFERENCE: "preference",
    Reason.QUOTA_EXHAUSTED: "quota",
    Reason.RATE_LIMITED: "limit",
    Reason.CIRCUIT_OPEN: "circuit",
}


@dataclass(frozen=True, slots=True)
class _Case:
    """One delivery and everything that bears on it."""

    delivery: Mapping[str, Any]
    channel: ChannelRow | None
    binding: BindingRow | None
    attempts: Sequence[AttemptRow] = ()
    carries: Sequence[str] = ()


class Explainer:
    """Reads the record of decisions; decides nothing itself."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        facts: FactsReader,
        connections: Connections,
        registry: Registry,
    ) -> None:
        self._store = store
        self._clock = clock
        self._facts = facts
        self._connections = connections
        self._registry = registry

    async def explain(self, tenant: str, notification_id: str) -> dict[str, Any]:
        """Return, for the first 200 deliveries, which decision led where.

        Raises:
            ProblemError: There is no such notification.
        """
        found = await self._store.read(lambda c: _read(c, tenant, notification_id))
        if found is None:
            raise ProblemError("not_found", "there is no such notification")
        row, status, cases = found
        return {
            "notification": row.id,
            "tenant": row.tenant,
            "reason": row.reason,
            "sentence": _why(row.reason),
            "status": status,
            "rules": _rules(row.explain),
            "recipients": [_explained(case) for case in cases],
        }

    async def preview(self, tenant: str, request: NotifyRequest) -> dict[str, Any]:
        """Return what would become of `request`: nothing is stored, nobody is called.

        Raises:
            ProblemError: As if it were posted.
        """
        facts = await self._facts.read(tenant, request)
        routed = accepting.route(tenant, request, facts, self._clock.now())
        cases = await self._store.read(lambda c: _foresee(c, tenant, routed.deliveries[:MOST]))
        answer = accepting.answer_for(routed)
        payloads = await self._payloads(tenant, request, routed)
        return {
            "dry_run": True,
            "tenant": tenant,
            "status": answer["status"],
            "reason": answer["reason"],
            "sentence": _why(answer["reason"]),
            "counts": answer["counts"],
            "rules": _rules(routed.explain),
            "recipients": [_explained(case) for case in cases],
            "payloads": payloads,
            "warnings": warnings_of(payloads),
        }

    async def judge(self, tenant: str, request: NotifyRequest) -> dict[str, Any]:
        """Return what the tenant's rules make of `request`, and who would hear of it where.

        Raises:
            ProblemError: As if it were posted.
        """
        facts = await self._facts.read(tenant, request)
        routed = accepting.route(tenant, request, facts, self._clock.now())
        answer = accepting.answer_for(routed)
        names = ("recipient", "channel", "state", "reason")
        return {
            **{name: answer[name] for name in ("status", "reason", "counts")},
            "rules": _rules(routed.explain),
            "deliveries": [
                {**{name: one[name] or None for name in names}, **(one["explain"] or PLAIN)}
                for one in routed.deliveries[:MOST]
            ],
        }

    async def _payloads(
        self, tenant: str, request: NotifyRequest, routed: Routed
    ) -> list[dict[str, Any]]:
        """Return each of the notification's cards as each channel would get it."""
        cards = {routed.card_key: routed.card, **(routed.variants or {})}
        places = dict.fromkeys((d["channel"], d["card_key"]) for d in routed.deliveries)
        return [
            {
                "channel": channel,
                "locale": routed.locales.get(key),
                **await self._payload((tenant, channel), cards[key], request),
            }
            for channel, key in places
            if channel
        ]

    async def _payload(
        self, place: tuple[str, str], text: str, request: NotifyRequest
    ) -> dict[str, Any]:
        try:
            live = await self._connections.live(*place)
        except NotConfiguredError as error:
            return unrendered(str(error))
        card, overrides = Card.model_validate_json(text), request.overrides.get(place[1])
        wanted = Mentioned(live, card.mentions)
        known = await self._store.read(lambda c: read_mentioned(c, wanted)) if wanted.keys else {}
        shown = calling(card, known)
        return rendered(live.channel, live.channel_type.name, shown, self._registry, overrides)


def _read(
    connection: Connection, tenant: str, notification_id: str
) -> tuple[NotificationRow, str, list[_Case]] | None:
    row = read_notification(connection, tenant, notification_id)
    if row is None:
        return None
    wanted = DeliveryFilter(notification=notification_id)
    deliveries = list_deliveries(connection, Page(tenant, MOST), wanted)
    known = _known(connection, tenant, [(d.channel, d.recipient) for d in deliveries])
    carried = read_carried(connection, [d.id for d in deliveries])
    status = roll_up(settled_states(connection, [row.id])[row.id])
    return (
        row,
        status,
        [
            _Case(
                _fields(d),
                *known[d.channel, d.recipient],
                list_attempts(connection, d.id),
                carried.get(d.id, ()),
            )
            for d in reversed(deliveries)
        ],
    )


def _foresee(
    connection: Connection, tenant: str, deliveries: Sequence[Mapping[str, Any]]
) -> list[_Case]:
    known = _known(connection, tenant, [(d["channel"], d["recipient"]) for d in deliveries])
    return [
        _Case({**d, "id": None, "attempts": 0}, *known[d["channel"], d["recipient"]])
        for d in deliveries
    ]


def _known(
    connection: Connection, tenant: str, pairs: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], tuple[ChannelRow | None, BindingRow | None]]:
    by_channel: dict[str, list[str]] = {}
    for channel, recipient in pairs:
        by_channel.setdefault(channel, []).append(recipient)
    known: dict[tuple[str, str], tuple[ChannelRow | None, BindingRow | None]] = {}
    for channel, recipients in by_channel.items():
        row = read_channel(connection, tenant, channel)
        bindings = read_bindings(connection, tenant, channel, recipients)
        known |= {(channel, one): (row, bindings.get(one)) for one in recipients}
    return known


def _fields(row: DeliveryRow) -> dict[str, Any]:
    names = (
        "id",
        "recipient",
        "channel",
        "state",
        "reason",
        "detail",
        "attempts",
        "due",
        "carried_by",
        "change",
        "explain",
    )
    return {name: getattr(row, name) for name in names}


def _explained(case: _Case) -> dict[str, Any]:
    delivery = case.delivery
    return {
        "delivery": delivery["id"],
        "recipient": delivery["recipient"],
        "channel": delivery["channel"] or None,
        "state": delivery["state"],
        "reason": delivery["reason"],
        "detail": delivery.get("detail"),
        **_sentence(State(delivery["state"]), delivery["reason"]),
        "steps": [
            rule_step(delivery.get("explain"), delivery["reason"]),
            *map(_with_sentence, [_switch(case.channel), _resolution(delivery, case.binding)]),
            *_waiting(delivery),
            *grouping_steps(delivery["state"], delivery.get("carried_by"), case.carries),
            *_calls(case),
            *change_steps(delivery["state"], delivery.get("change")),
        ],
    }


def _sentence(state: State, reason: str | None) -> dict[str, Any]:
    if reason is None:
        en, zh_cn = _STATES.get(state, ("", ""))
        return {"sentence": {"en": en, "zh-CN": zh_cn}, "fix": None}
    told = EXPLANATIONS[Reason(reason)]
    return {"sentence": {"en": told.en, "zh-CN": told.zh_cn}, "fix": told.fix}


def _why(reason: str | None) -> Sentence | None:
    return sentence("notification", reason) if reason else None


def _rules(explain: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    return [judged(rule) for rule in explain["rules"]] if explain else []


def _with_sentence(step: dict[str, Any]) -> dict[str, Any]:
    return {**step, "sentence": sentence(step["step"], str(step["result"]))}


def _waiting(delivery: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return which window, quota or switch holds or stopped it."""
    kind = _HOLDS.get(delivery["reason"] or "")
    if kind is None:
        return []
    step = {"step": kind, "result": delivery["reason"], "detail": delivery.get("detail")}
    return [_with_sentence({**step, "until": rfc3339(delivery.get("due"))})]


def _switch(channel: ChannelRow | None) -> dict[str, Any]:
    if channel is None:
        return {"step": "switch", "result": "no_channel", "detail": None}
    held = channel.hold_reason if channel.enabled else None
    result = held or ("enabled" if channel.enabled else "disabled")
    return {
        "step": "switch",
        "result": result,
        "detail": channel.hold_detail,
        "until": rfc3339(channel.hold_until),
    }


def _resolution(delivery: Mapping[str, Any], binding: BindingRow | None) -> dict[str, Any]:
    step: dict[str, Any] = {"step": "resolution", "identity": None}
    if binding is None:
        pending = "it will be looked up" if delivery["reason"] is None else None
        return {**step, "result": "open", "detail": pending}
    if binding.unbound:
        return {**step, "result": "unbound", "since": rfc3339(binding.since)}
    if binding.identity is None:
        until = rfc3339(binding.miss_until)
        return {**step, "result": "not_found", "detail": binding.miss_reason, "until": until}
    return {
        **step,
        "result": "stale" if binding.stale_since else binding.method,
        "detail": binding.stale_reason,
        "since": rfc3339(binding.since),
        "identity": {"kind": binding.identity_kind, "id": binding.identity},
    }


def _calls(case: _Case) -> list[dict[str, Any]]:
    return [
        {
            "step": "call",
            "purpose": attempt.purpose,
            "result": attempt.error or "accepted",
            "sentence": call_sentence(attempt.purpose, attempt.error or "accepted"),
            "detail": attempt.sentence,
            "call": attempt.call,
            "attempt": attempt.number,
            "at": rfc3339(attempt.started),
            "provider_code": attempt.provider_code,
            "fix_url": attempt.fix_url,
            "next_try": rfc3339(attempt.next_try),
        }
        for attempt in case.attempts
    ]
