"""Draws the card dialect of markdown as HTML (documentation: "Rich text component").

All text is escaped; the numeric entities by which a card escapes user text are shown as the
characters they stand for, never as markup.
"""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from markupsafe import Markup, escape

_COOL = ("neutral", "grey", "blue", "wathet", "turquoise", "green", "indigo", "violet", "purple")
_WARM = ("lime", "yellow", "orange", "red", "carmine")
COLOURS = frozenset((*_COOL, *_WARM))
HEAD_CELL, CELL = Markup("<th>{}</th>"), Markup("<td>{}</td>")
LINK = re.compile(r"(?:https?|lark)://[^\s\"'<>]+")
INLINE = re.compile(
    r"(?P<code>`[^`\n]+`)"
    r"|!\[(?P<alt>[^\]\n]*)\]\((?P<image>[^)\s]*)\)"
    r"|\[(?P<text>[^\]\n]*)\]\((?P<url>[^)\s]*)\)"
    r"|\*\*(?P<bold>[^\n]+?)\*\*"
    r"|~~(?P<strike>[^\n]+?)~~"
    r"|\*(?P<italic>[^*\n]+?)\*"
    r"|<(?P<tag>at|font|text_tag|number_tag|a|link|person|local_datetime|raw)"
    r"(?P<attributes>(?:\s[^<>]*?)?)>(?P<inner>.*?)</(?P=tag)>"
    r"|<br\s*/?>(?P<br>)",
    re.DOTALL,
)
ATTRIBUTE = re.compile(r"(\w+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+))")
BLOCK = re.compile(r"(?P<indent>\s*)(?:(?P<bullet>[-*])|(?P<number>\d+)\.)\s+(?P<item>.*)")
HEADING = re.compile(r"(#{1,6})\s+(.*)")
RULE = re.compile(r"\s*(?:---+|<hr\s*/?>)\s*")
TABLE_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*")


@dataclass(frozen=True)
class Scene:
    """How the names a text refers to are shown."""

    person: Callable[[str], str]
    image: Callable[[str], str]


def literal(text: str) -> Markup:
    """Return text as it reads, with entities resolved and nothing left to interpret."""
    lines = [escape(html.unescape(line)) for line in text.split("\n")]
    return Markup("<br>").join(lines)


def inline(text: str, scene: Scene) -> Markup:
    """Return one run of text with its emphasis, links, mentions and colours."""
    drawn, end = Markup(), 0
    for found in INLINE.finditer(text):
        drawn += literal(text[end : found.start()]) + _piece(found, scene)
        end = found.end()
    return drawn + literal(text[end:])


def _piece(found: re.Match[str], scene: Scene) -> Markup:
    for name, tag in (("bold", "strong"), ("strike", "s"), ("italic", "em")):
        if found[name] is not None:
            return Markup("<{0}>{1}</{0}>").format(Markup(tag), inline(found[name], scene))  # noqa: S704 - one of three literals
    if found["code"]:
        return Markup("<code>{}</code>").format(html.unescape(found["code"][1:-1]))
    if found["image"] is not None:
        return Markup('<img src="{}" alt="{}">').format(scene.image(found["image"]), found["alt"])
    if found["url"] is not None:
        return anchor(found["url"], inline(found["text"], scene))
    if found["tag"]:
        return _tag(found, scene)
    return Markup("<br>")


def anchor(url: str, shown: Markup) -> Markup:
    """Return a link to a web address; any other address is shown as text only."""
    if not LINK.fullmatch(url):
        return shown
    return Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>').format(
        url, shown
    )


def _tag(found: re.Match[str], scene: Scene) -> Markup:
    attributes = {
        each[0]: each[1] or each[2] or each[3] for each in ATTRIBUTE.findall(found["attributes"])
    }
    return TAGS[found["tag"]](attributes, found["inner"], scene)


def _at(attributes: dict[str, str], inner: str, scene: Scene) -> Markup:
    ids = attributes.get("ids") or attributes.get("id") or attributes.get("user_id") or ""
    names = [scene.person(each) for each in (ids or attributes.get("email", inner)).split(",")]
    shown = [Markup('<span class="at">@{}</span>').format(name) for name in names]
    return Markup(" ").join(shown)


def _font(attributes: dict[str, str], inner: str, scene: Scene) -> Markup:
    colour = colour_class(attributes.get("color", ""))
    return Markup('<span class="ink {}">{}</span>').format(colour, inline(inner, scene))


def _text_tag(attributes: dict[str, str], inner: str, scene: Scene) -> Markup:
    colour = colour_class(attributes.get("color", "neutral"))
    return Markup('<span class="tag {}">{}</span>').format(colour, inline(inner, scene))


def _link(attributes: dict[str, str], inner: str, scene: Scene) -> Markup:
    url = attributes.get("href") or attributes.get("url") or ""
    return anchor(url, inline(inner, scene))


