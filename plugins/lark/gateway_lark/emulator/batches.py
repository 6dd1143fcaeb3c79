"""Batch messages (documentation: "Send messages in batches" and its follow-ups)."""

import json
from datetime import UTC, datetime

from . import content
from .call import Call
from .card_check import CardError, check
from .codes import RejectedError
from .gate import Endpoint
from .ids import fresh
from .model import Batch, Json, Message, Person
from .scopes import BATCH, READ, RECALL

BASE = "/open-apis/im/v1/batch_messages/:batch_message_id"
MOST_EACH = 200
MOST_A_DAY = 500_000
QUEUED_SECONDS = 1.0
KEPT_SECONDS = 30 * 86_400.0
TYPES = ("text", "image", "post", "share_chat", "interactive")
LISTS = {"open_ids": "open_id", "user_ids": "user_id", "union_ids": "union_id"}
POST_TAGS = ("text", "a", "at", "img", "media", "emotion", "hr", "code_block")


def send(call: Call) -> Json:
    """Queue one message for up to 200 people of each list; refusals come with HTTP 200."""
    said = _said(call)
    lists = {name: _ids(call, name) for name in (*LISTS, "department_ids")}
    if not any(lists.values()):
        raise RejectedError(10003)
    _check_rights(call, lists)
    people, invalid = _people(call, lists)
    _spend(call, len(people))
    batch = Batch(fresh("bm-", 32), call.app.app_id, call.now, [each.id for each in people])
    call.emulator.outbox.batches[batch.batch_id] = batch
    _deliver(call, batch, people, said)
    return {"data": {"message_id": batch.batch_id, **invalid}}


def _said(call: Call) -> Message:
    msg_type = call.parsed.get("msg_type")
    name = "card" if msg_type == "interactive" else "content"
    said = call.parsed.get(name)
    if msg_type not in TYPES or not isinstance(said, dict):
        raise RejectedError(10003)
    draft = Message("", "", "", "", str(msg_type), json.dumps(said, ensure_ascii=False), 0)
    limit = content.TEXT_BYTES if msg_type == "text" else content.CARD_BYTES
    if len(draft.content.encode()) > limit:
        raise RejectedError(11246, "ErrCode: 230025; ErrMsg: content too long")
    if msg_type == "interactive":
        draft.template_card = _card(call, said)
    else:
        _check_content(call, draft.msg_type, said)
    return draft


def _card(call: Call, card: Json) -> Json | None:
    try:
        if card.get("type") == "template":
            return content.filled_template(call, card)
        check(card, content.known_in(call, None))
    except CardError as error:
        raise RejectedError(11246, error.ext) from error
    return None


def _check_content(call: Call, msg_type: str, said: Json) -> None:
    try:
        if msg_type == "post":
            _check_post(call, said)
        elif msg_type == "share_chat":
            content.CHECKS["share_chat"](call, {"chat_id": said.get("share_chat_id")})
        else:
            content.prepare(call, msg_type, json.dumps(said), None)
    except RejectedError as error:
        raise RejectedError(10003, error.msg) from error


def _check_post(call: Call, said: Json) -> None:
    wrapped = said.get("post")
    if not isinstance(wrapped, dict):
        raise content.bad_content()
    content.check_post(call, wrapped)
    parts = [part for each in wrapped.values() for line in each["content"] for part in line]
    if any(part["tag"] not in POST_TAGS or "style" in part for part in parts):
        raise content.bad_content()


def _ids(call: Call, name: str) -> list[str]:
    value = call.parsed.get(name) or []
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise RejectedError(10003)
    if len(value) > MOST_EACH:
        raise RejectedError(10003, f"the max len of {name} is {MOST_EACH}")
    return value


def _check_rights(call: Call, lists: dict[str, list[str]]) -> None:
    if not call.app.bot_active or not call.app.published:
        raise RejectedError(11205)
    if lists["department_ids"] and not call.app.grants(("im:message:send_multi_depts",)):
        raise RejectedError(11204)
    to_people = any(lists[name] for name in LISTS)
    if to_people and not call.app.grants(("im:message:send_multi_users",)):
        raise RejectedError(11203)
    if "0" in lists["department_ids"]:
        raise RejectedError(10003, "the root department is not allowed")


