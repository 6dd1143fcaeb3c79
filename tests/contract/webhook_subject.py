"""Robots and webhooks as the contract suite takes them; their payloads as platforms read them."""

import html
import json
import re
from collections.abc import Mapping
from typing import Any

import httpx

import gateway_webhook
from gateway.plugin import Clock, Identity, Payload, Recipient, RecipientKind
from gateway.testing import Marks, Subject
from gateway_lark.emulator import create
from gateway_webhook import webhook
from gateway_webhook.robot import MAX_BYTES, Robot, channel_type
from gateway_webhook.robots import DINGTALK_ROBOT

from .lark_subject import SYNTAX
from .lark_subject import marks as lark_marks

SECRET = "SEC-canary-of-the-robot"
HOOK = "https://receiver.example/in?tenant=acme"
HOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
GROUP = Recipient(RecipientKind.CHANNEL, "on-call")
STRANGER = Recipient(RecipientKind.EMAIL, "a@merlion.example")
TOKEN = "0123456789abcdef" * 4

DINGTALK_LINK = re.compile(r"(!?)\[[^\]\n]*\]\s?\(([^)\s]*)\)|<(https?://[^>\s]*)>|<a [^>]*>")
DINGTALK_SYNTAX = (
    *("[dingtalk://x](dingtalk://x)", "<font color=#FF0000>a</font>", "&nbsp;", "@all"),
    *("  \n# a", "\n\n---\n", "[a]\\(https://evil.example)", "\\[a](https://evil.example)"),
    *("[a][b]\n\n[b]: https://evil.example", "![](https://evil.example/a.png)"),
)


def lark_subject(robot: Robot) -> Subject:
    """Return a robot of the Lark family at its emulator."""
    brand = robot.name.removesuffix("-robot")

    def far_end(clock: Clock) -> httpx.ASGITransport:
        app = create(brand=brand, clock=lambda: clock.now().timestamp())
        emulator = app.state.emulator
        (group,) = emulator.chats.values()
        emulator.add_robot("canary-token", group, secret=SECRET)
        return httpx.ASGITransport(app)

    url = f"https://{robot.host}/open-apis/bot/v2/hook/canary-token"
    return Subject(
        channel_type=channel_type(robot),
        config={"webhook_url": url, "secret": SECRET, "keyword": "canary"},
        far_end=far_end,
        recipients=[GROUP],
        stranger=STRANGER,
        plugin=gateway_webhook,
        marks=lark_marks,
        syntax=SYNTAX,
        max_bytes=MAX_BYTES,
        hostile=[{"webhook_url": "javascript:alert(1)"}, {"webhook_url": HOOK}, {"nonsense": 1}],
    )


def dingtalk_marks(payload: Payload) -> Marks:
    """Read a message as a client that heeds no backslash does: the worst that can happen."""
    body: Mapping[str, Any] = payload[payload["msgtype"]]
    text = html.unescape(str(body["text"]).replace("\\", ""))
    links = [found[2] or found[3] or found[0] for found in DINGTALK_LINK.finditer(text)]
    at: Mapping[str, list[str]] = payload.get("at", {})
    buttons = [body.get("singleURL"), *(each["actionURL"] for each in body.get("btns", ()))]
    return Marks(
        mentions=tuple(one for called in at.values() for one in called),
        links=tuple(links),
        buttons=tuple(filter(None, buttons)),
    )


def dingtalk_subject() -> Subject:
    """Return DingTalk's robot at a far end that takes everything."""

    def far_end(_clock: Clock) -> httpx.MockTransport:
        return httpx.MockTransport(lambda _: httpx.Response(200, json={"errcode": 0}))

    url = f"https://oapi.dingtalk.com/robot/send?access_token={TOKEN}"
    return Subject(
        channel_type=channel_type(DINGTALK_ROBOT),
        config={"webhook_url": url, "secret": SECRET, "keyword": "canary"},
        far_end=far_end,
        recipients=[GROUP],
        stranger=STRANGER,
        plugin=gateway_webhook,
        marks=dingtalk_marks,
        syntax=DINGTALK_SYNTAX,
        max_bytes=MAX_BYTES,
        key_in=lambda request: str(json.loads(request.content).get("msgUuid", "")) or None,
        hostile=[{"webhook_url": "javascript:alert(1)"}, {"webhook_url": HOOK}, {"nonsense": 1}],
    )


def webhook_subject() -> Subject:
    """Return the webhook at a receiver that takes everything."""

    def far_end(_clock: Clock) -> httpx.MockTransport:
        return httpx.MockTransport(lambda _: httpx.Response(204))

    return Subject(
        channel_type=webhook.channel_type(),
        config={
            "url": HOOK,
            "secret": HOOK_SECRET,
            "headers": {"Authorization": "Bearer canary-of-the-receiver"},
        },
        far_end=far_end,
        recipients=[GROUP],
        stranger=STRANGER,
        nobody=Identity("nobody", "channel"),
        plugin=gateway_webhook,
        marks=lambda _: Marks(),
        key_in=lambda request: request.headers.get("webhook-id"),
        trusts_status=True,
        hostile=[
            {"url": "ftp://receiver.example"},
            {"url": "https://[bad"},
            {"secret": "whsec_short"},
            {"headers": {"Host": "evil.example"}},
            {"headers": {"webhook-id": "1"}},
            {"headers": {"X-A": "a\r\nX-B: b"}},
            {"nonsense": 1},
        ],
    )
