"""DingTalk: cards to people and groups, by an organisation's internal application."""

from gateway.plugin import ChannelType, hookimpl

from .editions import EDITIONS, EXCLUSIVE, STANDARD, Edition
from .offer import channel_type

__all__ = ["EDITIONS", "EXCLUSIVE", "STANDARD", "Edition", "channel_type", "channel_types"]


@hookimpl
def channel_types() -> list[ChannelType]:
    """Offer both editions."""
    return [channel_type(edition) for edition in EDITIONS]
