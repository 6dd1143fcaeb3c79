"""Follows the deliveries of one notification until they end."""

import asyncio
from collections.abc import Awaitable, Callable

from gateway.cli.posting import Gateway
from gateway.cli.told import ENDED, Told

TIMEOUT_SECONDS = 60.0
PAUSES = (0.05, 0.1, 0.2, 0.4)
LAST_PAUSE = 1.0
Sleep = Callable[[float], Awaitable[None]]


async def follow(
    gateway: Gateway, notification_id: str, patience: float, sleep: Sleep = asyncio.sleep
) -> Told:
    """Ask until every delivery has ended or `patience` seconds have been slept."""
    asked, slept = 0, 0.0
    while True:
        told = await _ask(gateway, notification_id)
        if _ended(told) or slept >= patience:
            return told
        pause = min(PAUSES[asked] if asked < len(PAUSES) else LAST_PAUSE, patience - slept)
        asked, slept = asked + 1, slept + pause
        await sleep(pause)


async def _ask(gateway: Gateway, notification_id: str) -> Told:
    notification = await gateway.get(f"/v1/notifications/{notification_id}")
    deliveries = await gateway.every("/v1/deliveries", notification=notification_id)
    return {"notification": notification, "deliveries": deliveries}


def _ended(told: Told) -> bool:
    return all(delivery["state"] in ENDED for delivery in told["deliveries"])
