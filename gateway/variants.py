"""The cards of one notification: as it was posted, and as some recipients get it instead."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from gateway.card import CallbackAction, Card


@dataclass(eq=False)
class Content:
    """What a notification says.

    Attributes:
        card: The card that was posted.
        overrides: What the application adds to the payload of single channels.
        variants: The other cards' JSON by key, each made when its first recipient needs it.
    """

    card: Card
    overrides: Mapping[str, Any]
    variants: dict[str, str] = field(default_factory=dict)

    @cached_property
    def text(self) -> str:
        """The posted card as JSON."""
        return self.card.model_dump_json()

    @cached_property
    def key(self) -> str:
        """A key that notifications of equal content share."""
        return self._key_of(self.text)

    def key_for(self, *, mobile_only: bool) -> str:
        """Return the key of the card for a recipient who may only decide on a phone, or not."""
        return self._on_phones if mobile_only and self.card.has_callbacks else self.key

    @cached_property
    def _on_phones(self) -> str:
        return self._variant(on_phones(self.card))

    def _variant(self, card: Card) -> str:
        text = card.model_dump_json()
        key = self._key_of(text)
        if key != self.key:
            self.variants[key] = text
        return key

    def _key_of(self, text: str) -> str:
        if self.overrides:
            text += json.dumps(self.overrides, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def on_phones(card: Card) -> Card:
    """Return the card with every decision left to phones."""
    actions = [
        action.model_copy(update={"mobile_only": True})
        if isinstance(action, CallbackAction)
        else action
        for action in card.actions
    ]
    return card.model_copy(update={"actions": tuple(actions)})
