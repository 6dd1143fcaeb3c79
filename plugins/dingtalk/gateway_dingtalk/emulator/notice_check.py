"""What a work notice may say (page "asynchronous-sending-of-enterprise-session-messages")."""

import json
import re
from collections.abc import Callable

from .call import Call
from .codes import RejectedError
from .model import Json

MOST_BYTES = 2048
LONGEST_LIST = 1000
BACKGROUND = re.compile(r"[0-9a-fA-F]{8}")


def checked(call: Call) -> tuple[str, Json]:
    """Return type and content of a notice, which comes as an object or as its JSON text."""
    said = call.parsed.get("msg")
    msg = call.loaded(said) if isinstance(said, str) else said
    if not isinstance(msg, dict):
        raise RejectedError(40035, "不合法的参数 msg")
    _check_size(call, said)
    msg_type = str(msg.get("msgtype"))
    content = msg.get(msg_type)
    if msg_type not in CONTENTS or not isinstance(content, dict):
        raise RejectedError(40035, "不合法的参数 msg.msgtype")
    if not CONTENTS[msg_type](content):
        raise RejectedError(40035, f"不合法的参数 msg.{msg_type}")
    return msg_type, content


def _check_size(call: Call, said: object) -> None:
    size = len(call.dumped(said).encode())
    if size > MOST_BYTES:
        raise RejectedError(400002, "消息体超过2048字节")


def _within(content: object, /, **longest: int) -> bool:
    if not isinstance(content, dict):
        return False
    values = {name: content.get(name) for name in longest}
    return all(isinstance(each, str) and 0 < len(each) <= longest[n] for n, each in values.items())


def _is_text(content: Json) -> bool:
    return _within(content, content=MOST_BYTES)


def _is_media(content: Json) -> bool:
    return _within(content, media_id=MOST_BYTES)


def _is_link(content: Json) -> bool:
    names = ("messageUrl", "picUrl", "title", "text")
    return _within(content, **dict.fromkeys(names, MOST_BYTES))


def _is_markdown(content: Json) -> bool:
    return _within(content, title=MOST_BYTES, text=5000)


def _is_action_card(content: Json) -> bool:
    if not _within(content, title=MOST_BYTES, markdown=MOST_BYTES):
        return False
    if content.get("single_title") is not None:
        return _within(content, single_title=20, single_url=500)
    rows = content.get("btn_json_list")
    if content.get("btn_orientation") not in ("0", "1") or not isinstance(rows, list) or not rows:
        return False
    short = len(json.dumps(rows, ensure_ascii=False)) <= LONGEST_LIST
    return short and all(_within(row, title=20, action_url=700) for row in rows)


def _is_oa(content: Json) -> bool:
    head, body = content.get("head"), content.get("body")
    if not isinstance(head, dict) or not isinstance(body, dict):
        return False
    rows = body.get("form", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return False
    coloured = BACKGROUND.fullmatch(str(head.get("bgcolor", ""))) is not None
    return coloured and isinstance(head.get("text"), str) and _within(content, message_url=2048)


CONTENTS: dict[str, Callable[[Json], bool]] = {
    "text": _is_text,
    "image": _is_media,
    "voice": _is_media,
    "file": _is_media,
    "link": _is_link,
    "markdown": _is_markdown,
    "action_card": _is_action_card,
    "oa": _is_oa,
}
