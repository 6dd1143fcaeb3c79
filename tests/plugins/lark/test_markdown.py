import re
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway_lark.markdown import JOINER, escape, link, translate


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("**SQL result** export", "**SQL result** export"),
        ("__bold__ and _italic_ and *italic*", "**bold** and *italic* and *italic*"),
        ("***both***", "***both***"),
        ("**a *b* c**", "**a *b* c**"),
        ("**bold!**", f"**bold&#33;{JOINER}**"),
        ("**a****b**", f"**a**{JOINER}**b**"),
        ("snake_case_name", "snake&#95;case&#95;name"),
        ("2 * 3 * 4", "2 &#42; 3 &#42; 4"),
        ("**open", "&#42;&#42;open"),
        ("****", "&#42;&#42;&#42;&#42;"),
        (r"\*no\*", "&#42;no&#42;"),
        ("[page](https://x.y/z)", "[page](https://x.y/z)"),
        ("[page](HTTPS://x.y)", "[page](HTTPS://x.y)"),
        ("[**bold** page](http://x.y)", "[**bold** page](http://x.y)"),
        ("[p](https://x.y/(a))", "[p](https://x.y/%28a%29)"),
        ('[p](https://x.y "title")', "[p](https://x.y)"),
        ("[p](<https://x.y>)", "[p](https://x.y)"),
        ("[p](javascript:alert)", "&#91;p&#93;(javascript&#58;alert)"),
        ("[p](lark://x)", "&#91;p&#93;(lark&#58;//x)"),
        ("[p](//x.y)", "&#91;p&#93;(//x.y)"),
        ("[](https://x.y)", "&#91;&#93;(https://x.y)"),
        ("![p](https://x.y)", "&#33;[p](https://x.y)"),
        ("`a * b`", "`a * b`"),
        ("``a ` b``", "``a ` b``"),
        ("` `", "&#96; &#96;"),
        ("`open", "&#96;open"),
        ("`<at id=all></at>`", f"`<{JOINER}at id=all><{JOINER}/at>`"),
        ("`![x](y)`", f"`!{JOINER}[x](y)`"),
        ("`<div>`", "`<div>`"),
        ("- a\n- b", "- a\n- b"),
        ("* a\n+ b", "- a\n- b"),
        ("1. a\n2) b", "1. a\n2. b"),
        ("- a\n  - b\n    - c\n  - d\n- e", "- a\n    - b\n        - c\n    - d\n- e"),
        ("- - -", "- &#45; -"),
        ("---", "&#45;--"),
        ("title\n===", "title\n&#61;=="),
        ("title\n-", "title\n&#45;"),
        ("-5 degrees", "&#45;5 degrees"),
        ("# heading", "&#35; heading"),
        ("> quote", "&#62; quote"),
        ("    code", "code"),
        ("| a | b |\n|---|---|", "&#124; a | b |\n&#124;---|---|"),
        ("a | b\n--- | ---", "a | b\n&#45;-- | ---"),
        ("<font color='red'>x</font>", "&#60;font color='red'&#62;x&#60;/font&#62;"),
        (":OK:", "&#58;OK&#58;"),
        ("https://x.y/z", "https://x.y/z"),
        ("AT&T &#60; &lt;", "AT&T &#38;&#35;60; &#38;lt;"),
        ("~~no~~", "&#126;&#126;no&#126;&#126;"),
        ("$x$", "&#36;x&#36;"),
        ("```py\na = '*'\n```", "```py\na = '*'\n```"),
        ("```\n<at id=all>\n", f"```\n<{JOINER}at id=all>\n\n```"),
        ("````\n```\n````", "````\n```\n````"),
        ("~~~\nx\n~~~", "```\nx\n```"),
        ("``` bad lang!\nx\n```", "```\nx\n```"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("a\x00b\ud800c", "abc"),
        ("\n\na\n\n\nb\n", "a\n\n\nb"),
        ("", ""),
    ],
)
def test_markdown_is_written_in_the_platforms_dialect(text: str, written: str) -> None:
    assert translate(text) == written


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a\n    b", "a\nb"),
        ("1. x", "1&#46; x"),
        ("1.5", "1.5"),
        ("- x", "&#45; x"),
        ("**x**", "&#42;&#42;x&#42;&#42;"),
        ("[x](https://y.z)", "&#91;x&#93;(https://y.z)"),
    ],
)
def test_a_text_without_marks_shows_itself(text: str, written: str) -> None:
    assert escape(text) == written


