"""What the templates ask about a message: its texts in the reader's language, its buttons."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

from . import markdown
from .card_check import LINK, is_new
from .model import Json, Message, Person
from .state import Emulator

LANGUAGES = {"en": "en_us", "zh-CN": "zh_cn"}
BUTTON_LOOKS = {"primary", "danger", "text", "laser"}


@dataclass(frozen=True)
class View:
    """One message as one reader sees it; without a reader the group's first language counts."""

    emulator: Emulator
    message: Message
    reader: Person | None

    @property
    def card(self) -> Json | None:
        """The card, or None."""
        return self.message.card

    @property
    def elements(self) -> list[Json]:
        """The card's elements in either dialect."""
        card = self.card or {}
        if is_new(card):
            found: list[Json] = card.get("body", {}).get("elements", [])
            return found
        by_language = card.get("i18n_elements") or {}
        elements: list[Json] = by_language.get(self.language) or card.get("elements", [])
        return elements

    @property
    def language(self) -> str:
        """The reader's language as cards name it."""
        return LANGUAGES.get(self.reader.locale if self.reader else "en", "en_us")

    @property
    def scene(self) -> markdown.Scene:
        """How names in texts are shown."""
        return markdown.Scene(self.name_of, self.image)

    def name_of(self, value: str) -> str:
        """Return the name behind any id or e-mail of a mention."""
        if value == "all":
            return "All"
        directory = self.emulator.directory
        for kind in ("open_id", "user_id", "union_id", "email"):
            for app_id in self.emulator.apps:
                person = directory.named(kind, value, app_id)
                if person is not None:
                    return person.name
        return value

    @staticmethod
    def image(key: str) -> str:
        """Return where an uploaded image is served."""
        return f"/_emulator/images/{key}"

    def said(self, node: Json) -> str:
        """Return the text of a node in the reader's language, or in one that exists."""
        local = node.get("i18n_content") or node.get("i18n") or {}
        return str(
            local.get(self.language) or node.get("content") or next(iter(local.values()), "")
        )

    def text(self, node: Any) -> Markup:  # noqa: ANN401 - any JSON
        """Return a text object: plain text as it is, lark_md with its markup."""
        if not isinstance(node, dict):
            return Markup()
        if node.get("tag") == "plain_text":
            lines = [Markup("{}").format(line) for line in self.said(node).split("\n")]
            return Markup("<br>").join(lines)
        return markdown.inline(self.said(node), self.scene)

    def markdown(self, node: Json) -> Markup:
        """Return a markdown element."""
        return markdown.blocks(self.said(node), self.scene, new=is_new(self.card or {}))

    def colour(self, name: object) -> str:
        """Return the class of a colour."""
        return markdown.colour_class(str(name or ""))

    def buttons(self) -> list[Json]:
        """Return all buttons of the card in reading order; a button's number is its place."""
        return [each for each in _walk(self.elements) if each.get("tag") == "button"]

    def number(self, button: Json) -> int:
        """Return the number by which a press names the button."""
        return next(place for place, each in enumerate(self.buttons()) if each is button)

    @staticmethod
    def link(button: Json) -> str:
        """Return the address a button opens, or nothing."""
        opens = [each for each in button.get("behaviors", []) if each.get("type") == "open_url"]
        legacy = {"default_url": button.get("url"), **(button.get("multi_url") or {})}
        for each in (*opens, legacy):
            url = each.get("default_url") or each.get("pc_url") or each.get("url") or ""
            if LINK.fullmatch(str(url)):
                return str(url)
        return ""

    @staticmethod
    def value(button: Json) -> Any:  # noqa: ANN401 - a callback value is any JSON
        """Return what a press of the button would send, or None when it sends nothing."""
        for each in button.get("behaviors", []):
            if each.get("type") == "callback":
                return each.get("value")
        return button.get("value")

    @staticmethod
    def look(button: Json) -> str:
        """Return the class of a button's type."""
        kind, _, filled = str(button.get("type", "default")).partition("_")
        known = kind if kind in BUTTON_LOOKS else "default"
        return f"{known} filled" if filled == "filled" or known == "laser" else known

    def plain(self) -> Markup:
        """Return the content of a message that is no card."""
        content = json.loads(self.message.content)
        if self.message.msg_type == "text":
            return markdown.inline(str(content.get("text", "")), self.scene)
        if self.message.msg_type == "image":
            source = self.image(str(content.get("image_key", "")))
            return Markup('<img src="{}" alt="">').format(source)
        if self.message.msg_type == "post":
            return self._post(content.get("post", content))
        return Markup("<code>{}</code>").format(self.message.msg_type)

    def _post(self, content: Json) -> Markup:
        localized: Json = content.get(self.language) or next(iter(content.values()), {})
        title = Markup("<strong>{}</strong>").format(localized.get("title", ""))
        lines = [Markup().join(map(self._post_part, line)) for line in localized.get("content", [])]
        return Markup("<br>").join([title, *lines] if localized.get("title") else lines)

    def _post_part(self, part: Json) -> Markup:
        text = Markup("{}").format(part.get("text", ""))
        if part["tag"] == "a":
            return markdown.anchor(str(part.get("href", "")), text)
        if part["tag"] == "at":
            name = self.name_of(str(part.get("user_id", "")))
            return Markup('<span class="at">@{}</span>').format(name)
        if part["tag"] == "img":
            source = self.image(str(part.get("image_key", "")))
            return Markup('<img src="{}" alt="">').format(source)
        return (
            markdown.blocks(str(part.get("text", "")), self.scene) if part["tag"] == "md" else text
        )

    def preview(self) -> str:
        """Return one line for a list of conversations."""
        if self.card is not None:
            title = (self.card.get("header") or {}).get("title") or {}
            return self.said(title) or "[Card]"
        if self.message.msg_type == "text":
            return str(json.loads(self.message.content).get("text", ""))
        return f"[{self.message.msg_type}]"


def _walk(node: Any) -> Iterator[Json]:  # noqa: ANN401 - any JSON
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from _walk(each)


def clock_time(seconds: float) -> str:
    """Return a moment as the page shows it."""
    return f"{datetime.fromtimestamp(seconds, UTC):%d %b %H:%M}"
