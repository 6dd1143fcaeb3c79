"""From the card's markdown to the platform's dialect (documentation: "Rich text component").

What a card's text may hold is bold, italics, links to web pages, lists and code. The platform
reads much more into a text: mentions, colours, tags, emoji, pictures, headings, tables. So the
text is taken apart and written anew: only what was understood becomes a mark again, and every
other character that the platform could read as one becomes an entity.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_ALWAYS = r"[<>~*_`\[\]#!\\$]"
_ENTITY = r"&(?=#|[A-Za-z]+;)"
_COLON = r"(?<!http)(?<!https):|:(?!//)"
_SPECIAL = re.compile(f"{_ALWAYS}|{_ENTITY}|{_COLON}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_SPACES = " \t\u00a0\u3000"

_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})[ \t]*([^`]*)$")
_ITEM = re.compile(r"^([ \t]*)([-*+]|\d{1,9}[.)])[ \t]+(\S.*)$")
_NUMBER = re.compile(r"\d{1,9}(?=[.)](?:\s|$))")
_LANGUAGE = re.compile(r"[A-Za-z0-9+#_-]{1,20}")
_RUNS = re.compile(r"`+")
_TAGS = "at|person|link|raw|font|text_tag|number_tag|local_datetime"
_IN_CODE = re.compile(rf"<(?=/?(?:{_TAGS})\b)|!(?=\[)", re.IGNORECASE)
_TARGET = re.compile(r"<?(https?://[^\s<>]+?)>?(?:\s+[\"'(].*)?", re.IGNORECASE | re.DOTALL)
_IN_TARGET = re.compile(r"[\"'()<>\[\]\\^`{|}*~\s]")
_MARKS = ("***", "___", "**", "__", "*", "_")
_KINDS = {1: "i", 2: "b", 3: "ib"}
_LINK = "l"
_ESCAPABLE = frozenset("\\`*_[]()#+-.!<>~|")
_LONGEST_TARGET = 2100
_DEEPEST_BRACKET = 8
_MOST_TICKS = 2  # three at the beginning of a line may open a block
_LONGEST_LINK_TEXT = 2000
JOINER = "\u2060"
"""Shows nothing, and keeps what stands around it from being read as one mark."""


def clean(text: str) -> str:
    """Drop control characters, and halves of characters that no UTF-8 can carry."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def escape(text: str) -> str:
    """Return one line or several as text that shows exactly itself."""
    lines = (line.strip(_SPACES) for line in clean(text).split("\n"))
    return "\n".join(_inert_line(line) for line in lines)


def translate(text: str) -> str:
    """Return the card's markdown in the platform's dialect."""
    return "\n".join(_blocks(clean(text).split("\n"))).strip("\n")


def link(label: str, url: str) -> str:
    """Return a link; its label shows exactly itself."""
    shown = _inert(" ".join(clean(label).split())) or _inert(url)
    return f"[{shown}]({_target(url)})"


def _blocks(lines: list[str]) -> list[str]:
    """Write each line by itself, but for code, which runs to its closing fence."""
    out: list[str] = []
    nesting = _Nesting()
    rest = iter(lines)
    for line in rest:
        fence = _FENCE.match(line)
        if fence:
            out += _code_block(fence, rest)
            nesting = _Nesting()
        else:
            out.append(nesting.write(line))
    return out


def _code_block(fence: re.Match[str], rest: Iterator[str]) -> list[str]:
    mark, info = fence.group(1), fence.group(2).strip()
    body: list[str] = []
    for line in rest:
        shut = line.strip()
        if shut and not shut.strip(mark[0]) and len(shut) >= len(mark):
            break
        body.append(_code(line))
    language = _LANGUAGE.fullmatch(info)
    ticks = _ticks("\n".join(body), shortest=3)
    return [ticks + (language.group() if language else ""), *body, ticks]


