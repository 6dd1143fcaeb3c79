"""Judges what a message says, per type (documentation: "Message content description")."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from .call import Call
from .card_check import CardError, Known, check
from .codes import RejectedError
from .model import CardEntity, Chat, Json

TEXT_BYTES = 150 * 1024
CARD_BYTES = 30 * 1024
CARD_DAYS = 14 * 86_400.0
POST_TAGS = ("text", "a", "at", "img", "media", "emotion", "hr", "code_block", "md")
UPLOADED = {
    "image": "image_key",
    "file": "file_key",
    "audio": "file_key",
    "media": "file_key",
    "sticker": "file_key",
}
TYPES = ("text", "post", "interactive", "share_chat", "share_user", "system", *UPLOADED)


@dataclass(frozen=True)
class Prepared:
    """An accepted content: as sent, and the card behind a template or an entity."""

    content: str
    template_card: Json | None = None
    entity: CardEntity | None = None


def bad_content(why: str = "invalid message content") -> RejectedError:
    """Return 230001 with the reason the documentation lists."""
    return RejectedError(230001, why)


def known_in(call: Call, chat: Chat | None) -> Known:
    """Return what the calling app's card may refer to in a chat."""
    directory, app_id = call.emulator.directory, call.app.app_id

    def person(value: str) -> bool:
        kinds = ("open_id", "user_id", "union_id")
        return any(directory.named(kind, value, app_id) for kind in kinds)

    def email(value: str) -> bool:
        return directory.named("email", value, app_id) is not None

    def image(value: str) -> bool:
        upload = call.emulator.uploads.get(value)
        return upload is not None and upload.kind == "image"

    return Known(person, email, image, at_all=chat is not None and chat.at_all)


def parse(content: str) -> Json:
    """Return the object behind a content string, or raise 230001."""
    try:
        parsed = json.loads(content)
    except (ValueError, RecursionError):
        raise bad_content() from None
    if not isinstance(parsed, dict):
        raise bad_content()
    return parsed


def prepare(call: Call, msg_type: str, content: str, chat: Chat | None) -> Prepared:
    """Return the accepted content of a message, or raise why the platform refuses it."""
    limit = TEXT_BYTES if msg_type == "text" else CARD_BYTES
    if len(content.encode()) > limit:
        raise RejectedError(230025)
    if msg_type == "interactive":
        return prepare_card(call, content, chat)
    parsed = parse(content)
    if msg_type in UPLOADED:
        _check_upload(call, msg_type, parsed)
    else:
        CHECKS[msg_type](call, parsed)
    return Prepared(content)


def prepare_card(call: Call, content: str, chat: Chat | None) -> Prepared:
    """Return an accepted card in one of its three forms, or raise 230099."""
    try:
        return _prepare_card(call, content, chat)
    except CardError as error:
        raise RejectedError(230099, error.ext) from error


def _prepare_card(call: Call, content: str, chat: Chat | None) -> Prepared:
    card = card_of(content)
    if card.get("type") == "template":
        return Prepared(content, template_card=filled_template(call, card))
    if card.get("type") == "card":
        return Prepared(content, entity=_entity(call, card))
    check(card, known_in(call, chat))
    return Prepared(content)


def card_of(content: str) -> Json:
    """Return the card behind a string, or raise CardError 200621."""
    try:
        card = json.loads(content)
    except (ValueError, RecursionError):
        raise CardError(200621, "ROOT", "card is not JSON", content) from None
    if not isinstance(card, dict):
        raise CardError(200621, "ROOT", "card must be an object", content)
    return card


def filled_template(call: Call, card: Json) -> Json:
    """Return a released template with its variables in place, or raise CardError."""
    data = card.get("data")
    template_id = data.get("template_id") if isinstance(data, dict) else None
    template = call.emulator.templates.get(str(template_id))
    if template is None or not isinstance(data, dict):
        raise CardError(200380, "ROOT", "template is not released or does not exist", template_id)
    variables = data.get("template_variable") or {}
    if not isinstance(variables, dict):
        raise CardError(200732, "ROOT", "template_variable must be an object", variables)
    filled = re.sub(r"\$\{(\w+)\}", lambda found: _variable(variables, found), json.dumps(template))
    result: Json = json.loads(filled)
    return result


def _variable(variables: Json, found: re.Match[str]) -> str:
    return json.dumps(str(variables.get(found[1], "")))[1:-1]


def _entity(call: Call, card: Json) -> CardEntity:
    data = card.get("data")
    entity = call.emulator.cards.get(str(data.get("card_id")) if isinstance(data, dict) else "")
    if entity is None:
        raise CardError(200740, "ROOT", "card does not exist", data)
    if entity.app_id != call.app.app_id:
        raise CardError(300311, "ROOT", "the card belongs to another app", entity.card_id)
    if entity.sent or call.now - entity.created > CARD_DAYS:
        raise CardError(200750, "ROOT", "card was sent already or has expired", entity.card_id)
    return entity


def _check_text(_call: Call, parsed: Json) -> None:
    text = parsed.get("text")
    if not isinstance(text, str):
        raise bad_content()
    if not text.strip():
        raise bad_content("content cannot be empty")


def check_post(_call: Call, parsed: Json) -> None:
    """Return when every language of a rich text is a list of paragraphs of known tags."""
    if not parsed:
        raise bad_content("content cannot be empty")
    for localized in parsed.values():
        lines = localized.get("content") if isinstance(localized, dict) else None
        if not isinstance(lines, list) or not all(isinstance(line, list) for line in lines):
            raise bad_content()
        for part in (part for line in lines for part in line):
            if not isinstance(part, dict) or part.get("tag") not in POST_TAGS:
                raise bad_content()


def _check_upload(call: Call, msg_type: str, parsed: Json) -> None:
    name = UPLOADED[msg_type]
    upload = call.emulator.uploads.get(str(parsed.get(name)))
    if upload is None:
        raise bad_content(f"invalid {name}")
    if upload.app_id != call.app.app_id:
        raise RejectedError(230017)
    if (upload.kind == "image") != (msg_type == "image"):
        raise RejectedError(230055)


def _check_share_chat(call: Call, parsed: Json) -> None:
    chat = call.emulator.chats.get(str(parsed.get("chat_id")))
    if chat is None or chat.private or call.app.app_id not in chat.bots:
        raise bad_content("invalid chat_id")


def _check_share_user(call: Call, parsed: Json) -> None:
    if call.person("open_id", str(parsed.get("user_id"))) is None:
        raise bad_content("invalid user_id")


def _check_nothing(_call: Call, _parsed: Json) -> None:
    return


CHECKS: dict[str, Callable[[Call, Json], None]] = {
    "text": _check_text,
    "post": check_post,
    "share_chat": _check_share_chat,
    "share_user": _check_share_user,
    "system": _check_nothing,
}
