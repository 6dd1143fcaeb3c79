"""Lark: cards to people and chats, by a custom application of the tenant's own."""

from gateway.plugin import ChannelType, hookimpl

from .channel import channel_type
from .platform import LARK, Platform

__all__ = ["LARK", "Platform", "channel_type", "channel_types"]


@hookimpl
def channel_types() -> list[ChannelType]:
    """Offer Lark."""
    return [channel_type(LARK)]