def test_a_link_without_words_shows_its_address() -> None:
    assert link("  ", "https://x.y/a_b") == "[https://x.y/a&#95;b](https://x.y/a_b)"


PIECES = [
    *("<at id=all></at>", "<at id=ou_x>", "</at>", "<person id=ou_1>", "<font color='red'>"),
    *("[x](", "](", "[", "]", "(", ")", "![", "https://x.y", "javascript:1", "lark://x", " "),
    *("*", "**", "_", "__", "***", "`", "``", "```", "~~~", "~", "\\", "&", "&#60;", "&lt;", "\n"),
    *(
        "\n    ",
        "- ",
        "1. ",
        "# ",
        "> ",
        "---",
        "===",
        "|",
        ":OK:",
        ":",
        "$",
        "a",
        "b.",
        "中",
        "\uff0c",
    ),
    *("<raw>", "<link url='x'>", "<text_tag color='blue'>", "\t", "\r", "\u2028", '"', "'"),
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=30).map("".join) | st.text(max_size=200)


def outside_code(written: str) -> str:
    """Take away the code, fenced and inside lines; what the platform reads is left."""
    kept: list[str] = []
    fence = ""
    for line in written.split("\n"):
        if fence:
            fence = "" if line == fence else fence
        elif line.startswith("```"):
            fence = line[: len(line) - len(line.lstrip("`"))]
        else:
            kept.append(re.sub(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", "x", line))
    assert not fence
    return "\n".join(kept)


@settings(max_examples=1000, deadline=None)
@given(TEXTS)
@example("```\n![\n[x](\n```")
def test_user_text_becomes_no_tag_mention_picture_or_foreign_link(text: str) -> None:
    written = translate(text)
    assert not re.search(r"<\s*/?\s*(at|person|raw|link|font|text_tag)\b", written)
    assert not re.search(r"!\[[^\]]*\]\(", written)
    left = outside_code(written)
    assert not set("<>`~\\$!") & set(left)
    assert not re.search(r"(?<!http)(?<!https):|:(?!//)", without_links(left))
    assert not re.search(r"^(#|>|\||=|---|    (?! *(-|\d+\.) ))", left, re.MULTILINE)
    assert not re.search(r"&(?!#\d+;)(#|[A-Za-z]+;)", left.replace("%26", ""))


def without_links(left: str) -> str:
    """Take the links out, each of which must lead to a web page."""
    for target in re.findall(r"\]\(([^)]*)\)", left):
        if not target.lower().startswith(("http://", "https://")):
            raise AssertionError(target)
    return re.sub(r"\]\([^)]*\)", "", left)


@settings(max_examples=500, deadline=None)
@given(TEXTS)
def test_no_four_marks_stand_in_a_row(text: str) -> None:
    left = outside_code(translate(text))
    assert "****" not in left
    assert "_" not in re.sub(r"https?://\S*", "", left)


@settings(max_examples=500, deadline=None)
@given(TEXTS)
def test_a_text_without_marks_holds_none(text: str) -> None:
    written = escape(text)
    assert not set("<>*_`~[]\\$!") & set(written)
    assert not re.search(r"^[ \t]", written, re.MULTILINE)


@pytest.mark.parametrize(
    "piece",
    [
        *PIECES,
        "*a ",
        "**a _b",
        "[a](x",
        "[a](https://x",
        "`" * 3 + "a`",
        "[![",
        "a*_",
        "*`_[",
        "\\[",
    ],
)
def test_no_text_takes_long(piece: str) -> None:
    text = (piece * 20_000)[:20_000]
    begin = time.perf_counter()
    translate(text)
    assert time.perf_counter() - begin < 2
