"""The three hooks: plain functions that return at once. Whatever waits is a method of `Channel`."""

from collections.abc import Iterable
from typing import Protocol

import pluggy

from gateway.card import Card
from gateway.errors import DeliveryError
from gateway.models import Receipt
from gateway.plugin.channel_type import ChannelType

PROJECT = "gateway"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class Hooks(Protocol):
    """Every hook of the gateway."""

    @hookspec
    def channel_types(self) -> Iterable[ChannelType]:
        """Offer channel types. Asked once, at start; a name that is taken is refused."""

    @hookspec(firstresult=True)
    def rewrite_card(self, card: Card, channel_type: str) -> Card | None:
        """Change a card before it is rendered, or return None to leave it alone. No I/O."""

    @hookspec
    def delivery_finished(self, delivery_id: str, outcome: Receipt | DeliveryError) -> None:
        """See how a delivery ended, after it is stored. What this raises is logged, no more."""
