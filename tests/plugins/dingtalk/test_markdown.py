import re
import time
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from gateway_dingtalk.markdown import (
    CARD,
    JOINER,
    ROBOT,
    Dialect,
    bold,
    clean,
    escape,
    link,
    one_line,
    picture,
    translate,
)

READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
DIALECTS = pytest.mark.parametrize("dialect", [ROBOT, CARD], ids=["robot", "card"])


def read(text: str) -> list[Token]:
    return list(_flat(READER.parse(text)))


def _flat(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _flat(token.children or [])


def kinds(text: str) -> set[str]:
    return {token.type.removesuffix("_open") for token in read(text) if token.nesting >= 0}


def shown(text: str) -> str:
    """Return what a reader sees."""
    parts = {"text": "", "softbreak": "\n", "hardbreak": "\n"}
    seen = "".join(t.content + parts[t.type] for t in read(text) if t.type in parts)
    return seen.replace(JOINER, "")


PLAIN = {"paragraph", "inline", "text", "softbreak", "hardbreak"}
INERT = [
    *("<a atId=all>all</a>", "<font color=red>x</font>", "<br>", "![p](https://x.y/z.png)"),
    *("[a](javascript:x)", "[a](dingtalk://x)", "# heading", "> quote", "---", "***", "___"),
    *("a\n===", "| a |\n|---|", "&lt;b&gt;", "&#60;", "~~x~~", "<https://evil.example>", "\\"),
    *("**", "[微笑]", "${title}", "[a]: https://x.y", "1986. A year", "    code", "`"),
    *("<!--", "<script>", "<![CDATA[", "\\<b>", "\\\\", "a_b_c", "2*3*4", "=="),
]


@pytest.mark.parametrize("text", INERT)
def test_what_the_platform_could_read_is_shown_as_it_is(text: str) -> None:
    written = escape(text)
    assert kinds(written) <= PLAIN
    wanted = "\n".join(line.strip() for line in text.split("\n"))
    assert shown(written).split() == wanted.split()


@DIALECTS
@pytest.mark.parametrize("text", [each for each in INERT if "year" not in each])
def test_markdown_makes_nothing_else_of_it(text: str, dialect: Dialect) -> None:
    assert kinds(translate(text, dialect)) <= PLAIN | {"em"}


@DIALECTS
def test_bold_italics_links_and_lists_stay(dialect: Dialect) -> None:
    text = "**bold** *italic* __also__ [page](https://example.com/a_b_(c)?x=1&y=2)\n- one\n  - two"
    written = translate(text, dialect)
    assert {"strong", "em", "link", "bullet_list", "list_item"} <= kinds(written)
    (href,) = [t.attrs["href"] for t in read(written) if t.type == "link_open"]
    assert href == "https://example.com/a_b_%28c%29?x=1&y=2"
    assert len([t for t in read(written) if t.type == "bullet_list_open"]) == 2


def test_code_stays_in_a_card_and_is_text_in_a_message() -> None:
    text = "`a*b*` and\n```sql\nSELECT * FROM t;\n```\nafter"
    assert {"code_inline", "fence"} <= kinds(translate(text, CARD))
    message = translate(text, ROBOT)
    assert kinds(message) <= PLAIN
    assert "SELECT * FROM t;" in shown(message)


def test_a_bold_text_that_ends_in_punctuation_is_still_bold() -> None:
    assert "strong" in kinds(translate("**注意\uff1a**请处理", CARD))


def test_a_line_after_a_list_is_no_part_of_it() -> None:
    written = translate("- one\n- two\nafter", CARD)
    assert written.endswith("\n\nafter")


def test_every_line_break_is_kept() -> None:
    assert translate("a\nb", ROBOT) == "a  \nb"
    assert escape("a\nb") == "a  \nb"


def test_an_ordered_list_stays() -> None:
    assert "ordered_list" in kinds(translate("text\n3) three\n4) four", CARD))


def test_control_characters_are_dropped() -> None:
    assert clean("a\x00b\r\nc\ud800\u2028") == "ab\nc"
    assert one_line(" a\n\tb ") == "a b"


def test_a_label_shows_itself() -> None:
    assert link("[x](y)", "https://a.b") == "[\\[x\\](y)](https://a.b)"
    assert link("", "https://a.b") == "[https://a.b](https://a.b)"
    assert picture("a]b", "https://a.b/c d") == "![a\\]b](https://a.b/c%20d)"
    assert bold("") == ""


PIECES = [
    *"<>ab []()*_`~!:#&;\\\n -|=$+.1/{}\uff0c",
    *("<a atId=all>", "](javascript:x)", "](https://x.y)", "![", "```", "**", "&lt;", "${", "http"),
]
HOSTILE = st.lists(st.sampled_from(PIECES), min_size=1, max_size=60).map("".join)


@settings(max_examples=400, deadline=None)
@given(HOSTILE)
def test_escaped_text_is_nothing_but_text(text: str) -> None:
    assert kinds(escape(text)) <= PLAIN


@settings(max_examples=400, deadline=None)
@given(HOSTILE, st.sampled_from([ROBOT, CARD]))
def test_text_becomes_no_mention_image_html_or_foreign_link(text: str, dialect: Dialect) -> None:
    written = translate(text, dialect)
    found = kinds(written)
    assert not found & {"html_inline", "html_block", "image", "heading", "table", "blockquote"}
    for token in read(written):
        if token.type == "link_open":
            assert re.match("https?://", str(token.attrs["href"]))
    assert not re.search(r"<(?!\u2060)", written)


PILES = ["**a ", "[", "`", "[a](https://x", "*a ", "_a", "((((", "- ", "```\n"]


@DIALECTS
@pytest.mark.parametrize("piece", PILES)
def test_long_texts_are_read_in_time(piece: str, dialect: Dialect) -> None:
    started = time.process_time()
    translate(piece * (20_000 // len(piece)), dialect)
    assert time.process_time() - started < 2
