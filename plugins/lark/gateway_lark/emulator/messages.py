"""Sending, and what becomes of a sent message (documentation: "Send message" and siblings)."""

import re

from . import content
from .call import ID_TYPES, Call
from .card_check import is_shared
from .codes import RejectedError
from .gate import Endpoint
from .ids import fresh
from .limits import PER_TARGET
from .model import Chat, Json, Message, Person
from .scopes import READ, RECALL, SEND, UPDATE, URGENT

BASE = "/open-apis/im/v1/messages"
RECEIVERS = (*ID_TYPES, "email", "chat_id")
UUID_LENGTH = 50
UPDATE_SECONDS = 14 * 86_400.0
READ_SECONDS = 7 * 86_400.0
RECALL_SECONDS = 86_400.0
MOST_EDITS = 20
MOST_URGENT = 200


def create(call: Call) -> Json:
    """Send one message to one person or group."""
    kind = call.choice("receive_id_type", RECEIVERS)
    receive_id = call.text("receive_id")
    msg_type, said, uuid = _asked(call)
    check_bot(call)
    chat, person = _target(call, kind, receive_id)
    return _send(call, (chat, person), Message("", "", "", "", msg_type, said, 0, uuid))


def reply(call: Call) -> Json:
    """Answer a message in its chat."""
    msg_type, said, uuid = _asked(call)
    check_bot(call)
    parent = _existing(call)
    if parent.recalled:
        raise RejectedError(230011)
    chat = call.emulator.chats[parent.chat_id]
    person = call.emulator.people[parent.receiver] if chat.private else None
    draft = Message("", "", "", "", msg_type, said, 0, uuid, parent_id=parent.message_id)
    return _send(call, (chat, person), draft)


def _asked(call: Call) -> tuple[str, str, str | None]:
    msg_type = call.text("msg_type")
    if msg_type not in content.TYPES:
        raise RejectedError(230001, "invalid msg_type")
    return msg_type, call.text("content"), call.optional_text("uuid", UUID_LENGTH)


def check_bot(call: Call) -> None:
    """Raise 230006 unless the app has a published bot."""
    if not call.app.bot_active or not call.app.published:
        raise RejectedError(230006)


def _target(call: Call, kind: str, value: str) -> tuple[Chat, Person | None]:
    if kind == "chat_id":
        return _group(call, value), None
    if kind == "email" and not re.fullmatch(r"[^@\s]+@[^@\s]+", value):
        raise RejectedError(230001, "invalid receive_id")
    if value == call.app.open_id:
        raise RejectedError(230013)
    person = call.emulator.directory.find(kind, value, call.app.app_id)
    check_person(person)
    return call.emulator.private_chat(call.app.app_id, person), person


def check_person(person: Person) -> None:
    """Raise why the bot may not write to a person, if it may not."""
    if person.resigned or not person.available:
        raise RejectedError(230013)
    if person.muted_bot:
        raise RejectedError(230053)


def _group(call: Call, chat_id: str) -> Chat:
    if not chat_id.startswith("oc_"):
        raise RejectedError(230001, "invalid receive_id")
    chat = call.emulator.chats.get(chat_id)
    if chat is None:
        raise RejectedError(230034)
    if chat.dissolved:
        raise RejectedError(232009)
    if call.app.app_id not in chat.bots:
        raise RejectedError(230002)
    return chat


def _send(call: Call, target: tuple[Chat, Person | None], draft: Message) -> Json:
    chat, person = target
    prepared = content.prepare(call, draft.msg_type, draft.content, chat)
    outbox = call.emulator.outbox
    repeated = outbox.same_uuid(call.app.app_id, draft.uuid, call.now)
    if repeated is not None:
        if call.emulator.repeated_uuid == "sending":
            raise RejectedError(230049)
        return {"data": described(call, repeated)}
    _take(call, "user" if person else "chat", person.id if person else chat.chat_id)
    draft.template_card, draft.entity = prepared.template_card, prepared.entity
    if prepared.entity is not None:
        prepared.entity.sent = True
    draft.message_id, draft.app_id, draft.created = fresh("om_"), call.app.app_id, call.now
    draft.receiver, draft.chat_id = person.id if person else chat.chat_id, chat.chat_id
    return {"data": described(call, outbox.keep(draft))}


def _take(call: Call, kind: str, target: str) -> None:
    if not call.emulator.enforce_limits:
        return
    # people are counted per app, groups for all their bots together
    key = (kind, target, call.app.app_id if kind == "user" else "")
    if call.emulator.windows.take(key, PER_TARGET, call.now) is not None:
        raise RejectedError(230020)


def described(call: Call, message: Message) -> Json:
    """Return a message as the API tells it: times are strings of milliseconds."""
    answer = {
        "message_id": message.message_id,
        "msg_type": message.msg_type,
        "create_time": _milliseconds(message.created),
        "update_time": _milliseconds(message.updated or message.created),
        "deleted": message.recalled,
        "updated": message.updated is not None,
        "chat_id": message.chat_id,
        "sender": {
            "id": message.app_id,
            "id_type": "app_id",
            "sender_type": "app",
            "tenant_key": call.emulator.tenant_key,
        },
        "body": {"content": message.content},
    }
    if message.parent_id:
        answer |= {"root_id": message.parent_id, "parent_id": message.parent_id}
    return answer


def _milliseconds(seconds: float) -> str:
    return str(int(seconds * 1000))


