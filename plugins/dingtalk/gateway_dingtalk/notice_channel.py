"""The channel of a tenant who wants plain messages in Work Notifications."""

from collections.abc import Sequence
from typing import ClassVar

from gateway.plugin import Card, DeliveryError, Identity, Loss, Payload, Receipt

from . import lookup, notice
from .channel import DingTalkChannel


class NoticeChannel(DingTalkChannel):
    """A channel whose plain messages reach people as work notices."""

    batch_limit: ClassVar[int] = 100

    def render(self, card: Card) -> Payload:
        """Write the card for the template, as the chatbot's message, and as a work notice."""
        payload = super().render(card)
        return payload if "robot" not in payload else {**payload, **notice.form(card, payload)}

    def losses(self, card: Card) -> Sequence[Loss]:
        """Return what the template, or the work notice, has no place for."""
        told = super().losses(card)
        by_card = self._has_template and card.has_callbacks
        return told if by_card else (*told, *notice.losses(card))

    def _as_card(self, to: Identity, payload: Payload) -> bool:
        in_chat = to.kind == lookup.CHAT or "notice" not in payload
        return in_chat and super()._as_card(to, payload)

    async def _to_people(
        self, userids: list[str], payload: Payload, key: str, *, batch: bool
    ) -> list[Receipt | DeliveryError]:
        return await self.notices.send(userids, payload, key, batch=batch)
