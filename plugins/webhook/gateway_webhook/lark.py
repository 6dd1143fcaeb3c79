"""The robots of Lark and Feishu (documentation: "Use custom bots in a group")."""

import base64
import hashlib
import hmac
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx

from gateway.plugin import Card, DeliveryError, NoteBlock, Payload
from gateway_lark import cards, codes

from .degrading import degraded
from .post import Post


def write(card: Card, keyword: str | None) -> Payload:
    """Write a card; a keyword it lacks becomes its last line.

    Raises:
        ContentError: It is larger than any card may be.
    """
    shown = degraded(card)
    written = cards.render(shown)
    if keyword and not any(keyword in text for text in _texts(written)):
        note = NoteBlock(type="note", text=keyword)
        written = cards.render(shown.model_copy(update={"blocks": (*shown.blocks, note)}))
    return {"msg_type": "interactive", "card": written}


def _texts(card: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the card shows; the preview in the list of chats is not part of it."""
    yield from _contents([card["header"], card["body"]])


def _contents(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        for name, value in part.items():
            if name == "content":
                yield str(value)
            else:
                yield from _contents(value)
    elif isinstance(part, list):
        for value in part:
            yield from _contents(value)


def sign(post: Post, secret: str, now: datetime) -> Post:
    """Add the moment and its signature to the body."""
    timestamp = str(int(now.timestamp()))
    proof = {"timestamp": timestamp, "sign": signature(timestamp, secret)}
    return replace(post, body={**proof, **post.body})


def signature(timestamp: str, secret: str) -> str:
    """Sign nothing at all: both timestamp and secret are in the key."""
    key = f"{timestamp}\n{secret}".encode()
    return base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()


def error_in(
    reply: httpx.Response, secrets: Collection[str], now: datetime
) -> DeliveryError | None:
    """Return what an answer stands for; refusals come with HTTP 200."""
    reading = codes.Reading(now=now, zone=UTC, purpose="robot", secrets=secrets)
    return codes.error_in(_with_code(codes.body_of(reply)), reply, reading)


def _with_code(body: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Read the older form of answers, which names its code otherwise."""
    if body is None or "code" in body or "StatusCode" not in body:
        return body
    return {**body, "code": body["StatusCode"], "msg": body.get("StatusMessage", "")}
