"""Shows what a template becomes on every channel type: nothing is stored, nobody is called."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from gateway.card import Card
from gateway.connections import Connections, NotConfiguredError
from gateway.fence import PluginFault
from gateway.plugin import ChannelType, Clock
from gateway.problems import ProblemError
from gateway.registry import Offer, Registry
from gateway.rendering import Rendered, example_of, rendered, unrendered, warnings_of
from gateway.store import Store
from gateway.store.channels import ChannelRow, list_channels
from gateway.store.templates import TemplateRow, read_template
from gateway.template import DEFAULT, problem_of, template_of
from gateway.template.cards import TemplateFaultError
from gateway.tenants import known_tenant

NO_EXAMPLE = "The tenant has no channel of this type, and the type has no example of one."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be shown: a version of a template, in a language, with data.

    Attributes:
        locale: A recipient's; None: one without, who gets the tenant's.
        version: None: the one in use.
    """

    data: Mapping[str, Any]
    locale: str | None = None
    version: int | None = None


class Previews:
    """Fills templates for their authors to see."""

    def __init__(
        self, store: Store, registry: Registry, connections: Connections, clock: Clock
    ) -> None:
        self._store = store
        self._registry = registry
        self._connections = connections
        self._clock = clock

    async def preview(self, tenant: str, name: str, wanted: Wanted) -> dict[str, Any]:
        """Return the card, and its payload on each of the tenant's channels and other types.

        Raises:
            ProblemError: There is no such template, or the data makes no card of it.
        """
        row, own_locale, channels = await self._store.read(
            lambda c: _read(c, tenant, name, wanted.version)
        )
        locale, card = _filled(row, wanted, own_locale)
        payloads = [await self._on_channel(each, card) for each in channels]
        types = {channel.type for channel in channels}
        payloads += self._on_others(card, (o for n, o in self._offers() if n not in types))
        return {
            "template": row.name,
            "version": row.version,
            "locale": locale,
            "card": card.model_dump(mode="json"),
            "payloads": payloads,
            "warnings": warnings_of(payloads),
        }

    def _offers(self) -> Iterable[tuple[str, Offer]]:
        return sorted(self._registry.offers.items())

    async def _on_channel(self, row: ChannelRow, card: Card) -> Rendered:
        place = {"type": row.type, "channel": row.name}
        try:
            live = await self._connections.live(row.tenant, row.name)
        except NotConfiguredError as error:
            return {**place, **unrendered(str(error))}
        return {**place, **rendered(live.channel, row.type, card, self._registry)}

    def _on_others(self, card: Card, offers: Iterable[Offer]) -> Iterable[Rendered]:
        for offer in offers:
            kind = offer.channel_type
            yield {"type": kind.name, "channel": None, **self._on_nobodys(kind, card)}

    def _on_nobodys(self, kind: ChannelType, card: Card) -> Rendered:
        try:
            channel = example_of(kind, self._clock)
        except PluginFault as error:
            return unrendered(str(error))
        if channel is None:
            return unrendered(NO_EXAMPLE)
        return rendered(channel, kind.name, card, self._registry)


def _read(
    connection: Connection, tenant: str, name: str, version: int | None
) -> tuple[TemplateRow, str, list[ChannelRow]]:
    locale = known_tenant(connection, tenant).locale
    row = read_template(connection, tenant, name, version)
    if row is None:
        raise ProblemError("not_found", "the tenant has no such template, or no such version of it")
    return row, locale, list_channels(connection, tenant)


def _filled(row: TemplateRow, wanted: Wanted, own: str) -> tuple[str | None, Card]:
    try:
        template = template_of(row.name, row.version, row.card, row.locales, row.variables)
        template.check(wanted.data)
        locale = template.locale_for(wanted.locale, own)
        return None if locale == DEFAULT else locale, template.card(locale, wanted.data)
    except TemplateFaultError as error:
        raise problem_of(error) from None
