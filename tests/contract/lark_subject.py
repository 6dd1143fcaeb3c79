"""Lark and Feishu against their emulator in-process, and their cards as the platform reads them."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx

from gateway.plugin import Clock, Identity, Payload, Recipient, RecipientKind
from gateway.testing import Marks, Subject
from gateway_lark import Platform, channel_type
from gateway_lark.cards import MAX_BYTES
from gateway_lark.emulator import create
from gateway_lark.emulator.markdown import INLINE

MENTION = re.compile(r"<(at|person)\b[^>]*>")
LINK = re.compile(r"\]\(([^)\s]*)\)|<(?:a|link)\b[^>]*?(?:href|url)=['\"]?([^'\"\s>]+)")
CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`", re.DOTALL)
RICH = frozenset({"markdown", "lark_md"})
SYNTAX = (
    *("<person id='ou_1'></person>", "<link url='https://evil.example'>a</link>", "<raw>", "</at>"),
    *(":OK:", "<text_tag color='red'>a</text_tag>", "<local_datetime>", "<br>", "<hr>"),
)


def marks(payload: Payload) -> Marks:
    """Read a payload as the platform does: only two kinds of text are interpreted."""
    nodes = list(_walk(payload))
    texts = [CODE.sub("", str(node["content"])) for node in nodes if node.get("tag") in RICH]
    buttons = [json.dumps(node["behaviors"]) for node in nodes if node.get("tag") == "button"]
    return Marks(
        mentions=tuple(found[0] for text in texts for found in MENTION.finditer(text)),
        links=tuple(url for text in texts for url in _links(text)),
        buttons=tuple(buttons),
    )


def _links(text: str) -> Iterator[str]:
    for found in INLINE.finditer(text):
        if found["image"] is not None:
            yield f"picture:{found['image']}"
    for found in LINK.finditer(text):
        yield found[1] or found[2] or ""


def _walk(node: object) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for each in inner:
        yield from _walk(each)


def _key_in(request: httpx.Request) -> str | None:
    if "/im/v1/messages" not in request.url.path:
        return None
    return str(json.loads(request.content)["uuid"])


def _recipients(people: list[dict[str, str]]) -> list[Recipient]:
    first, second, third = people[:3]
    return [
        Recipient(RecipientKind.EMAIL, first["email"]),
        Recipient(RecipientKind.MOBILE, second["mobile"]),
        Recipient(RecipientKind.USER, third["id"], email=third["email"], mobile=third["mobile"]),
    ]


def subject_of(platform: Platform, plugin: object) -> Subject:
    """Return one brand as the contract suite takes it."""

    def far_end(clock: Clock) -> httpx.ASGITransport:
        app = create(brand=platform.name, clock=lambda: clock.now().timestamp())
        return httpx.ASGITransport(app)

    demo = create(brand=platform.name).state.demo
    sealed = {"encrypt_key": "canary-encrypt-key", "verification_token": "canary-verification"}
    return Subject(
        channel_type=channel_type(platform),
        config={**demo["config"], **sealed},
        far_end=far_end,
        recipients=_recipients(demo["people"]),
        stranger=Recipient(RecipientKind.EMAIL, "nobody@merlion.example"),
        nobody=Identity("ou_00000000000000000000000000000000", "open_id"),
        plugin=plugin,
        marks=marks,
        syntax=SYNTAX,
        max_bytes=MAX_BYTES,
        key_in=_key_in,
        is_token=lambda request: "tenant_access_token" in request.url.path,
        hostile=[{"app_id": "4711"}, {"api_base": "javascript:alert(1)"}, {"nonsense": 1}],
    )
