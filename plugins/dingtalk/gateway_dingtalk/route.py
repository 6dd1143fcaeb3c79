"""Whether the address for button presses is registered ("Register a card callback address").

The platform refuses a card that names an address it does not know, and no API tells beforehand.
So the first card with buttons finds out, while the others wait for it; a refusal is remembered
for a while, in which cards go without the address: one call for each, as the pace expects.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from gateway.plugin import Clock, ContentError, CredentialError

from .client import Answer

REMEMBERED = timedelta(minutes=5)
NAMED = "callbackRouteKey"
"""What every refusal of an address that is not registered names."""

Send = Callable[[bool], Awaitable[Answer]]


class Route:
    """What is known of one channel's address.

    Args:
        clock: The time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._finding_out = asyncio.Lock()
        self._registered = False
        self._ask_again: datetime | None = None

    async def send(self, send: Send) -> tuple[Answer, bool]:
        """Send a card, with the address if it is registered, and tell whether it was.

        Args:
            send: Sends the card; its argument tells whether to name the address.
        """
        if self._registered:
            return await self._try(send)
        async with self._finding_out:
            if self._unknown():
                return await self._try(send)
        return await self._go(send)

    def registered(self) -> None:
        """Remember that the platform knows the address."""
        self._registered = True

    def _unknown(self) -> bool:
        now = self._clock.now()
        return not self._registered and (self._ask_again is None or now >= self._ask_again)

    async def _go(self, send: Send) -> tuple[Answer, bool]:
        if self._registered:
            return await self._try(send)
        return await send(False), False  # noqa: FBT003 - what `Send` says

    async def _try(self, send: Send) -> tuple[Answer, bool]:
        try:
            answer = await send(True)  # noqa: FBT003 - what `Send` says
        except (ContentError, CredentialError) as error:
            if NAMED not in f"{error.provider_code} {error.message}":
                raise
            self._registered = False
            self._ask_again = self._clock.now() + REMEMBERED
            return await send(False), False  # noqa: FBT003 - what `Send` says
        self._registered = True
        return answer, True