@dataclass
class _Nesting:
    """How deep each open list is indented in the source, so that it can be indented anew."""

    indents: list[int] = field(default_factory=list)

    def write(self, line: str) -> str:
        """Write one line, as a list item where it is one."""
        item = _ITEM.match(line)
        if item is None:
            if not line.strip():
                return ""
            self.indents = self.indents if line[:1] in _SPACES else []
            return _paragraph(line.strip(_SPACES))
        indent, mark, content = item.groups()
        depth = self._depth(len(indent.expandtabs(4)))
        bullet = f"{mark[:-1]}." if mark[:-1] else "-"
        return f"{'    ' * depth}{bullet} {_paragraph(content.strip(_SPACES))}"

    def _depth(self, indent: int) -> int:
        while self.indents and self.indents[-1] > indent:
            self.indents.pop()
        if not self.indents or self.indents[-1] < indent:
            self.indents.append(indent)
        return len(self.indents) - 1


def _paragraph(line: str) -> str:
    return _start(_Inline(line).write())


def _inert_line(line: str) -> str:
    return _start(_inert(line))


def _start(line: str) -> str:
    """Take its meaning from what begins a line: a list, a rule, a heading's underline, a table."""
    number = _NUMBER.match(line)
    if number:
        end = number.end()
        return f"{line[:end]}&#{ord(line[end])};{line[end + 1 :]}"
    if line[:1] in {"-", "+", "=", "|"}:
        return f"&#{ord(line[0])};{line[1:]}"
    return line


def _inert(text: str) -> str:
    return _SPECIAL.sub(lambda found: f"&#{ord(found.group())};", text)


def _code(text: str) -> str:
    """Keep code as it is, but for the platform's tags and pictures: an invisible joint each."""
    return _IN_CODE.sub(lambda found: found.group() + JOINER, text)


def _ticks(text: str, *, shortest: int) -> str:
    longest = max((len(run) for run in _RUNS.findall(text)), default=0)
    return "`" * max(shortest, longest + 1)


def _target(url: str) -> str:
    return _IN_TARGET.sub(lambda found: f"%{ord(found.group()):02X}", url)


