"""Both editions against their emulator in-process, and their messages as a client shows them."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import httpx
from markdown_it import MarkdownIt
from markdown_it.token import Token

from gateway.plugin import Clock, Identity, Payload, Recipient, RecipientKind
from gateway.testing import Marks, Subject
from gateway_dingtalk import Edition, channel_type
from gateway_dingtalk.emulator import create

READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
NOTICE_FIELDS = {
    "single_url": "singleURL",
    "single_title": "singleTitle",
    "action_url": "actionURL",
}
MENTION = re.compile(r"<a\b[^>]*\batId=", re.IGNORECASE)
SYNTAX = (
    *(
        "<a atId=all>all</a>",
        '<font color="#ff0000">',
        "<br>",
        "@13800000000",
        "[微笑]",
        "&lt;b&gt;",
    ),
    *("![a](@lAsomemediaid)", "dingtalk://dingtalkclient/page/link?url=x", "~~", "***", "1. "),
)


def marks(payload: Payload) -> Marks:
    """Read a payload as a client does: two texts are Markdown, some members are addresses."""
    tokens = [token for text in _rich(payload) for token in _tokens(READER.parse(text))]
    html = [token.content for token in tokens if token.type.startswith("html")]
    return Marks(
        mentions=tuple(each for each in html if MENTION.search(each)),
        links=(
            *_addresses(tokens),
            *(f"html:{each}" for each in html if not each.startswith(("<a atId=", "</a>"))),
            *(value for name, value in _fields(payload) if _is_address(name) and value),
        ),
        buttons=tuple(name for name, value in _fields(payload) if _is_button(name) and value),
    )


def _rich(payload: Payload) -> Iterator[str]:
    yield str(payload.get("card", {}).get("variables", {}).get("markdown", ""))
    yield str(payload.get("robot", {}).get("msgParam", {}).get("text", ""))
    yield str(_notice(payload).get("text") or _notice(payload).get("markdown") or "")


def _fields(payload: Payload) -> Iterator[tuple[str, str]]:
    yield from payload.get("card", {}).get("variables", {}).items()
    yield from payload.get("robot", {}).get("msgParam", {}).items()
    rows = _notice(payload).get("btn_json_list", [])
    for name, value in (pair for row in (_notice(payload), *rows) for pair in row.items()):
        if name in NOTICE_FIELDS:
            yield NOTICE_FIELDS[name], value


def _notice(payload: Payload) -> Mapping[str, Any]:
    msg = payload.get("notice", {}).get("msg", {})
    content: Mapping[str, Any] = msg.get(msg.get("msgtype"), {})
    return content if "title" in content else {}


def _is_address(name: str) -> bool:
    return name.endswith(("URL", "detail_url")) or "actionURL" in name


def _is_button(name: str) -> bool:
    return name in {"primary_text", "secondary_text", "detail_text"} or "Title" in name


def _addresses(tokens: Sequence[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type in {"link_open", "image"}:
            yield str(token.attrs.get("href") or token.attrs.get("src"))


def _tokens(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _tokens(token.children or [])


def _key_in(request: httpx.Request) -> str | None:
    if request.url.path.endswith("/createAndDeliver"):
        return str(json.loads(request.content)["outTrackId"])
    if request.url.path.endswith("/asyncsend_v2"):
        return request.content.decode().rpartition("> Ref ")[2][:8]
    return None


def _recipients(people: Sequence[dict[str, str]]) -> list[Recipient]:
    first, second = people[:2]
    return [
        Recipient(RecipientKind.MOBILE, first["mobile"]),
        Recipient(RecipientKind.USER, second["id"], mobile=second["mobile"]),
    ]


def subject_of(edition: Edition, plugin: object, **config: object) -> Subject:
    """Return one edition as the contract suite takes it."""

    def far_end(clock: Clock) -> httpx.ASGITransport:
        app = create(brand=edition.name, clock=lambda: clock.now().timestamp())
        return httpx.ASGITransport(app)

    demo = create(brand=edition.name).state.demo
    own = {**demo["config"], **config}
    return Subject(
        channel_type=channel_type(edition),
        config=own,
        far_end=far_end,
        recipients=_recipients(demo["people"]),
        stranger=Recipient(RecipientKind.MOBILE, "+8613912345678"),
        nobody=Identity("nobody", "user_id"),
        plugin=plugin,
        marks=marks,
        syntax=SYNTAX,
        max_bytes=40_000,
        key_in=_key_in if own.get("card_template_id") else None,
        is_token=lambda request: request.url.path.endswith("/accessToken"),
        hostile=[
            {"app_key": "a b"},
            {"api_base": "javascript:alert(1)"},
            {"oapi_base": "https://openplatform.dg-work.cn"},
            {"nonsense": 1},
        ],
    )
