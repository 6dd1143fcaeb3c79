"""Judges a card the way the platform does: the first thing wrong stops it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .card_schema import ELEMENTS, LANGUAGES, OBJECTS, OLD_ELEMENTS, OLD_OBJECTS, ONLY_OLD, Table
from .model import Json

MOST_TAGS = 200
DEEPEST = 100
AT = re.compile(r"<at\s+([^>]*?)/?>")
ATTRIBUTE = re.compile(r"(\w+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+))")
PICTURE = re.compile(r"!\[[^\]]*\]\(([^)\s]*)\)")
LINK = re.compile(r"https?://[^\s]+|lark://[^\s]+")
ELEMENT_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,19}")
SCALARS: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "bool": (bool,),
    "num": (int, float),
    "object": (dict,),
    "any": (str, dict, list, int, float, bool),
}


class CardError(Exception):
    """Why a card is refused: the platform's sub-code, where, and a sentence."""

    def __init__(self, sub: int, path: str, message: str, value: object = "") -> None:
        self.sub = sub
        shown = str(value)[:80]
        self.ext = f"ErrCode: {sub}; ErrPath: {path}; ErrMsg: {message}; ErrorValue: {shown}; "
        super().__init__(self.ext)


@dataclass(frozen=True)
class Known:
    """What a card may refer to in the chat it goes to."""

    person: Callable[[str], bool]
    email: Callable[[str], bool]
    image: Callable[[str], bool]
    at_all: bool = False


@dataclass
class _Judge:
    known: Known
    objects: Table
    elements: Table
    strict: bool
    tags: int = 0
    element_ids: set[str] = field(default_factory=set)

    def object(self, kind: str, value: Any, path: str) -> None:  # noqa: ANN401 - any JSON
        if not isinstance(value, dict):
            raise CardError(200621, path, f"{kind} must be an object", value)
        if path.count(" -> ") > DEEPEST:
            raise CardError(200621, "ROOT", "card is nested too deeply")
        table = self.objects[kind] if kind in self.objects else self.elements[kind]
        self._count(value, path)
        for name in value:
            if name not in table and self.strict:
                raise CardError(200621, path, f"unknown property: {name}", value[name])
        for name, wanted in table.items():
            if name in value:
                self.value(wanted.rstrip("!"), value[name], f"{path} -> {name}")
            elif wanted.endswith("!"):
                raise CardError(200621, path, f"{name} is required")

    def _count(self, value: Json, path: str) -> None:
        self.tags += "tag" in value
        if self.strict and self.tags > MOST_TAGS:
            raise CardError(11310, path, "element exceeds the limit", self.tags)

    def value(self, kind: str, value: Any, path: str) -> None:  # noqa: ANN401 - any JSON
        if kind[0] == "[":
            self._list(kind[1:-1], value, path)
        elif kind[0] == "{":
            self._languages(kind[1:-1], value, path)
        elif kind[0] == "=":
            if value not in kind[1:].split("|"):
                raise CardError(200621, path, "value is not allowed", value)
        elif kind in SCALARS:
            if not isinstance(value, SCALARS[kind]):
                raise CardError(200621, path, f"must be of type {kind}", value)
        elif kind in CHECKS:
            CHECKS[kind](self, value, path)
        else:
            self.object(kind, value, path)

    def _list(self, kind: str, value: Any, path: str) -> None:  # noqa: ANN401 - any JSON
        if not isinstance(value, list):
            raise CardError(200621, path, "must be a list", value)
        for index, each in enumerate(value):
            tag = each.get("tag") if isinstance(each, dict) else None
            self.value(
                kind, each, f"{path} -> [{index}](tag: {tag})" if tag else f"{path}[{index}]"
            )

    def _languages(self, kind: str, value: Any, path: str) -> None:  # noqa: ANN401 - any JSON
        if not isinstance(value, dict) or not set(value) <= LANGUAGES:
            raise CardError(200621, path, "must be an object of languages", value)
        for language, each in value.items():
            self.value(kind, each, f"{path} -> {language}")


Check = Callable[[_Judge, Any, str], None]


def _element(judge: _Judge, value: Any, path: str) -> None:  # noqa: ANN401 - any JSON
    tag = value.get("tag") if isinstance(value, dict) else None
    if judge.strict and tag in ONLY_OLD:
        message = f"cards of schema V2 no longer support this capability; unsupported tag {tag}"
        raise CardError(200861, path, message, tag)
    if tag not in judge.elements:
        raise CardError(200621, path, "unknown tag", tag)
    if not judge.strict and tag == "button" and path.rpartition(" -> ")[0] == "ROOT -> elements":
        raise CardError(200621, path, "a button must be inside an action", tag)
    judge.object(str(tag), value, path)