def _people(call: Call, lists: dict[str, list[str]]) -> tuple[list[Person], Json]:
    """Return whom the lists name, each once, and the ids that name nobody."""
    found: dict[str, Person] = {}
    invalid: dict[str, list[str]] = {f"invalid_{name}": [] for name in lists}
    for name, kind in LISTS.items():
        for value in lists[name]:
            person = call.person(kind, value)
            if person is None or person.resigned:
                invalid[f"invalid_{name}"].append(value)
            else:
                found[person.id] = person
    for value in lists["department_ids"]:
        members = _members(call, value)
        if members is None:
            invalid["invalid_department_ids"].append(value)
        found |= {each.id: each for each in members or []}
    return list(found.values()), invalid


def _members(call: Call, value: str) -> list[Person] | None:
    directory = call.emulator.directory
    department = directory.department(value)
    if department is None:
        return None
    below = [department.id, *(each.id for each in directory.below(department.id))]
    return [each for under in below for each in directory.members(under) if not each.resigned]


def _spend(call: Call, count: int) -> None:
    today = f"{datetime.fromtimestamp(call.now, UTC):%Y-%m-%d}"
    key = (call.app.app_id, today)
    sent = call.emulator.batched[key] + count
    if sent > MOST_A_DAY:
        raise RejectedError(11247)
    call.emulator.batched[key] = sent


def _deliver(call: Call, batch: Batch, people: list[Person], said: Message) -> None:
    """Keep one message a person; whom the bot may not reach gets none, silently."""
    for person in people:
        if not person.available or person.muted_bot:
            continue
        chat = call.emulator.private_chat(batch.app_id, person)
        message = Message(
            fresh("om_"),
            batch.app_id,
            person.id,
            chat.chat_id,
            said.msg_type,
            said.content,
            call.now,
            batch_id=batch.batch_id,
            template_card=said.template_card,
        )
        batch.messages.append(call.emulator.outbox.keep(message))


def _batch(call: Call) -> Batch:
    batch_id = call.path("batch_message_id")
    if len(batch_id) < 4:
        raise RejectedError(230001, "batch_message_id length is less than 4")
    batch = call.emulator.outbox.batches.get(batch_id.replace("bm_", "bm-", 1))
    if batch is None or call.now - batch.created > KEPT_SECONDS:
        raise RejectedError(230030)
    if batch.app_id != call.app.app_id:
        raise RejectedError(230012)
    return batch


def _readers(batch: Batch) -> int:
    return sum(bool(message.read) for message in batch.messages)


def progress(call: Call) -> Json:
    """Answer how far a batch is; nothing is valid while it waits to be scheduled."""
    batch = _batch(call)
    waiting = call.now - batch.created < QUEUED_SECONDS
    sent = {
        "valid_user_ids_count": 0 if waiting else len(batch.people),
        "success_user_ids_count": 0 if waiting else len(batch.messages),
        "read_user_ids_count": _readers(batch),
    }
    taken_back = {
        "recall": batch.recalled,
        "recall_count": len(batch.messages) if batch.recalled else 0,
    }
    return {
        "data": {"batch_message_send_progress": sent, "batch_message_recall_progress": taken_back}
    }


def read_user(call: Call) -> Json:
    """Answer how many read a batch; both numbers are strings."""
    batch = _batch(call)
    counts = {"read_count": str(_readers(batch)), "total_count": str(len(batch.messages))}
    return {"data": {"read_user": counts}}


def recall(call: Call) -> Json:
    """Take a batch back from everybody."""
    batch = _batch(call)
    batch.recalled = True
    for message in batch.messages:
        message.recalled = True
    return {"data": {}}


ENDPOINTS = (
    Endpoint("POST", "/open-apis/message/v4/batch_send/", send, BATCH, old=True),
    Endpoint("GET", f"{BASE}/get_progress", progress, READ),
    Endpoint("GET", f"{BASE}/read_user", read_user, READ),
    Endpoint("DELETE", BASE, recall, RECALL),
)