def _time(attributes: dict[str, str], inner: str, _scene: Scene) -> Markup:
    milliseconds = attributes.get("millisecond", "")
    if not re.fullmatch(r"\d{1,14}", milliseconds):
        return literal(inner)
    moment = datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    return Markup('<time datetime="{}">{}</time>').format(
        moment.isoformat(), f"{moment:%Y-%m-%d %H:%M} UTC"
    )


def _raw(_attributes: dict[str, str], inner: str, _scene: Scene) -> Markup:
    return literal(inner)


Tag = Callable[[dict[str, str], str, Scene], Markup]
TAGS: dict[str, Tag] = {
    "at": _at,
    "person": _at,
    "font": _font,
    "text_tag": _text_tag,
    "number_tag": _text_tag,
    "a": _link,
    "link": _link,
    "local_datetime": _time,
    "raw": _raw,
}


def colour_class(colour: str) -> str:
    """Return the class of a known colour, or none; shades such as red-500 are their colour."""
    name = colour.partition("-")[0]
    return f"c-{name}" if name in COLOURS else ""


def blocks(text: str, scene: Scene, *, new: bool = True) -> Markup:
    """Return a whole text; headings, quotes and tables exist in JSON 2.0 only."""
    lines, drawn = text.split("\n"), Markup()
    while lines:
        taken, piece = _block(lines, scene, new=new)
        drawn += piece
        lines = lines[taken:]
    return drawn


def _block(lines: list[str], scene: Scene, *, new: bool) -> tuple[int, Markup]:
    first = lines[0]
    if first.startswith("```"):
        return _fence(lines)
    if RULE.fullmatch(first):
        return 1, Markup("<hr>")
    if BLOCK.fullmatch(first):
        return _list(lines, scene)
    found = _newer_block(lines, scene) if new else None
    return found or _paragraph(lines, scene, new=new)


def _newer_block(lines: list[str], scene: Scene) -> tuple[int, Markup] | None:
    first = lines[0]
    if heading := HEADING.fullmatch(first):
        shown = inline(heading[2], scene)
        return 1, Markup('<p class="h{}">{}</p>').format(len(heading[1]), shown)
    if first.startswith(">"):
        return _quote(lines, scene)
    if len(lines) > 1 and "|" in first and TABLE_RULE.fullmatch(lines[1]):
        return _table(lines, scene)
    return None


def _while(lines: list[str], goes_on: Callable[[str], object]) -> int:
    for count, line in enumerate(lines):
        if not goes_on(line):
            return count
    return len(lines)


def _fence(lines: list[str]) -> tuple[int, Markup]:
    inside = _while(lines[1:], lambda line: not line.startswith("```"))
    code = html.unescape("\n".join(lines[1 : 1 + inside]))
    return inside + 2, Markup("<pre><code>{}</code></pre>").format(code)


def _list(lines: list[str], scene: Scene) -> tuple[int, Markup]:
    count = _while(lines, BLOCK.fullmatch)
    drawn = Markup('<ul class="list">')
    for line in lines[:count]:
        found = BLOCK.fullmatch(line)
        if found is None:
            break
        depth = min(len(found["indent"]) // 4, 3)
        mark = f"{found['number']}." if found["number"] else "•"
        shown = inline(found["item"], scene)
        drawn += Markup('<li class="d{}"><i>{}</i><span>{}</span></li>').format(depth, mark, shown)
    return count, drawn + Markup("</ul>")


def _quote(lines: list[str], scene: Scene) -> tuple[int, Markup]:
    count = _while(lines, lambda line: line.startswith(">"))
    said = "\n".join(line[1:].removeprefix(" ") for line in lines[:count])
    return count, Markup("<blockquote>{}</blockquote>").format(inline(said, scene))


def _table(lines: list[str], scene: Scene) -> tuple[int, Markup]:
    count = _while(lines, lambda line: "|" in line)
    drawn = Markup("<table>")
    for number, line in enumerate(lines[:count]):
        if number == 1:
            continue
        cell = CELL if number else HEAD_CELL
        cells = [cell.format(inline(each.strip(), scene)) for each in line.strip(" |").split("|")]
        drawn += Markup("<tr>{}</tr>").format(Markup().join(cells))
    return count, drawn + Markup("</table>")


def _paragraph(lines: list[str], scene: Scene, *, new: bool) -> tuple[int, Markup]:
    def goes_on(line: str) -> bool:
        special = line.startswith("```") or RULE.fullmatch(line) or BLOCK.fullmatch(line)
        newer = new and (line.startswith(">") or HEADING.fullmatch(line))
        return bool(line.strip()) and not special and not newer

    count = _while(lines, goes_on)
    if count == 0:
        return 1, Markup()
    return count, Markup("<p>{}</p>").format(inline("\n".join(lines[:count]), scene))