def _note_item(judge: _Judge, value: Any, path: str) -> None:  # noqa: ANN401 - any JSON
    tag = value.get("tag") if isinstance(value, dict) else None
    if tag == "img":
        judge.object("img", value, path)
    else:
        _text(judge, value, path)


def _text(judge: _Judge, value: Any, path: str) -> None:  # noqa: ANN401 - any JSON
    tag = value.get("tag") if isinstance(value, dict) else None
    if tag == "markdown" and judge.strict:
        judge.object("markdown", value, path)
    elif tag in ("plain_text", "lark_md"):
        judge.object(tag, value, path)
    else:
        raise CardError(200621, path, "a text must be plain_text or lark_md", tag)


def _behavior(judge: _Judge, value: Any, path: str) -> None:  # noqa: ANN401 - any JSON
    kind = value.get("type") if isinstance(value, dict) else None
    if kind not in ("open_url", "callback", "form_action"):
        raise CardError(200621, path, "unknown behavior", kind)
    judge.object(kind, value, path)
    if kind == "open_url" and not _has_link(value, "default_url"):
        raise CardError(200621, path, "default_url is required")


def _has_link(value: Json, name: str) -> bool:
    platforms = ("pc_url", "ios_url", "android_url")
    return bool(value.get(name)) or all(value.get(each) for each in platforms)


def _card_link(judge: _Judge, value: Any, path: str) -> None:  # noqa: ANN401 - any JSON
    judge.object("card_link", value, path)
    if not _has_link(value, "url"):
        raise CardError(200621, path, "url or all three platform urls are required")


def _href(_judge: _Judge, value: Any, path: str) -> None:  # noqa: ANN401 - any JSON
    if not isinstance(value, str) or (value and not LINK.fullmatch(value)):
        raise CardError(200621, path, "a link must be http or https", value)


def _image(judge: _Judge, value: Any, path: str) -> None:  # noqa: ANN401 - any JSON
    if not isinstance(value, str) or not judge.known.image(value):
        raise CardError(200570, path, "invalid image key", value)


def _id(judge: _Judge, value: Any, path: str) -> None:  # noqa: ANN401 - any JSON
    if not isinstance(value, str) or not ELEMENT_ID.fullmatch(value):
        raise CardError(300301, path, "element_id is malformed", value)
    if value in judge.element_ids:
        raise CardError(300301, path, "duplicate element_id", value)
    judge.element_ids.add(value)


def _markdown(judge: _Judge, value: Any, path: str) -> None:  # noqa: ANN401 - any JSON
    if not isinstance(value, str):
        raise CardError(200621, path, "must be of type str", value)
    for found in AT.finditer(value):
        _mention(judge, found[1], path)
    for found in PICTURE.finditer(value):
        _image(judge, found[1], path)


def _mention(judge: _Judge, attributes: str, path: str) -> None:
    named = {each[0]: each[1] or each[2] or each[3] for each in ATTRIBUTE.findall(attributes)}
    wanted = [each for name in ("id", "ids") for each in named.get(name, "").split(",") if each]
    known = all(_may_mention(judge, each) for each in wanted)
    if "email" in named:
        known = known and judge.known.email(named["email"])
    if not known or not (wanted or "email" in named):
        raise CardError(100290, path, "invalid user id in at", attributes)


def _may_mention(judge: _Judge, value: str) -> bool:
    return judge.known.at_all if value == "all" else judge.known.person(value)


CHECKS: dict[str, Check] = {
    "element": _element,
    "note_item": _note_item,
    "text": _text,
    "behavior": _behavior,
    "card_link": _card_link,
    "href": _href,
    "image": _image,
    "id": _id,
    "md": _markdown,
}


def is_new(card: Json) -> bool:
    """Tell whether a card speaks JSON 2.0."""
    return card.get("schema") == "2.0"


def check(card: Json, known: Known) -> None:
    """Return when the platform would show the card, or raise CardError."""
    new = is_new(card)
    if not new and card.get("schema", "1.0") != "1.0":
        raise CardError(200621, "ROOT -> schema", "unknown schema", card["schema"])
    tables = (OBJECTS, ELEMENTS) if new else (OLD_OBJECTS, OLD_ELEMENTS)
    _Judge(known, *tables, strict=new).object("root", card, "ROOT")
    if new and card.get("config", {}).get("update_multi") is False:
        raise CardError(300302, "ROOT -> config", "update_multi can not be false", value=False)


def is_shared(card: Json) -> bool:
    """Tell whether all viewers see the same card, so that it may be updated."""
    return is_new(card) or card.get("config", {}).get("update_multi") is True
