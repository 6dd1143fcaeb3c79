"""Every message the platform accepted, and who sees it."""

from collections import defaultdict
from collections.abc import Iterator

from .model import Batch, Message

UUID_SECONDS = 3600.0


class Outbox:
    """Keeps messages by id, by receiver and by the uuid of the last hour."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.batches: dict[str, Batch] = {}
        self._by_id: dict[str, Message] = {}
        self._by_receiver: defaultdict[str, list[Message]] = defaultdict(list)
        self._by_uuid: dict[tuple[str, str], Message] = {}

    def keep(self, message: Message) -> Message:
        """Keep a new message; its receiver sees it from now on."""
        self.messages.append(message)
        self._by_id[message.message_id] = message
        self._by_receiver[message.receiver].append(message)
        if message.uuid:
            self._by_uuid[message.app_id, message.uuid] = message
        return message

    def get(self, message_id: str) -> Message | None:
        """Return the message of an id, or None."""
        return self._by_id.get(message_id)

    def same_uuid(self, app_id: str, uuid: str | None, now: float) -> Message | None:
        """Return what the app sent with this uuid during the last hour."""
        known = self._by_uuid.get((app_id, uuid or ""))
        return known if known and now - known.created < UUID_SECONDS else None

    def to(self, receiver: str) -> list[Message]:
        """Return what one person or one group got, oldest first."""
        return self._by_receiver.get(receiver, [])

    def duplicates(self) -> list[Message]:
        """Return the messages whose receiver already had one of the same content."""
        return [message for kept in self._by_receiver.values() for message in _repeated(kept)]


def _repeated(messages: list[Message]) -> Iterator[Message]:
    seen: set[tuple[str, str, str]] = set()
    for message in messages:
        content = (message.app_id, message.msg_type, message.sent_content)
        if not message.recalled and content in seen:
            yield message
        seen.add(content)
