"""Finds plugins, fences broken ones, and knows every channel type by name."""

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy
from pydantic import BaseModel

from gateway.card import Card
from gateway.errors import DeliveryError
from gateway.models import Receipt
from gateway.plugin import PROJECT, ChannelType, Hooks, Log

GROUP = "gateway"
SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """One installed plugin, and what is wrong with it where it did not load."""

    name: str
    distribution: str
    version: str
    channel_types: tuple[str, ...] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A channel type and the plugin that offers it."""

    channel_type: ChannelType
    plugin: PluginInfo


class PluginRefusedError(Exception):
    """The plugin loaded, but what it offers cannot be used."""


class Registry:
    """Every plugin that loaded, and a report of those that did not."""

    def __init__(self, manager: pluggy.PluginManager, log: Log) -> None:
        self._manager = manager
        self._log = log
        self.plugins: list[PluginInfo] = []
        self.offers: dict[str, Offer] = {}

    @property
    def broken(self) -> list[PluginInfo]:
        """The plugins that did not load."""
        return [plugin for plugin in self.plugins if plugin.error]

    def rewrite(self, card: Card, channel_type: str) -> Card:
        """Let the plugins change a card before it is rendered; a failing one is passed over."""
        hook = self._manager.hook.rewrite_card
        if not hook.get_hookimpls():
            return card
        try:
            rewritten = hook(card=card, channel_type=channel_type)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a mistake must not stop the card
            self._log.warning("rewrite_card failed", error=repr(error))
            return card
        return rewritten if isinstance(rewritten, Card) else card

    def finished(self, delivery_id: str, outcome: Receipt | DeliveryError) -> None:
        """Tell each observer by itself; what one raises is logged and the next still hears."""
        for hook in self._manager.hook.delivery_finished.get_hookimpls():
            arguments = {"delivery_id": delivery_id, "outcome": outcome}
            try:
                hook.function(*(arguments[name] for name in hook.argnames))
            except (Exception, SystemExit) as error:  # noqa: BLE001 - as above
                self._log.warning(
                    "delivery_finished failed", plugin=hook.plugin_name, error=repr(error)
                )

    def add(self, point: EntryPoint) -> None:
        """Load one plugin inside its own guard; a failure becomes part of the report."""
        try:
            self._accept(point)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - SystemExit at import is a plugin's bug too
            self._refuse(point, error)

    def _accept(self, point: EntryPoint) -> None:
        module = point.load()
        offered = tuple(_offered(module))
        for channel_type in offered:
            self._check(channel_type)
        names = [channel_type.name for channel_type in offered]
        if len(set(names)) < len(names):
            raise PluginRefusedError(f"it offers one name twice: {', '.join(names)}")
        self._manager.register(module, name=point.name)
        self._manager.check_pending()
        info = _info(point, channel_types=tuple(names))
        self.plugins.append(info)
        self.offers.update({offer.name: Offer(offer, info) for offer in offered})

    def _check(self, offered: object) -> None:
        if not isinstance(offered, ChannelType):
            raise PluginRefusedError(f"channel_types offered a {type(offered).__name__}")
        if not SLUG.fullmatch(offered.name):
            raise PluginRefusedError(f"the channel type {offered.name!r} is no slug")
        if offered.name in self.offers:
            holder = self.offers[offered.name].plugin.name
            raise PluginRefusedError(f"the channel type {offered.name} belongs to {holder}")
        missing: frozenset[str] = getattr(offered.channel, "__abstractmethods__", frozenset())
        if missing:
            raise PluginRefusedError(f"{offered.name} lacks {', '.join(sorted(missing))}")
        if not issubclass(offered.credential, BaseModel):
            raise PluginRefusedError(f"{offered.name}: its configuration is no pydantic model")
        secret_fields(offered)  # what cannot be described could be shown in no form and no list

    def _refuse(self, point: EntryPoint, error: BaseException) -> None:
        if self._manager.has_plugin(point.name):
            self._manager.unregister(name=point.name)
        report = f"{type(error).__name__}: {error}"
        self.plugins.append(_info(point, error=report))
        self._log.warning("plugin did not load", plugin=point.name, error=report)


def load(
    log: Log,
    *,
    allowed: frozenset[str] | None = None,
    points: Iterable[EntryPoint] | None = None,
) -> Registry:
    """Load every installed plugin that `allowed` names (all where it is None)."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(Hooks)
    registry = Registry(manager, log)
    found = entry_points(group=GROUP) if points is None else points
    for point in sorted(found, key=lambda point: point.name):
        if allowed is None or point.name in allowed:
            registry.add(point)
    return registry


def secret_fields(channel_type: ChannelType) -> frozenset[str]:
    """Name the configuration fields that are sealed and never shown."""
    return _sealed(channel_type.credential)


@functools.cache
def _sealed(credential: type[BaseModel]) -> frozenset[str]:
    properties: Mapping[str, Any] = credential.model_json_schema()["properties"]
    return frozenset(name for name, schema in properties.items() if _write_only(schema))


def _write_only(schema: Mapping[str, Any]) -> bool:
    return bool(schema.get("writeOnly")) or any(map(_write_only, schema.get("anyOf", ())))


def _offered(module: Any) -> Iterable[ChannelType]:  # noqa: ANN401 - a module of somebody else's
    hook = getattr(module, "channel_types", None)
    return hook() if callable(hook) else ()


def _info(
    point: EntryPoint, *, channel_types: tuple[str, ...] = (), error: str | None = None
) -> PluginInfo:
    distribution = point.dist
    return PluginInfo(
        name=point.name,
        distribution=distribution.name if distribution else "",
        version=distribution.version if distribution else "",
        channel_types=channel_types,
        error=error,
    )
