"""Which way a platform is asked, and what its answers come to."""

import pytest

from gateway.errors import RecipientError, TemporaryError
from gateway.models import Identity
from gateway.people import finding
from gateway.people.finding import FEW, MOST_SINGLE, Way, listed, looked_up, ways
from gateway.people.matching import Address, Wanted
from gateway.plugin import Channel, Person, ResolvesInBulk
from gateway.testing.clock import FakeClock
from tests.gateway.people.toys import Bulk, Listed, Single, live_of, questions_of

MAIL, PHONE = Address("email", "li@ex.com"), Address("mobile", "+6591234567")
LI = Identity("ou_li", "open_id")
MANY = [Address("email", f"{number}@ex.com") for number in range(FEW + 1)]


class BulkListed(Bulk, Listed):
    pass


@pytest.mark.parametrize(
    ("channel", "addresses", "expected"),
    [
        (BulkListed(), MANY, ["look_up", "directory"]),
        (Bulk(), MANY, ["look_up"]),
        (Listed(), [MAIL], ["look_up", "directory"]),
        (Listed(), MANY, ["directory", "look_up"]),
        (Listed(), [PHONE], ["directory"]),
        (Listed(), [PHONE, MAIL], ["directory", "look_up"]),
        (Single(), MANY, ["look_up"]),
        (Single(), [PHONE], []),
        (BulkListed(), [], []),
    ],
)
def test_the_way_of_fewer_calls_comes_first(
    channel: Channel[object], addresses: list[Address], expected: list[Way]
) -> None:
    assert isinstance(channel, ResolvesInBulk | Listed | Single)
    assert ways(live_of(channel), addresses) == expected


def test_a_look_up_names_people_reasons_and_failures() -> None:
    other = Address("email", "x@ex.com")
    said = {MAIL: LI, PHONE: RecipientError("has left"), other: TemporaryError("busy")}
    found = looked_up(said, str.upper)
    assert (found.people, found.why, found.failed) == (
        {MAIL: [LI]},
        {PHONE: "HAS LEFT"},
        {other: "BUSY"},
    )


def test_a_directory_is_indexed_by_every_address() -> None:
    people = [
        Person(LI, "Li", email="LI@ex.com", mobile="+65 9123-4567", user_id="li"),
        Person(Identity("ou_2", "open_id"), "Left", email="left@ex.com", active=False),
        Person(Identity("ou_3", "open_id"), "Twin", email="li@ex.com"),
    ]
    told = listed(people, [Wanted("li", (MAIL, PHONE))])
    assert told.found.people == {MAIL: [LI, Identity("ou_3", "open_id")], PHONE: [LI]}
    assert Address("email", "left@ex.com") in told.found.why
    assert told.same == {Identity("li", "user_id"): LI}
    assert told.note is None


def test_a_kind_of_address_that_nobody_shows_is_told() -> None:
    people = [Person(LI, "Li", email="li@ex.com")]
    assert "mobile numbers" in (listed(people, [Wanted("li", (MAIL, PHONE))]).note or "")


async def test_so_many_single_look_ups_are_made_in_one_request() -> None:
    channel = Single()
    wanted = [Wanted(f"u{n}", (Address("email", f"{n}@ex.com"),)) for n in range(MOST_SINGLE + 9)]
    told = await finding.ask(questions_of(channel, FakeClock()), "look_up", wanted)
    assert (told.covered, len(channel.asked)) == (MOST_SINGLE, MOST_SINGLE)


async def test_an_address_of_a_kind_that_cannot_be_looked_up_is_told() -> None:
    questions = questions_of(Single(), FakeClock())
    told = await finding.ask(questions, "look_up", [Wanted("li", (MAIL, PHONE))])
    assert list(told.found.people) == [MAIL]
    assert "mobile numbers" in (told.note or "")
