import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from gateway_webhook.dingtalk_markdown import escape, link, picture, translate

JUDGE = MarkdownIt("commonmark").enable("table").enable("strikethrough")
HARMLESS = {"paragraph_open", "paragraph_close", "inline", "text", "softbreak", "hardbreak"}
HARMLESS |= {"text_special"}
MARKS = {"strong_open", "strong_close", "em_open", "em_close", "link_open", "link_close"}
KINDS = ("bullet_list", "ordered_list", "list_item")
LISTS = {f"{kind}_{end}" for kind in KINDS for end in ("open", "close")}
SNIPPETS = (
    *("[a](https://evil.example)", "![a](https://evil.example/a.png)", "<https://evil.example>"),
    *("[a]", "[a]: https://evil.example", "<a href=x>", "&lt;b&gt;", "\\", "**", "__", "*", "_"),
    *("`", "```\n", "~~~", "# ", "> ", "- ", "1. ", "1) ", "+ ", "---", "===", "|", "\n", "    "),
    *("@all", "@13800000000", "李伟", "🚑", "\t", "\u00a0", "](", ")", "~~", "<!--", "&#35; a"),
)
TEXTS = st.lists(
    st.sampled_from(SNIPPETS) | st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
    max_size=10,
).map("".join)


def tokens(text: str) -> list[Token]:
    found = JUDGE.parse(text)
    return [*found, *(inner for token in found for inner in token.children or ())]


def shown(text: str) -> str:
    """Return what a reader sees, without the joints."""
    lines = (t.content if t.type in ("text", "text_special") else "\n"
             for token in JUDGE.parse(text) for t in token.children or ())  # fmt: skip
    return "".join(lines).replace("\u200b", "")


@given(TEXTS)
@settings(deadline=None)
def test_escaped_text_holds_nothing_but_text(text: str) -> None:
    assert {token.type for token in tokens(escape(text))} <= HARMLESS


@given(TEXTS)
@settings(deadline=None)
def test_translated_text_holds_nothing_but_what_cards_may(text: str) -> None:
    found = tokens(translate(text))
    assert {token.type for token in found} <= HARMLESS | MARKS | LISTS
    for token in found:
        if token.type == "link_open":
            assert str(token.attrs["href"]).lower().startswith(("https://", "http://"))


@given(TEXTS)
@settings(deadline=None)
def test_a_client_that_heeds_no_backslash_finds_no_link_in_escaped_text(text: str) -> None:
    careless = escape(text).replace("\\", "")
    assert not re.search(r"\]\s?\(|<[A-Za-z/!]|^#{1,6} ", careless, re.MULTILINE)


@given(st.text(st.sampled_from("ab*_[]()<>#`~|\\&;!-+=.1 "), max_size=30))
@settings(deadline=None)
def test_escaped_text_shows_exactly_itself(text: str) -> None:
    assert shown(escape(text)) == text.strip()


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("**b** *i* __b__ _i_", "**b** *i* **b** *i*"),
        ("**a [b](https://c.example/d)**", "**a [b](https://c.example/d)**"),
        ("snake_case_name", r"snake\_case\_name"),
        ("`a*b`", r"a\*b"),
        (r"\*no\*", r"\*no\*"),
        ("[a](https://b.example/c_(d))", "[a](https://b.example/c_%28d%29)"),
        ("[a](ftp://b.example)", "\\[a\\]\u200b(ftp://b.example)"),
        ("one\ntwo", "one  \ntwo"),
        ("one\n- a\n- b\ntwo", "one  \n  \n- a  \n- b  \n  \ntwo"),
        ("3) c", "3. c"),
        ("1.5 GB", "1\\.\u200b5 GB"),
        ("# h", "\\#\u200b h"),
        ("---", "\\-\u200b--"),
        ("```sh\n  ls *\n```\nx", "\u00a0\u00a0ls \\*  \nx"),
        ("```\nnever closed", "never closed"),
    ],
)
def test_marks_are_written_anew(text: str, written: str) -> None:
    assert translate(text) == written


def test_a_link_and_a_picture_keep_their_addresses() -> None:
    assert link("a\n]b[", "https://c.example/(d)") == "[a \uff3db\uff3b](https://c.example/%28d%29)"
    assert link(" ", "https://c.example/_") == r"[https://c.example/\_](https://c.example/_)"
    assert picture("", "https://c.example/d.png") == "![](https://c.example/d.png)"
    assert picture("d", "https://c.example/d.png") == "![d](https://c.example/d.png)"


@pytest.mark.parametrize("part", ["**", "*", "_a", "`", "[", "[a](", "**a ", "\\", "```\n", "- "])
def test_no_text_takes_long(part: str) -> None:
    text = (part * 20_000)[:20_000]
    before = time.process_time()
    translate(text)
    assert time.process_time() - before < 1.0
