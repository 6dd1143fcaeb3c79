"""Questions about people: few calls, patient ones, and no one who spoils another's answer."""

from datetime import timedelta

import pytest

from gateway.errors import (
    ContentError,
    CredentialError,
    DeliveryError,
    RateLimitedError,
    RecipientError,
    ScopeMissingError,
    TemporaryError,
)
from gateway.lanes.calls import PluginFault
from gateway.models import Identity, Recipient, RecipientKind
from gateway.people.asking import MOST_PEOPLE, MOST_TRIES, refusal
from gateway.plugin import Person
from gateway.problems import ProblemError
from gateway.testing.clock import FakeClock
from tests.gateway.people.toys import Bulk, Lanes, Listed, Single, questions_of


def mails(*names: str) -> list[Recipient]:
    return [Recipient(RecipientKind.EMAIL, name) for name in names]


def somebody(number: int) -> Person:
    return Person(Identity(str(number), "open_id"), f"p{number}")


class Restless(FakeClock):
    """A clock whose every sleep is over at once."""

    slept = 0.0

    async def sleep(self, seconds: float) -> None:
        self.slept += seconds


async def test_people_are_looked_up_in_as_few_calls_as_the_channel_says() -> None:
    channel = Bulk()
    questions = questions_of(channel, FakeClock())
    found = await questions.look_up(mails(*"abcdefghij"))
    assert [len(part) for part in channel.asked] == [4, 4, 2]
    assert isinstance(questions.asking.lanes, Lanes)
    assert questions.asking.lanes.calls == ["resolve"] * 3
    assert found[mails("j")[0]] == Identity("ou_j", "open_id")
    assert await questions.look_up([]) == {}


async def test_where_a_permission_is_missing_one_call_is_made() -> None:
    channel = Bulk(a=ScopeMissingError("no", scopes=["x"]))
    with pytest.raises(ScopeMissingError):
        await questions_of(channel, FakeClock()).look_up(mails(*"abcdefghij"))
    assert len(channel.asked) == 1


async def test_one_person_who_spoils_a_call_hides_no_other() -> None:
    channel = Bulk(c=ContentError("no such field"))
    found = await questions_of(channel, FakeClock()).look_up(mails(*"abcdefgh"))
    wrong = [one.id for one, said in found.items() if not isinstance(said, Identity)]
    assert wrong == ["c"]


async def test_a_call_that_fails_fails_for_its_own_people_only() -> None:
    channel = Bulk(f=TemporaryError("busy"))
    found = await questions_of(channel, FakeClock()).look_up(mails(*"abcdefgh"))
    failed = {one.id for one, said in found.items() if isinstance(said, TemporaryError)}
    assert failed == {*"efgh"}


async def test_too_fast_a_call_is_made_again_after_the_time_asked_for() -> None:
    clock = Restless()
    slow = RateLimitedError("slow", retry_after=timedelta(seconds=2))
    found = await questions_of(Single(a=[slow, Identity("ou_a", "open_id")]), clock).look_up(
        mails("a")
    )
    assert found == {mails("a")[0]: Identity("ou_a", "open_id")}
    assert clock.slept == 2
    stubborn = Single(a=slow)
    (answer,) = (await questions_of(stubborn, clock).look_up(mails("a"))).values()
    assert isinstance(answer, RateLimitedError)
    assert len(stubborn.asked) == MOST_TRIES


async def test_everybody_is_listed_page_by_page_once() -> None:
    channel = Listed()
    channel.people = [somebody(number) for number in (1, 2, 3, 3, 1, 4, 5)]
    people = await questions_of(channel, FakeClock()).everybody()
    assert [person.name for person in people] == ["p1", "p2", "p3", "p4", "p5"]


async def test_a_directory_without_end_is_not_listed() -> None:
    channel = Listed()
    channel.people = [somebody(number) for number in range(MOST_PEOPLE)]
    with pytest.raises(ProblemError, match="look"):
        await questions_of(channel, FakeClock()).everybody()


async def test_a_listing_waits_where_it_was_too_fast_and_gives_up_at_last() -> None:
    clock = Restless()
    channel = Listed(browse=[RateLimitedError("slow"), None])
    channel.people = [somebody(1)]
    assert len(await questions_of(channel, clock).everybody()) == 1
    with pytest.raises(RateLimitedError):
        await questions_of(Listed(browse=RateLimitedError("slow")), clock).everybody()


async def test_a_channel_without_a_directory_says_so() -> None:
    questions = questions_of(Single(), FakeClock())
    with pytest.raises(ProblemError) as refused:
        await questions.page("", None)
    assert refused.value.problem.code == "not_supported"


async def test_a_plugin_that_answers_nonsense_is_told() -> None:
    channel = Listed()
    with pytest.raises(PluginFault):
        await questions_of(channel, FakeClock()).describe([Identity("1", "open_id")])


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ScopeMissingError("no", scopes=["s"], fix_url="https://x"), "permission_missing"),
        (CredentialError("no"), "credential_refused"),
        (TemporaryError("busy"), "platform_unavailable"),
        (RateLimitedError("slow"), "platform_unavailable"),
        (RecipientError("nobody"), "platform_unavailable"),
        (ContentError("begin again"), "validation_failed"),
        (PluginFault("bug"), "plugin_failed"),
    ],
)
def test_each_refusal_is_a_problem_of_its_own(error: Exception, code: str) -> None:
    problem = refusal(error).problem
    assert problem.code == code
    if isinstance(error, ScopeMissingError):
        assert (problem.document["scopes"], problem.document["fix_url"]) == (["s"], "https://x")


def test_no_secret_is_in_a_problem() -> None:
    error: DeliveryError = CredentialError("the secret is s3cret")
    assert "s3cret" not in refusal(error, lambda text: text.replace("s3cret", "***")).problem.detail
