"""One event as the receiver got it, and as the page shows it."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Received:
    """One post, whether it was genuine or not.

    Attributes:
        refusal: Why it was not believed; empty where its signature is right.
        repeat: Whether an event with the same id came before.
        status: What was answered.
    """

    id: str
    at: float
    signature: str
    timestamp: str
    body: str
    refusal: str
    repeat: bool
    status: int

    @property
    def parsed(self) -> dict[str, Any]:
        """The body, or nothing where it is no JSON object."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def type(self) -> str:
        """What kind of event it says it is."""
        return str(self.parsed.get("type", ""))

    @property
    def title(self) -> str:
        """The card's title, where it brings a card."""
        data = self.parsed.get("data")
        card = data.get("card") if isinstance(data, dict) else None
        return str(card.get("title", "")) if isinstance(card, dict) else ""

    @property
    def pretty(self) -> str:
        """The body for reading."""
        parsed = self.parsed
        return json.dumps(parsed, ensure_ascii=False, indent=2) if parsed else self.body

    @property
    def time(self) -> str:
        """When it came."""
        return f"{datetime.fromtimestamp(self.at, UTC):%d %b %H:%M:%S} UTC"

    def as_json(self) -> dict[str, Any]:
        """Return it for other processes."""
        return {
            "id": self.id,
            "type": self.type,
            "verified": not self.refusal,
            "refusal": self.refusal,
            "repeat": self.repeat,
            "status": self.status,
            "body": self.parsed,
        }
