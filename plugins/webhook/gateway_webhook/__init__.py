"""Groups without an application: robots of Lark, Feishu and DingTalk, and signed webhooks."""

from gateway.plugin import ChannelType, hookimpl

from . import webhook
from .detect import detect, masked
from .robot import channel_type
from .robots import ROBOTS

__all__ = ["channel_types", "detect", "masked"]


@hookimpl
def channel_types() -> list[ChannelType]:
    """Offer a robot for each brand, and the webhook."""
    return [*map(channel_type, ROBOTS), webhook.channel_type()]
