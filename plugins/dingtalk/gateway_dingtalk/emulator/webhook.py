"""The custom robot of a group (documentation: "custom-robots-send-group-messages").

Every refusal comes with HTTP 200; the sentences are those of "customize-robot-security-settings".
"""

import base64
import hashlib
import hmac
import ipaddress
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from .call import Call
from .codes import RejectedError
from .gate import Endpoint
from .model import Json, Robot
from .robots import Draft

MOST_BYTES = 20_000
SKEW_SECONDS = 3600.0
MILLISECONDS = re.compile(r"[0-9]{1,16}")
FEED = ("title", "messageURL", "picURL")
BUTTON = ("title", "actionURL")


def send(call: Call) -> Json:
    """Say something in the robot's group; the same msgUuid says it once."""
    robot = call.emulator.robots.get(call.query.get("access_token", ""))
    if robot is None:
        raise RejectedError(300005)
    if robot.stopped:
        raise RejectedError(400102)
    _check_signature(call, robot)
    _check_address(call, robot)
    msg_type, content = _read(call)
    _check_keywords(call, robot)
    _check_rate(call, robot)
    _deliver(call, robot, msg_type, content)
    return {}


def signature(timestamp: str, secret: str) -> str:
    """Return the sign of a timestamp before it is put into an address."""
    said = f"{timestamp}\n{secret}".encode()
    return base64.b64encode(hmac.new(secret.encode(), said, hashlib.sha256).digest()).decode()


def _check_signature(call: Call, robot: Robot) -> None:
    """Compare after one decoding of the address: a sign encoded twice does not match."""
    if robot.secret is None:
        return
    timestamp, sign = call.query.get("timestamp", ""), call.query.get("sign", "")
    if (
        not MILLISECONDS.fullmatch(timestamp)
        or abs(call.now * 1000 - int(timestamp)) > SKEW_SECONDS * 1000
    ):
        raise RejectedError(310000, "invalid timestamp")
    if not hmac.compare_digest(sign.encode(), signature(timestamp, robot.secret).encode()):
        raise RejectedError(310000, "sign not match")


def _check_address(call: Call, robot: Robot) -> None:
    if robot.ips and not any(_covers(each, call.address) for each in robot.ips):
        raise RejectedError(310000, f"ip {call.address} not in whitelist")


def _covers(network: str, address: str) -> bool:
    return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)


def _read(call: Call) -> tuple[str, Json]:
    if call.content_type != "application/json":
        raise RejectedError(43004)
    if len(call.body) > MOST_BYTES:
        raise RejectedError(460101)
    parsed = call.loaded(call.body)
    if not isinstance(parsed, dict):
        raise RejectedError(40035)
    call.parsed = parsed
    msg_type = str(parsed.get("msgtype"))
    if msg_type not in CONTENTS:
        raise RejectedError(400105)
    content = parsed.get(msg_type)
    if not isinstance(content, dict) or not CONTENTS[msg_type](content):
        raise RejectedError(40035, f"缺少参数 {msg_type}")
    return msg_type, content | ({"at": parsed["at"]} if parsed.get("at") else {})


def _has(content: Json, *names: str) -> bool:
    return all(isinstance(content.get(name), str) and content[name] for name in names)


def _is_text(content: Json) -> bool:
    return _has(content, "content")


def _is_markdown(content: Json) -> bool:
    return _has(content, "title", "text")


def _is_link(content: Json) -> bool:
    return _has(content, "title", "text", "messageUrl")


def _is_action_card(content: Json) -> bool:
    if not _has(content, "title", "text"):
        return False
    return _has(content, "singleTitle", "singleURL") or _are(content.get("btns"), BUTTON)


def _is_feed_card(content: Json) -> bool:
    return _are(content.get("links"), FEED)


def _are(rows: object, names: tuple[str, ...]) -> bool:
    if not isinstance(rows, list) or not rows:
        return False
    return all(isinstance(row, dict) and _has(row, *names) for row in rows)


CONTENTS: dict[str, Callable[[Json], bool]] = {
    "text": _is_text,
    "markdown": _is_markdown,
    "link": _is_link,
    "actionCard": _is_action_card,
    "feedCard": _is_feed_card,
}


def _check_keywords(call: Call, robot: Robot) -> None:
    said = "\n".join(_texts(call.parsed))
    if robot.keywords and not any(each in said for each in robot.keywords):
        raise RejectedError(310000, "keywords not in content")


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
    emulator = call.emulator
    if emulator.enforce_limits and not emulator.penalties.admits(robot.token, call.now):
        raise RejectedError(emulator.robot_throttle)


def _deliver(call: Call, robot: Robot, msg_type: str, content: Json) -> None:
    uuid = call.parsed.get("msgUuid")
    said = json.dumps([msg_type, content], sort_keys=True)
    if uuid and call.emulator.robot_uuids.setdefault((robot.token, str(uuid)), said) is not said:
        return
    draft = Draft("webhook", robot.token, msg_type, content, call.now)
    call.emulator.outbox.keep(draft.to(robot.group))


ENDPOINTS = (Endpoint("POST", "/robot/send", send, public=True, raw=True),)
