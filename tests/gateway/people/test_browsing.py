"""The platform sizes its pages; a listing shows them in parts of its own."""

import pytest

from gateway.models import Identity
from gateway.people.browsing import Place, cut
from gateway.plugin import Page, Person
from gateway.problems import ProblemError

FIVE = tuple(Person(Identity(f"ou_{number}", "open_id"), f"Person {number}") for number in range(5))


def test_a_page_is_shown_in_parts_and_then_the_next_one() -> None:
    page = Page(FIVE, "after")
    assert cut(page, Place("here"), 3) == (FIVE[:3], Place("here", 3))
    assert cut(page, Place("here", 3), 3) == (FIVE[3:], Place("after"))


def test_the_last_part_of_the_last_page_is_the_end() -> None:
    assert cut(Page(FIVE), Place("here", 3), 2) == (FIVE[3:], None)
    assert cut(Page(FIVE), Place("here", 9), 2) == ((), None)


@pytest.mark.parametrize("place", [Place(), Place("od-1;2:token"), Place(None, 20)])
def test_a_place_is_read_as_it_was_written(place: Place) -> None:
    assert Place.read(str(place)) == place


def test_a_listing_without_a_cursor_begins_at_the_beginning() -> None:
    assert Place.read(None) == Place(None, 0)


def test_what_names_no_place_is_refused() -> None:
    with pytest.raises(ProblemError):
        Place.read("od-1:token")