def _existing(call: Call) -> Message:
    message_id = call.path("message_id")
    if not message_id.startswith("om_"):
        raise RejectedError(230001, "invalid message_id")
    message = call.emulator.outbox.get(message_id)
    if message is None:
        raise RejectedError(99992354)
    return message


def _own(call: Call) -> Message:
    message = _existing(call)
    if message.app_id != call.app.app_id:
        raise RejectedError(230012)
    if message.batch_id is not None:
        raise RejectedError(230001, "invalid message_id")
    return message


def patch(call: Call) -> Json:
    """Replace the card of a message (documentation: "Update message card")."""
    said = call.text("content")
    message = _own(call)
    _check_updatable(call, message)
    chat = call.emulator.chats[message.chat_id]
    prepared = content.prepare(call, "interactive", said, chat)
    new = prepared.template_card or content.parse(said)
    if not is_shared(message.card or {}) or not is_shared(new):
        raise RejectedError(230001, "config.update_multi must be true in both cards")
    _take(call, "update", message.message_id)
    message.entity, message.template_card = prepared.entity, prepared.template_card
    replace(message, said, call.now)
    return {"data": {}}


def _check_updatable(call: Call, message: Message) -> None:
    if message.msg_type != "interactive":
        raise RejectedError(230001, "This message is NOT a card")
    if message.recalled:
        raise RejectedError(230011)
    if call.now - message.created > UPDATE_SECONDS:
        raise RejectedError(230031)


def replace(message: Message, said: str, now: float) -> None:
    """Put a new content in place of the old one."""
    message.content, message.updated = said, now
    message.updates.append(said)


def edit(call: Call) -> Json:
    """Edit a text or a rich text (documentation: "Edit message")."""
    msg_type, said, _ = _asked(call)
    message = _existing(call)
    if message.app_id != call.app.app_id:
        raise RejectedError(230071)
    if msg_type not in ("text", "post") or message.msg_type not in ("text", "post"):
        raise RejectedError(230054)
    if message.recalled:
        raise RejectedError(230011)
    if len(message.updates) >= MOST_EDITS:
        raise RejectedError(230072)
    content.prepare(call, msg_type, said, call.emulator.chats[message.chat_id])
    message.msg_type = msg_type
    replace(message, said, call.now)
    return {"data": described(call, message)}


def recall(call: Call) -> Json:
    """Take a message back (documentation: "Recall message")."""
    message = _own(call)
    if message.recalled:
        raise RejectedError(230011)
    if call.now - message.created > RECALL_SECONDS:
        raise RejectedError(230009)
    message.recalled = True
    return {"data": {}}


def get(call: Call) -> Json:
    """Answer with one message in a list."""
    message = _existing(call)
    if call.app.app_id not in call.emulator.chats[message.chat_id].bots:
        raise RejectedError(230002)
    return {"data": {"items": [described(call, message)]}}


def urgent(call: Call) -> Json:
    """Mark a message urgent for some people (documentation: "Send in-app urgent message")."""
    kind = call.id_type()
    wanted = call.texts("user_id_list", MOST_URGENT)
    message = _own(call)
    if message.recalled:
        raise RejectedError(230011)
    found = {value: call.person(kind, value) for value in wanted}
    members = call.emulator.chats[message.chat_id].members
    valid = {value: each.id for value, each in found.items() if each and each.id in members}
    if not valid:
        raise RejectedError(230001, "all ids in the user_id_list are invalid")
    _check_urgent_quota(call, list(valid.values()))
    message.urgent |= set(valid.values())
    return {"data": {"invalid_user_id_list": [each for each in wanted if each not in valid]}}


def _check_urgent_quota(call: Call, people: list[str]) -> None:
    for person_id in people:
        sent = call.emulator.outbox.to(person_id)
        unread = sum(person_id in each.urgent and person_id not in each.read for each in sent)
        if unread >= MOST_URGENT:
            raise RejectedError(230023)


def read_users(call: Call) -> Json:
    """Answer who read a message of the last week (documentation: "Query message read")."""
    kind = call.choice("user_id_type", ID_TYPES)
    message = _own(call)
    if call.now - message.created > READ_SECONDS:
        raise RejectedError(230033)
    readers = [_reader(call, kind, each, time) for each, time in message.read.items()]
    return {"data": call.page(readers, 100)}


def _reader(call: Call, kind: str, person_id: str, time: float) -> Json:
    person = call.emulator.people[person_id]
    return {
        "user_id_type": kind,
        "user_id": call.emulator.directory.id_of(kind, person, call.app.app_id),
        "timestamp": _milliseconds(time),
        "tenant_key": call.emulator.tenant_key,
    }


ENDPOINTS = (
    Endpoint("POST", BASE, create, SEND),
    Endpoint("POST", f"{BASE}/:message_id/reply", reply, SEND),
    Endpoint("PATCH", f"{BASE}/:message_id", patch, UPDATE),
    Endpoint("PUT", f"{BASE}/:message_id", edit, UPDATE),
    Endpoint("DELETE", f"{BASE}/:message_id", recall, RECALL),
    Endpoint("GET", f"{BASE}/:message_id", get, READ),
    Endpoint("PATCH", f"{BASE}/:message_id/urgent_app", urgent, URGENT),
    Endpoint("GET", f"{BASE}/:message_id/read_users", read_users, READ),
)
