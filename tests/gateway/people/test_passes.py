"""What a browser carries between two pages is believed only as it was signed."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.people.passes import Kind, Pass, PassError, fingerprint, read, written

NOW = 1_000_000


def sign(text: str) -> str:
    return fingerprint(f"a key {text}")


def other(text: str) -> str:
    return fingerprint(f"another key {text}")


LINK = Pass("link", "lark", NOW + 1, "li.wei", "seen")
STATE = Pass("state", "lark", NOW + 1, None, "", "browser")


@pytest.mark.parametrize("paper", [LINK, STATE])
def test_a_paper_comes_back_as_it_was_written(paper: Pass) -> None:
    text = written(paper, sign)
    assert read(text, paper.kind, "lark", NOW, sign) == paper
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


def test_the_longest_paper_fits_into_an_address() -> None:
    longest = Pass("state", "c" * 63, NOW + 1, "u" * 64, fingerprint("x"), fingerprint("y"))
    assert len(written(longest, sign)) < 500


@pytest.mark.parametrize(
    ("kind", "channel", "now", "key"),
    [
        ("state", "lark", NOW, sign),
        ("link", "feishu", NOW, sign),
        ("link", "lark", NOW + 1, sign),
        ("link", "lark", NOW, other),
    ],
)
def test_a_paper_counts_for_one_use_place_time_and_tenant(
    kind: Kind, channel: str, now: int, key: object
) -> None:
    with pytest.raises(PassError):
        read(written(LINK, sign), kind, channel, now, key)  # type: ignore[arg-type]


def test_what_a_paper_says_cannot_be_changed() -> None:
    body, _, signature = written(LINK, sign).partition(".")
    said = json.loads(base64.urlsafe_b64decode(body + "=="))
    forged = base64.urlsafe_b64encode(json.dumps({**said, "user": "boss"}).encode()).decode()
    with pytest.raises(PassError):
        read(f"{forged.rstrip('=')}.{signature}", "link", "lark", NOW, sign)


@given(st.text(max_size=40))
def test_nonsense_is_no_paper_even_where_it_is_signed(text: str) -> None:
    body = text.partition(".")[0]
    with pytest.raises(PassError):
        read(f"{body}.{sign(f'gateway login {body}')}", "link", "lark", NOW, sign)
    with pytest.raises(PassError):
        read(text, "state", "lark", NOW, sign)
