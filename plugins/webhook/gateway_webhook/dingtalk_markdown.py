"""From the card's markdown to that of DingTalk's robots (documentation: "Custom robot access").

They know headings, quotes, bold, italics, links, pictures and lists. Bold, italics, links and
lists are what a card's text may use; code is shown as plain text, for not every client draws it.
Everything else is escaped, and where a mark would lead somewhere an invisible joint breaks it
too: not every client heeds a backslash.
"""

import re
from collections.abc import Iterator

JOINT = "\u200b"
BREAK = "  \n"
"""Two blanks at its end are what makes a line end."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_SPECIAL = re.compile(r"[\\`*_\[\]<~|]|&(?=#?\w)")
_JOINED = frozenset("]<&")
_FENCE = re.compile(r"\s*(`{3,}|~{3,})[^`]*")
_ITEM = re.compile(r"\s*(?:[-*+]|(\d{1,9})[.)])[ \t]+(\S.*)")
_NUMBER = re.compile(r"(\d{1,9})([.)])")
_IN_URL = re.compile(r"[\"'()<>\[\]\\^`{|}*~\s]")
_WIDE = str.maketrans({"[": "\uff3b", "]": "\uff3d"})
_SPACES = " \t\u00a0\u3000"
_INLINE = re.compile(
    r"\\(?P<escaped>[!-/:-@\[-`{-~])"
    r"|(?P<ticks>`{1,2})(?P<code>[^`]{1,500})(?P=ticks)(?!`)"
    r"|\[(?P<label>[^\[\]]{1,500})\]"
    r"\((?P<url>https?://[^\s()<>]{1,2048}(?:\([^\s()<>]{0,200}\)[^\s()<>]{0,200}){0,4})\)"
    r"|\*\*(?=[^\s*_])(?P<bold>(?:[^*]|\*(?!\*)){1,500})(?<=[^\s\\])\*\*"
    r"|(?<!\w)__(?=[^\s*_])(?P<strong>(?:[^_]|_(?!_)){1,500})(?<=[^\s\\])__(?!\w)"
    r"|\*(?=[^\s*_])(?P<italic>[^*]{1,500})(?<=[^\s\\_])\*(?![*\w])"
    r"|(?<!\w)_(?=[^\s*_])(?P<slanted>[^_]{1,500})(?<=[^\s\\*])_(?![*\w])"
)
"""No mark reaches past the next one of its kind, so that no text takes long."""
_DEEPEST = 3


def clean(text: str) -> str:
    """Drop control characters, and halves of characters that no UTF-8 can carry."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    """Return a text without its line ends and needless blanks, unescaped."""
    return " ".join(clean(text).split())


def escape(text: str) -> str:
    """Return one line or several as text that shows exactly itself."""
    return BREAK.join(_start(_inert(line.strip(_SPACES))) for line in clean(text).split("\n"))


def link(label: str, url: str) -> str:
    """Return a link; brackets in its label, which not every client can tell, become wide ones."""
    shown = _inert(one_line(label).translate(_WIDE)) or _inert(url)
    return f"[{shown}]({_target(url)})"


def picture(alt: str, url: str) -> str:
    """Return a picture."""
    return "!" + (link(alt, url) if one_line(alt) else f"[]({_target(url)})")


def translate(text: str) -> str:
    """Return the card's markdown in the robots' dialect."""
    lines: list[str] = []
    was_item = False
    for is_item, line in _lines(clean(text).split("\n")):
        if lines and lines[-1] and line and is_item != was_item:
            lines.append("")  # else a list would go on, or not begin
        lines.append(line)
        was_item = is_item
    return BREAK.join(lines).strip(" \n")


def _lines(lines: list[str]) -> Iterator[tuple[bool, str]]:
    """Write each line, telling whether it is a list's item."""
    fence = ""
    for line in lines:
        opening = _FENCE.fullmatch(line)
        if fence:
            shut = line.strip()
            if shut.startswith(fence) and not shut.strip(fence[0]):
                fence = ""
            else:
                yield False, _code_line(line)
        elif opening:
            fence = opening.group(1)
        else:
            yield _line(line)


def _code_line(line: str) -> str:
    body = line.expandtabs(4).lstrip(" ")
    indent = len(line.expandtabs(4)) - len(body)
    return "\u00a0" * indent + (_inert(body) if indent else _start(_inert(body)))


def _line(line: str) -> tuple[bool, str]:
    item = _ITEM.fullmatch(line)
    if item is None:
        return False, _start(_inline(line.strip(_SPACES)))
    number, content = item.groups()
    mark = f"{number}." if number else "-"
    return True, f"{mark} {_start(_inline(content.strip(_SPACES)))}"


def _start(line: str) -> str:
    """Take its meaning from what begins a line: a heading, a quote, a list, a rule."""
    if line[:1] in {"#", ">", "-", "+", "="}:
        return f"\\{line[0]}{JOINT}{line[1:]}"
    return _NUMBER.sub(r"\1\\\2" + JOINT, line, count=1) if _NUMBER.match(line) else line


def _inert(text: str) -> str:
    return _SPECIAL.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    mark = found.group()
    return f"\\{mark}{JOINT}" if mark in _JOINED else f"\\{mark}"


def _inline(text: str, depth: int = 0) -> str:
    """Write text, bold, italics and links; what is inside them again, but not for ever."""
    if depth > _DEEPEST:
        return _inert(text)
    out = ""
    at = 0
    for found in _INLINE.finditer(text):
        out += _inert(text[at : found.start()])
        joint = JOINT if out.endswith("!") else ""  # else a link becomes a picture
        out += joint + _mark(found, depth)
        at = found.end()
    return out + _inert(text[at:])


def _mark(found: re.Match[str], depth: int) -> str:
    parts = found.groupdict()
    if parts["escaped"]:
        return _inert(parts["escaped"])
    if parts["code"]:
        return _inert(parts["code"].strip())
    if parts["url"]:
        return link(parts["label"], parts["url"])
    bold = parts["bold"] or parts["strong"]
    inside = _inline(bold or parts["italic"] or parts["slanted"], depth + 1)
    return f"**{inside}**" if bold else f"*{inside}*"


def _target(url: str) -> str:
    return _IN_URL.sub(lambda found: f"%{ord(found.group()):02X}", url)
