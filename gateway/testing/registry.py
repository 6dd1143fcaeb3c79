"""A registry of given channel types, without entry points."""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pluggy
import structlog

from gateway.plugin import PROJECT, ChannelType, Hooks
from gateway.registry import Offer, PluginInfo, Registry


def registry_of(*channel_types: ChannelType, hooks: Iterable[object] = ()) -> Registry:
    """Return a registry that offers `channel_types`, with `hooks` registered as plugins."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(Hooks)
    for hook in hooks:
        manager.register(hook)
    registry = Registry(manager, structlog.get_logger("test"))
    info = PluginInfo("test", "test", "0", tuple(offered.name for offered in channel_types))
    registry.plugins.append(info)
    registry.offers.update({offered.name: Offer(offered, info) for offered in channel_types})
    return registry


def module(**members: Any) -> SimpleNamespace:  # noqa: ANN401 - whatever a plugin module may hold
    """Return something that a plugin's module could be."""
    return SimpleNamespace(**members)
