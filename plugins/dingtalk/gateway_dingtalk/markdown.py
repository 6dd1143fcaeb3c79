"""From the card's markdown to the platform's dialects ("Markdown variables", "Message types").

What a card's text may hold is bold, italics, links to web pages, lists and code. The platform
reads more into a text: headings, quotes, pictures, tables, HTML with mentions in it, emoticons
in brackets. So the text is taken apart and written anew: only what was understood becomes a mark
again, and whatever else could be one is escaped.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

JOINER = "\u2060"
"""Shows nothing, and keeps what stands around it from being read as one mark."""
BREAK = "  \n"
_MARKS = re.compile(r"[\\`*_\[\]]|~(?=~)|\$(?=\{)")
_TAGS = re.compile(r"[<>]|&(?=#|[A-Za-z]+;)")
_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
_JOINED = {"$", "~"}
_STARTS = re.compile(r"[#+\-=|]|\d{1,9}(?=[.)])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029\ud800-\udfff]")
_SPACES = " \t\u00a0\u3000"

_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})([^`]*)$")
_ITEM = re.compile(r"^([ \t]*)([-*+]|\d{1,9}[.)])[ \t]+(\S.*)$")
_LANGUAGE = re.compile(r"[A-Za-z0-9+#_-]{1,20}")
_TICKS = re.compile(r"`+")
_IN_TARGET = re.compile(r"[\"'()<>\[\]\\^`{|}\s\x00-\x1f\x7f]")

_LONGEST = 1000
_INLINE = re.compile(
    r"\\(?P<escaped>[\\`*_\[\]()#+\-.!<>~|])"
    r"|`(?P<code>[^`\n]+)`"
    r"|(?P<picture>!)?\[(?P<label>[^\[\]\n]{1,500})\]"
    r"\(<?(?P<url>https?://[^\s<>()]{1,2000}(?:\([^\s<>()]{0,500}\)[^\s<>()]{0,500}){0,4})>?\)"
    rf"|\*\*(?=[^\s*])(?P<bold>.{{0,{_LONGEST}}}?[^\s\\])\*\*(?!\*)"
    rf"|(?<!\w)__(?=[^\s_])(?P<bold2>.{{0,{_LONGEST}}}?[^\s\\])__(?!\w)"
    rf"|\*(?=[^\s*])(?P<italic>.{{0,{_LONGEST}}}?[^\s*\\])\*(?!\*)"
    rf"|(?<!\w)_(?=[^\s_])(?P<italic2>.{{0,{_LONGEST}}}?[^\s_\\])_(?!\w)"
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """What one kind of text shows.

    Attributes:
        code: Whether it shows code; where not, code is written as text.
    """

    code: bool


ROBOT = Dialect(code=False)
"""A chatbot's own messages."""
CARD = Dialect(code=True)
"""A card's markdown variable."""


