"""Groups without an application: robots of Lark, Feishu and DingTalk, and signed webhooks."""

import functools
from dataclasses import replace

from gateway.plugin import ChannelType, hookimpl

from . import webhook
from .detect import config_in, detect, masked
from .robot import Robot, channel_type
from .robots import ROBOTS

__all__ = ["channel_types", "detect", "masked"]


@hookimpl
def channel_types() -> list[ChannelType]:
    """Offer a robot for each brand, and the webhook."""
    return [*map(_recognised, ROBOTS), webhook.channel_type()]


def _recognised(robot: Robot) -> ChannelType:
    """Return a robot's channel type, which knows its own addresses when they are pasted."""
    return replace(channel_type(robot), detect=functools.partial(config_in, robot.name))
