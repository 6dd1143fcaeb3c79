"""Draws the platform's markdown as HTML (documentation: "markdown-variable-new" and section 9's).

Cards know tables, fenced code, `<font>` and `<br>`; messages of robots know less. All text is
escaped, and only web addresses and DingTalk's own become links.
"""

import html
import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from markupsafe import Markup, escape

LINK = re.compile(r"(?:https?|dingtalk)://[^\s\"'<>]+")
INLINE = re.compile(
    r"\\(?P<escaped>[\\`*_{}\[\]()#+\-.!|>~<])"
    r"|(?P<code>`[^`\n]+`)"
    r"|!\[(?P<alt>[^\]\n]*)\]\((?P<image>[^)\s]*)\)"
    r"|\[(?P<text>(?:\\.|[^\]\\\n])*)\]\((?P<url>[^)\s]*)\)"
    r"|\*\*(?P<bold>[^\n]+?)\*\*"
    r"|\*(?P<italic>[^*\n]+?)\*"
    r"|<font(?P<font>(?:\s[^<>]*)?)>(?P<coloured>.*?)</font>"
    r"|<a\s+atId=(?P<at>[^<>\s]+)>(?P<name>[^<>]*)</a>"
    r"|<br\s*/?>(?P<br>)",
    re.DOTALL,
)
BLOCK = re.compile(r"(?P<indent>\s*)(?:(?P<bullet>[-*+])|(?P<number>\d+)\.)\s+(?P<item>.*)")
HEADING = re.compile(r"(#{1,6})\s+(.*)")
RULE = re.compile(r"\s*(?:\*\*\*+|---+)\s*")
TABLE_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*")
FONT_COLOUR = re.compile(r"(?:colorTokenV2=common_|color=['\"]?)([a-z]+)")
COLOURS = ("red", "green", "blue", "orange", "yellow", "gray", "grey", "purple")
HEAD_CELL, CELL = Markup("<th>{}</th>"), Markup("<td>{}</td>")


def literal(text: str) -> Markup:
    """Return text as it reads: entities become the characters they stand for, never markup."""
    return Markup("<br>").join(escape(html.unescape(line)) for line in text.split("\n"))


def inline(text: str) -> Markup:
    """Return one run of text with its emphasis, links and colours."""
    drawn, end = Markup(), 0
    for found in INLINE.finditer(text):
        drawn += literal(text[end : found.start()]) + _piece(found)
        end = found.end()
    return drawn + literal(text[end:])


def _piece(found: re.Match[str]) -> Markup:
    if found["escaped"]:
        return escape(found["escaped"])
    if found["code"]:
        return Markup("<code>{}</code>").format(html.unescape(found["code"][1:-1]))
    for name, drawn in (("bold", "<strong>{}</strong>"), ("italic", "<em>{}</em>")):
        if found[name] is not None:
            return Markup(drawn).format(inline(found[name]))  # noqa: S704 - one of two literals
    return _reference(found)


def _reference(found: re.Match[str]) -> Markup:
    if found["image"] is not None:
        return Markup('<span class="picture">{}</span>').format(found["alt"] or "picture")
    if found["url"] is not None:
        return anchor(found["url"], inline(found["text"]))
    if found["coloured"] is not None:
        return _font(found)
    if found["at"]:
        return Markup('<span class="at">@{}</span>').format(found["name"].lstrip("@"))
    return Markup("<br>")


def _font(found: re.Match[str]) -> Markup:
    named = FONT_COLOUR.search(found["font"] or "")
    colour = named[1] if named and named[1] in COLOURS else "plain"
    return Markup('<span class="ink-{}">{}</span>').format(colour, inline(found["coloured"]))


def web_address(url: str) -> str:
    """Return what a link opens: the page inside a `dingtalk://` link, or nothing if it is none."""
    if not LINK.fullmatch(url):
        return ""
    if not url.startswith("dingtalk:"):
        return url
    query = parse_qs(urlsplit(url).query)
    inner = (query.get("url") or query.get("redirect_url") or [""])[0]
    return inner if LINK.fullmatch(inner) and inner.startswith("http") else ""


