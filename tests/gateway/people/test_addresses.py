import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.people.addresses import email_key, mobile_key

DIGITS = st.text("0123456789", min_size=6, max_size=12)
MARKS = st.lists(st.sampled_from([" ", "-", "(", ")", ".", "\u00a0", "\u2011"]), max_size=4)


@pytest.mark.parametrize(
    "spelling",
    ["+8613912345678", "13912345678", "+86 139-1234-5678", "0086 13912345678", "+86-13912345678"],
)
def test_a_mainland_number_is_one_however_it_is_written(spelling: str) -> None:
    assert mobile_key(spelling) == "+8613912345678"


def test_full_width_digits_are_digits() -> None:
    assert (
        mobile_key("\uff0b\uff16\uff15\u3000\uff19\uff11\uff12\uff13\uff14\uff15\uff16\uff17")
        == "+6591234567"
    )


@pytest.mark.parametrize("number", ["+6591234567", "+85298765432", "+19175550100"])
def test_other_countries_keep_their_code(number: str) -> None:
    assert mobile_key(number) == number


def test_a_bare_number_of_elsewhere_equals_only_itself() -> None:
    assert mobile_key("91234567") == "91234567" != mobile_key("+6591234567")


@pytest.mark.parametrize("text", [None, "", "n/a", "+", "++86139", "12", "call me", "1" * 20])
def test_what_is_no_number_matches_nobody(text: str | None) -> None:
    assert mobile_key(text) == ""


@pytest.mark.parametrize("text", [None, "", "nobody", "a@b@c", "a b@c.example"])
def test_what_is_no_address_matches_nobody(text: str | None) -> None:
    assert email_key(text) == ""


def test_an_address_has_no_case() -> None:
    assert email_key(" Li.Wei@EX.com ") == email_key("li.wei@ex.COM") == "li.wei@ex.com"


@given(st.text())
def test_a_key_is_its_own_key(text: str) -> None:
    assert mobile_key(mobile_key(text)) == mobile_key(text)
    assert email_key(email_key(text)) == email_key(text)


@given(DIGITS, MARKS, st.data())
def test_marks_between_digits_make_no_difference(
    digits: str, marks: list[str], data: st.DataObject
) -> None:
    written = f"+{digits}"
    for mark in marks:
        at = data.draw(st.integers(1, len(written)))
        written = written[:at] + mark + written[at:]
    assert mobile_key(written) == mobile_key(f"+{digits}")
