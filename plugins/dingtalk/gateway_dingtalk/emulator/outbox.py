"""Every message the platform accepted, and who sees it."""

import json
from collections import defaultdict
from collections.abc import Iterator

from .model import Message, Task


class Outbox:
    """Keeps messages by id, by receiver and by the key of the call that sent them."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.tasks: dict[int, Task] = {}
        self._by_id: dict[str, Message] = {}
        self._by_receiver: defaultdict[str, list[Message]] = defaultdict(list)
        self._by_query_key: defaultdict[str, list[Message]] = defaultdict(list)

    def keep(self, message: Message) -> Message:
        """Keep a new message; its receiver sees it from now on."""
        self.messages.append(message)
        self._by_id[message.message_id] = message
        self._by_receiver[message.receiver].append(message)
        if message.query_key:
            self._by_query_key[message.query_key].append(message)
        return message

    def get(self, message_id: str) -> Message | None:
        """Return the message of an id, or None."""
        return self._by_id.get(message_id)

    def of_key(self, query_key: str) -> list[Message]:
        """Return what one call sent."""
        return self._by_query_key.get(query_key, [])

    def to(self, receiver: str) -> list[Message]:
        """Return what one person or one group got, oldest first."""
        return self._by_receiver.get(receiver, [])

    def duplicates(self) -> list[Message]:
        """Return the messages whose receiver already had one of the same content."""
        return [message for kept in self._by_receiver.values() for message in _repeated(kept)]


def _repeated(messages: list[Message]) -> Iterator[Message]:
    seen: set[tuple[str, str, str]] = set()
    for message in messages:
        said = message.card.sent if message.card else json.dumps(message.content, sort_keys=True)
        content = (message.sender, message.msg_type, said)
        if not message.recalled and content in seen:
            yield message
        seen.add(content)