class _Inline:
    """Writes the inside of one line: text, bold, italics, links, code.

    Args:
        text: What to write.
        outer: The kinds of mark around it, which cannot begin again inside.
    """

    def __init__(self, text: str, outer: str = "") -> None:
        self._text = text
        self._outer = outer
        self._out: list[str] = []
        self._plain: list[str] = []
        self._hopeless: set[str] = set()
        self._targets: dict[int, int] = {}

    def write(self) -> str:
        """Return the text with its marks written anew."""
        at = 0
        while at < len(self._text):
            at = self._mark(at) or self._character(at)
        self._flush()
        return "".join(self._out)

    def _mark(self, at: int) -> int:
        """Write the mark that begins here and return where it ends, or 0 where none begins."""
        match self._text[at]:
            case "\\":
                return self._escaped(at)
            case "`" if _LINK not in self._outer:
                return self._code(at)
            case "[" if _LINK not in self._outer:
                return self._link(at)
            case "*" | "_":
                return self._emphasis(at)
        return 0

    def _character(self, at: int) -> int:
        self._plain.append(self._text[at])
        return at + 1

    def _escaped(self, at: int) -> int:
        """A backslash before a mark says that it is none."""
        escaped = self._text[at + 1 : at + 2] in _ESCAPABLE
        return self._character(at + 1) if escaped else 0

    def _code(self, at: int) -> int:
        run = _RUNS.match(self._text, at)
        ticks = run.group() if run else "`"
        start = at + len(ticks)
        end = self._closing_ticks(ticks, start)
        inside = _code(self._text[start : max(end, start)]).strip()
        fence = _ticks(inside, shortest=1)
        if not inside or len(fence) > _MOST_TICKS:
            self._plain.append(ticks)
            return start
        pad = " " if "`" in (inside[0], inside[-1]) else ""
        self._emit(f"{fence}{pad}{inside}{pad}{fence}")
        return end + len(ticks)

    def _closing_ticks(self, ticks: str, start: int) -> int:
        if ticks in self._hopeless:
            return -1
        for run in _RUNS.finditer(self._text, start):
            if run.group() == ticks:
                return run.start()
        self._hopeless.add(ticks)
        return -1

    def _link(self, at: int) -> int:
        middle = self._text.find("](", at, at + _LONGEST_LINK_TEXT)
        if middle < 0:
            return 0
        end = self._closing_bracket(middle + 2)
        target = _TARGET.fullmatch(self._text[middle + 2 : end].strip())
        inside = self._text[at + 1 : middle].strip()
        if target is None or not inside:
            return 0
        self._emit(f"[{self._inside(inside, _LINK)}]({_target(target.group(1))})")
        return end + 1

    def _closing_bracket(self, start: int) -> int:
        """Return where the target that begins here ends, or `start` where it does not."""
        if start not in self._targets:
            self._targets[start] = _closing_bracket(self._text, start)
        return self._targets[start]

    def _emphasis(self, at: int) -> int:
        mark = next(mark for mark in _MARKS if self._text.startswith(mark, at))
        for length in range(len(mark), 0, -1):
            end = self._closing_mark(mark[:length], at)
            if end:
                self._emit_emphasis(length, self._text[at + length : end])
                return end + length
        self._plain.append(mark)
        return at + len(mark)

    def _closing_mark(self, mark: str, at: int) -> int:
        """Return where the mark that opens here closes, or 0 where it is no mark at all."""
        start = at + len(mark)
        inside_one = any(kind in self._outer for kind in _KINDS[len(mark)])
        if inside_one or mark in self._hopeless or not _opens(self._text, at, start):
            return 0
        end = self._text.find(mark, start + 1)
        while end > 0 and not self._closes(mark, end):
            end = self._text.find(mark, end + 1)
        if end < 0:
            self._hopeless.add(mark)
        return max(end, 0)

    def _closes(self, mark: str, end: int) -> bool:
        text, after = self._text, end + len(mark)
        if text[end - 1].isspace() or text[end - 1] == "\\":
            return False
        if len(mark) == 1 and mark in {text[end - 1], text[after : after + 1]}:
            return False
        return mark[0] == "*" or not text[after : after + 1].isalnum()

    def _emit_emphasis(self, length: int, text: str) -> None:
        inside = self._inside(text, _KINDS[length])
        # Punctuation beside a mark keeps it from being one, and four marks in a row break the
        # card: a joiner stands between.
        before = "" if inside[0].isalnum() else JOINER
        after = "" if inside[-1].isalnum() else JOINER
        stars = "*" * length
        self._emit(f"{stars}{before}{inside}{after}{stars}")

    def _inside(self, text: str, kind: str) -> str:
        return _Inline(text, self._outer + kind).write()

    def _emit(self, written: str) -> None:
        self._flush()
        if self._out and self._out[-1][-1] in "*`" and written[0] in "*`":
            self._out.append(JOINER)
        self._out.append(written)

    def _flush(self) -> None:
        if self._plain:
            self._out.append(_inert("".join(self._plain)))
            self._plain.clear()


def _opens(text: str, at: int, start: int) -> bool:
    if start >= len(text) or text[start].isspace() or text[start] == text[at]:
        return False
    return text[at] == "*" or at == 0 or not text[at - 1].isalnum()


def _closing_bracket(text: str, start: int) -> int:
    """Return where the link's target ends, letting brackets in it be paired."""
    depth = 0
    for at in range(start, min(len(text), start + _LONGEST_TARGET)):
        if text[at] == "(":
            depth += 1
            if depth > _DEEPEST_BRACKET:
                return start
        elif text[at] == ")":
            if depth == 0:
                return at
            depth -= 1
    return start