def anchor(url: str, shown: Markup) -> Markup:
    """Return a link to a web address; any other address is shown as text only."""
    address = web_address(html.unescape(url))
    if not address:
        return shown
    return Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>').format(
        address, shown
    )


def blocks(text: str) -> Markup:
    """Return a whole text."""
    lines, drawn = text.split("\n"), Markup()
    while lines:
        taken, piece = _block(lines)
        drawn += piece
        lines = lines[taken:]
    return drawn


def _block(lines: list[str]) -> tuple[int, Markup]:
    first = lines[0]
    if first.startswith("```"):
        return _fence(lines)
    if RULE.fullmatch(first) or HEADING.fullmatch(first):
        return 1, _line(first)
    if first.startswith(">"):
        return _quote(lines)
    if BLOCK.fullmatch(first):
        return _list(lines)
    if len(lines) > 1 and "|" in first and TABLE_RULE.fullmatch(lines[1]):
        return _table(lines)
    return _paragraph(lines)


def _line(line: str) -> Markup:
    heading = HEADING.fullmatch(line)
    if heading is None:
        return Markup("<hr>")
    return Markup('<p class="h{}">{}</p>').format(len(heading[1]), inline(heading[2]))


def _while(lines: list[str], goes_on: Callable[[str], object]) -> int:
    for count, line in enumerate(lines):
        if not goes_on(line):
            return count
    return len(lines)


def _fence(lines: list[str]) -> tuple[int, Markup]:
    inside = _while(lines[1:], lambda line: not line.startswith("```"))
    code = html.unescape("\n".join(lines[1 : 1 + inside]))
    return inside + 2, Markup("<pre><code>{}</code></pre>").format(code)


def _quote(lines: list[str]) -> tuple[int, Markup]:
    count = _while(lines, lambda line: line.startswith(">"))
    said = "\n".join(line[1:].removeprefix(" ").rstrip() for line in lines[:count])
    return count, Markup("<blockquote>{}</blockquote>").format(blocks(said))


def _list(lines: list[str]) -> tuple[int, Markup]:
    count = _while(lines, BLOCK.fullmatch)
    drawn = Markup()
    for line in lines[:count]:
        found = BLOCK.fullmatch(line)
        if found is not None:
            drawn += _item(found)
    return count, Markup('<ul class="list">{}</ul>').format(drawn)


def _item(found: re.Match[str]) -> Markup:
    depth = min(len(found["indent"]) // 2, 3)
    mark = f"{found['number']}." if found["number"] else "•"
    item = Markup('<li class="d{}"><i>{}</i><span>{}</span></li>')
    return item.format(depth, mark, inline(found["item"]))


def _table(lines: list[str]) -> tuple[int, Markup]:
    count = _while(lines, lambda line: "|" in line)
    drawn = _row(lines[0], HEAD_CELL)
    for line in lines[2:count]:
        drawn += _row(line, CELL)
    return count, Markup("<table>{}</table>").format(drawn)


def _row(line: str, cell: Markup) -> Markup:
    cells = (cell.format(inline(each.strip())) for each in line.strip(" |").split("|"))
    return Markup("<tr>{}</tr>").format(Markup().join(cells))


def _paragraph(lines: list[str]) -> tuple[int, Markup]:
    count = _while(lines, _is_plain)
    if count == 0:
        # an empty line, or one that no rule above took
        shown = inline(lines[0])
        return 1, Markup("<p>{}</p>").format(shown) if lines[0].strip() else Markup()
    said = "\n".join(line.rstrip() for line in lines[:count])
    return count, Markup("<p>{}</p>").format(inline(said))


def _is_plain(line: str) -> bool:
    special = line.startswith(("```", ">")) or HEADING.fullmatch(line) or RULE.fullmatch(line)
    return bool(line.strip()) and not special and not BLOCK.fullmatch(line)
