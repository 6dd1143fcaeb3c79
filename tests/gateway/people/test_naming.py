import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.models import Identity
from gateway.people.naming import base_id, free_id
from gateway.plugin import Person
from gateway.request import USER_ID


def person(user_id: str | None = None, email: str | None = None, open_id: str = "ou_1") -> Person:
    return Person(Identity(open_id, "open_id"), "Somebody", email=email, user_id=user_id)


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        (person("li.wei", "wei@ex.com"), "li.wei"),
        (person("李伟", "wei@ex.com"), "wei"),
        (person("li wei", "wei+x@ex.com"), "ou_1"),
        (person(None, None, "王芳"), "member"),
    ],
)
def test_an_id_is_the_platforms_own_or_the_next_best(who: Person, expected: str) -> None:
    assert base_id(who) == expected


def test_who_comes_later_gets_the_next_number() -> None:
    assert free_id(person("li.wei"), {"li.wei", "li.wei-2"}) == "li.wei-3"


def test_at_some_number_it_gives_up() -> None:
    taken = {"li.wei", *(f"li.wei-{number}" for number in range(2, 100))}
    assert free_id(person("li.wei"), taken) is None


@given(st.text() | st.none(), st.text() | st.none(), st.text(), st.integers(0, 40))
def test_every_id_keeps_the_rules_and_is_free(
    user_id: str | None, email: str | None, open_id: str, times: int
) -> None:
    taken: set[str] = set()
    for _ in range(times):
        name = free_id(person(user_id, email, open_id), taken)
        assert name is not None
        assert re.fullmatch(USER_ID, name)
        assert name not in taken
        taken.add(name)
