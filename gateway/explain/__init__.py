"""Why each recipient and channel is where it is: before (dry run) and after, one structure.

Each delivery has the same steps in the same order: `rule` (who named the recipient and which rules
matched), `switch` (the channel, and what holds it), `resolution` (who the recipient is on the
platform), what it waits for (`window`, `preference`, `quota`, `limit`, `circuit`), `grouping`
(which card shows it, or which it shows), each `call`, and a `change` that is on its way.
"""

from typing import Any

from gateway import accepting
from gateway.accepting import Routed
from gateway.card import Card
from gateway.connections import Connections, NotConfiguredError
from gateway.explain.cases import MOST, foresee, read_cases
from gateway.explain.foresight import Foresight
from gateway.explain.telling import explained, rules_told, why
from gateway.facts import FactsReader
from gateway.lanes.mentions import Mentioned, calling, read_mentioned
from gateway.plugin import Clock
from gateway.problems import ProblemError
from gateway.registry import Registry
from gateway.rendering import rendered, unrendered, warnings_of
from gateway.request import NotifyRequest
from gateway.steps import PLAIN
from gateway.store import Store


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
        found = await self._store.read(lambda c: read_cases(c, tenant, notification_id))
        if found is None:
            raise ProblemError("not_found", "there is no such notification")
        row, status, cases = found
        return {
            "notification": row.id,
            "tenant": row.tenant,
            "reason": row.reason,
            "sentence": why(row.reason),
            "status": status,
            "rules": rules_told(row.explain),
            "recipients": [explained(case) for case in cases],
        }

    async def preview(self, tenant: str, request: NotifyRequest) -> dict[str, Any]:
        """Return what would become of `request`: nothing is stored, nobody is called.

        Raises:
            ProblemError: As if it were posted.
        """
        routed = await self._routed(tenant, request)
        cases = await self._store.read(lambda c: foresee(c, tenant, routed.deliveries[:MOST]))
        cases = await Foresight(self._store, self._connections).look(tenant, cases, routed.now)
        answer = accepting.answer_for(routed)
        payloads = await self._payloads(tenant, request, routed)
        return {
            "dry_run": True,
            "tenant": tenant,
            "status": answer["status"],
            "reason": answer["reason"],
            "sentence": why(answer["reason"]),
            "counts": answer["counts"],
            "rules": rules_told(routed.explain),
            "recipients": [explained(case) for case in cases],
            "payloads": payloads,
            "warnings": warnings_of(payloads),
        }

    async def judge(self, tenant: str, request: NotifyRequest) -> dict[str, Any]:
        """Return what the tenant's rules make of `request`, and who would hear of it where.

        Raises:
            ProblemError: As if it were posted.
        """
        routed = await self._routed(tenant, request)
        answer = accepting.answer_for(routed)
        names = ("recipient", "channel", "state", "reason")
        return {
            **{name: answer[name] for name in ("status", "reason", "counts")},
            "rules": rules_told(routed.explain),
            "deliveries": [
                {**{name: one[name] or None for name in names}, **(one["explain"] or PLAIN)}
                for one in routed.deliveries[:MOST]
            ],
        }

    async def _routed(self, tenant: str, request: NotifyRequest) -> Routed:
        facts = await self._facts.read(tenant, request)
        return accepting.route(tenant, request, facts, self._clock.now())

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
