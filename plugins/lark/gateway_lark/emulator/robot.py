"""The custom robot of a group (documentation: "Use custom bots in a group")."""

import base64
import hashlib
import hmac
import ipaddress
import json
import re
from collections.abc import Iterator
from typing import Any

from . import content
from .call import Call
from .card_check import CardError, Known, check
from .codes import RejectedError
from .gate import Endpoint
from .ids import fresh
from .limits import ROBOT
from .model import Json, Message, Robot

MOST_BYTES = 30 * 1024
STRICT_BYTES = 20_000
SKEW_SECONDS = 3600.0
CONTENTS = {"text": "text", "post": "post", "image": "image_key", "share_chat": "share_chat_id"}


def hook(call: Call) -> Json:
    """Say something in the robot's group; refusals come with HTTP 200 unless it is switched."""
    try:
        return _said(call)
    except RejectedError as rejected:
        rejected.status = call.emulator.robot_refusal_status
        raise


def _said(call: Call) -> Json:
    robot = call.emulator.robots.get(call.path("token"))
    if robot is None:
        raise RejectedError(19001)
    _check_address(call, robot)
    call.read_json()
    _check_signature(call, robot)
    _check_size(call)
    message = _message(call, robot)
    _check_keywords(call, robot)
    _check_rate(call, robot)
    call.emulator.outbox.keep(message)
    return {"StatusCode": 0, "StatusMessage": "success", "data": {}}


def _check_address(call: Call, robot: Robot) -> None:
    client = call.request.client
    caller = client.host if client else ""
    if robot.ips and not any(_matches(pattern, caller) for pattern in robot.ips):
        raise RejectedError(19022)


def _matches(pattern: str, caller: str) -> bool:
    if "*" in pattern:
        return re.fullmatch(re.escape(pattern).replace(r"\*", r"\d+"), caller) is not None
    return ipaddress.ip_address(caller) in ipaddress.ip_network(pattern, strict=False)


def signature(timestamp: str, secret: str) -> str:
    """Return the sign of a timestamp: the secret is in the key, the message is empty."""
    key = f"{timestamp}\n{secret}".encode()
    return base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()


def _check_signature(call: Call, robot: Robot) -> None:
    if robot.secret is None:
        return
    timestamp, sign = str(call.parsed.get("timestamp", "")), str(call.parsed.get("sign", ""))
    if not timestamp.isdigit() or abs(call.now - int(timestamp)) > SKEW_SECONDS:
        raise RejectedError(19021)
    if not hmac.compare_digest(sign.encode(), signature(timestamp, robot.secret).encode()):
        raise RejectedError(19021)


def _check_size(call: Call) -> None:
    if len(call.body) > MOST_BYTES:
        raise RejectedError(19036)
    if call.emulator.robot_strict_20k and len(call.body) > STRICT_BYTES:
        raise _bad_request()


def _bad_request() -> RejectedError:
    return RejectedError(9499)


def _message(call: Call, robot: Robot) -> Message:
    msg_type = call.parsed.get("msg_type")
    if msg_type != "interactive" and msg_type not in CONTENTS:
        raise RejectedError(19002)
    said = call.parsed.get("card" if msg_type == "interactive" else "content")
    if not isinstance(said, dict):
        raise _bad_request()
    draft = Message(fresh("om_"), "", robot.chat_id, robot.chat_id, str(msg_type), "", call.now)
    draft.content = draft.sent_content = json.dumps(said, ensure_ascii=False)
    draft.sender_type = "robot"
    if msg_type == "interactive":
        draft.template_card = _card(call, robot, said)
    else:
        _check_content(call, str(msg_type), said)
    return draft


def _card(call: Call, robot: Robot, card: Json) -> Json | None:
    try:
        if card.get("type") == "template":
            return content.filled_template(call, card)
        check(card, _known(call, robot))
    except CardError as error:
        raise RejectedError(11246, error.ext) from error
    return None


def _known(call: Call, robot: Robot) -> Known:
    """A robot may mention the members of its group only, and never by e-mail."""
    emulator, chat = call.emulator, call.emulator.chats[robot.chat_id]
    members = [emulator.people[each] for each in chat.members]
    names = {each.id for each in members}
    names |= {emulator.open_id(app_id, each) for app_id in emulator.apps for each in members}
    return Known(
        names.__contains__, lambda _: False, emulator.uploads.__contains__, at_all=chat.at_all
    )


def _check_content(call: Call, msg_type: str, said: Json) -> None:
    value = said.get(CONTENTS[msg_type])
    if not isinstance(value, dict if msg_type == "post" else str) or not value:
        raise _bad_request()
    try:
        if msg_type == "post":
            content.check_post(call, said["post"])
    except RejectedError:
        raise _bad_request() from None


def _check_keywords(call: Call, robot: Robot) -> None:
    said = "\n".join(_texts(call.parsed))
    if robot.keywords and not any(each in said for each in robot.keywords):
        raise RejectedError(19024)


def _texts(node: Any, name: str = "") -> Iterator[str]:  # noqa: ANN401 - any JSON
    """Yield the texts and titles, in which keywords are looked for; links are not."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _texts(value, key)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value, name)
    elif isinstance(node, str) and name in ("text", "title", "content"):
        yield node


def _check_rate(call: Call, robot: Robot) -> None:
    if not call.emulator.enforce_limits:
        return
    if call.emulator.windows.take(("robot", robot.token), ROBOT, call.now) is not None:
        raise RejectedError(11232)


ENDPOINTS = (
    Endpoint("POST", "/open-apis/bot/v2/hook/:token", hook, public=True, old=True, raw=True),
)