def clean(text: str) -> str:
    """Drop control characters, and halves of characters that no UTF-8 can carry."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    """Return the text as one line without marks of any kind being read in it."""
    return " ".join(clean(text).split())


def escape(text: str) -> str:
    """Return one line or several as text that shows exactly itself."""
    lines = (line.strip(_SPACES) for line in clean(text).split("\n"))
    return BREAK.join(_start(_inert(line)) for line in lines)


def bold(text: str) -> str:
    """Return one line in bold; what stands in it shows exactly itself."""
    inside = _inert(one_line(text))
    return _wrapped("**", inside) if inside else ""


def link(label: str, url: str) -> str:
    """Return a link; its label shows exactly itself."""
    return f"[{_inert(one_line(label)) or _inert(url)}]({target(url)})"


def picture(alt: str, url: str) -> str:
    """Return a picture by its address."""
    return f"![{_inert(one_line(alt))}]({target(url)})"


def target(url: str) -> str:
    """Return an address in which nothing ends or begins a mark."""
    return _IN_TARGET.sub(_percent, url)


def translate(text: str, dialect: Dialect) -> str:
    """Return the card's markdown in one of the platform's dialects."""
    return _joined(_blocks(clean(text).split("\n"), dialect)).strip("\n")


def _percent(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found.group().encode())


def _joined(lines: Iterable[tuple[str, str]]) -> str:
    """Put lines under each other; ends of lines that count are marked in what comes before."""
    return "".join(line + end for line, end in lines).rstrip()


def _blocks(lines: list[str], dialect: Dialect) -> Iterator[tuple[str, str]]:
    """Write each line by itself, but for code, which runs to its closing fence."""
    nesting = _Nesting(dialect)
    rest = iter(lines)
    for line in rest:
        fence = _FENCE.match(line)
        if fence:
            yield from _code_block(fence, rest, dialect)
            nesting = _Nesting(dialect)
        else:
            yield nesting.write(line)


def _code_block(
    fence: re.Match[str], rest: Iterator[str], dialect: Dialect
) -> Iterator[tuple[str, str]]:
    body = list(_until_closed(fence[1], rest))
    if not dialect.code:
        yield from ((_start(_inert(line.strip(_SPACES))), BREAK) for line in body)
        yield "", "\n"
        return
    language = _LANGUAGE.fullmatch(fence[2].strip())
    longest = max((len(run) for line in body for run in _TICKS.findall(line)), default=0)
    ticks = "`" * max(3, longest + 1)
    yield "", "\n"
    yield ticks + (language.group() if language else ""), "\n"
    yield from ((_code(line), "\n") for line in body)
    yield ticks, "\n\n"


def _until_closed(mark: str, rest: Iterator[str]) -> Iterator[str]:
    for line in rest:
        shut = line.strip()
        if shut and not shut.strip(mark[0]) and len(shut) >= len(mark):
            return
        yield line


@dataclass
class _Nesting:
    """How deep each open list is indented in the source, so that it can be indented anew."""

    dialect: Dialect
    indents: list[int] = field(default_factory=list)

    def write(self, line: str) -> tuple[str, str]:
        """Write one line, as a list item where it is one, and how it ends."""
        item = _ITEM.match(line)
        if item is None:
            if not line.strip(_SPACES):
                return "", "\n"
            inside = not self.indents or line[:1] in _SPACES
            before = "" if inside else "\n"  # or it would go on with the list's last item
            self.indents = self.indents if inside else []
            return before + self._paragraph(line), BREAK
        indent, mark, content = item.groups()
        before = "" if self.indents else "\n"
        depth = self._depth(len(indent.expandtabs(4)))
        bullet = f"{mark[:-1]}." if mark[:-1] else "-"
        return f"{before}{'    ' * depth}{bullet} {self._paragraph(content)}", "\n"

    def _paragraph(self, text: str) -> str:
        return _start(_inline(text.strip(_SPACES), self.dialect))

    def _depth(self, indent: int) -> int:
        while self.indents and self.indents[-1] > indent:
            self.indents.pop()
        if not self.indents or self.indents[-1] < indent:
            self.indents.append(indent)
        return len(self.indents) - 1


def _inline(text: str, dialect: Dialect, outer: frozenset[str] = frozenset()) -> str:
    """Write the inside of one line; a mark inside its own kind is text."""
    out: list[str] = []
    at = 0
    for found in _INLINE.finditer(text):
        out.append(_inert(text[at : found.start()]))
        out.append(_mark(found, dialect, outer))
        at = found.end()
    out.append(_inert(text[at:]))
    return "".join(_apart(out))


def _mark(found: re.Match[str], dialect: Dialect, outer: frozenset[str]) -> str:
    kind = (found.lastgroup or "").rstrip("2")
    if kind == "escaped":
        return _inert(found["escaped"])
    if kind == "code":
        return f"`{_code(found['code'])}`" if dialect.code else _inert(found["code"])
    if kind in outer or found["picture"] or not (found["label"] or "x").strip():
        return _inert(found.group())
    if kind == "url":
        inside = _inline(found["label"], dialect, outer | {"url"})
        return f"[{inside}]({target(found['url'])})"
    inside = _inline(found[found.lastgroup or 0], dialect, outer | {kind})
    return _wrapped("**" if kind == "bold" else "*", inside)


def _wrapped(mark: str, inside: str) -> str:
    """Put marks around a text; punctuation beside one would keep it from being one."""
    before = "" if inside[:1].isalnum() else JOINER
    after = "" if inside[-1:].isalnum() else JOINER
    return f"{mark}{before}{inside}{after}{mark}"


def _apart(parts: Iterable[str]) -> Iterator[str]:
    """Keep two marks beside each other from being read as one."""
    last = ""
    for text in filter(None, parts):
        if last in {"*", "`"} and text[0] in "*`":
            yield JOINER
        yield text
        last = text[-1]


def _inert(text: str) -> str:
    """Escape what can be a mark anywhere in a line."""
    marked = _MARKS.sub(_escaped_mark, text)
    return _TAGS.sub(lambda found: _ENTITIES[found.group()], marked)


def _escaped_mark(found: re.Match[str]) -> str:
    mark = found.group()
    return mark + JOINER if mark in _JOINED else f"\\{mark}"


def _start(line: str) -> str:
    """Take its meaning from what begins a line: a heading, a list, a rule, a table."""
    found = _STARTS.match(line)
    if found is None:
        return line
    digits = found.group() if found.group().isdigit() else ""
    return f"{digits}\\{line[len(digits) :]}"


def _code(text: str) -> str:
    """Keep code as it is, but for tags and links: an invisible joint stands in each.

    Older clients show code as text, in which they would be read.
    """
    return text.replace("<", f"<{JOINER}").replace("](", f"]{JOINER}(")
