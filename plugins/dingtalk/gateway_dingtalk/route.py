"""The address to which the platform reports button presses ("Register a card callback address").

A card names its address by a key, and the platform refuses a card whose key it does not know. So
the first card with buttons registers the address while the others wait for it; where that fails,
cards go without it for a while, and say so.
"""

import asyncio
import base64
import contextlib
import hashlib
import hmac
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx

from gateway.plugin import Clock, ContentError, CredentialError, DeliveryError

from .client import Client

REGISTER = "/v1.0/card/callbacks/register"
REMEMBERED = timedelta(minutes=5)
LONGEST_SECONDS = 3.0
"""For registering: the card itself still has to go out in the same attempt."""
NAMED = "callbackRouteKey"
"""What every refusal of an address that is not registered names."""


class Route:
    """One channel's address for button presses.

    Args:
        client: Registers it.
        clock: The time.
        url: The address; None where the gateway has none.
    """

    def __init__(self, client: Client, clock: Clock, url: str | None) -> None:
        self._client = client
        self._clock = clock
        self._url = url
        self._registering = asyncio.Lock()
        self._registered = False
        self._not_before = clock.now()

    @property
    def key(self) -> str:
        """The address's name: one of its own, so that no other gateway can take it over."""
        return f"gateway.{hashlib.sha256((self._url or '').encode()).hexdigest()[:32]}"

    @property
    def secret(self) -> str:
        """What signs the presses: only who knows the application's secret can tell it."""
        known = self._client.application.secret.encode()
        digest = hmac.digest(known, f"card presses of {self.key}".encode(), "sha256")
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    async def named(self) -> Mapping[str, Any]:
        """Return what a card says of its address, which is nothing while it is not registered."""
        if self._url is not None and not self._registered:
            async with self._registering:
                await self._register(self._url)
        return {"callbackType": "HTTP", NAMED: self.key} if self._registered else {}

    def forget(self) -> None:
        """Take the address for not registered, for a while."""
        self._registered = False
        self._not_before = self._clock.now() + REMEMBERED

    async def _register(self, url: str) -> None:
        if self._registered or self._clock.now() < self._not_before:
            return
        self.forget()
        body = {NAMED: self.key, "callbackUrl": url, "apiSecret": self.secret, "forceUpdate": True}
        with contextlib.suppress(DeliveryError, httpx.HTTPError, TimeoutError):
            async with asyncio.timeout(LONGEST_SECONDS):
                answer = await self._client.post(REGISTER, body, purpose="callbacks")
            answer.succeeded()
            self._registered = True


def about_address(error: ContentError | CredentialError) -> bool:
    """Tell whether a card was refused because its address is not registered."""
    return NAMED in f"{error.provider_code} {error.message}"
