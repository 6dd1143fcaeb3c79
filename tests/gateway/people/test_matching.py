"""Who is whom: nothing is overwritten, nobody is bound twice, nobody spoils another's match."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.models import Identity
from gateway.people.matching import Address, Bound, Found, Outcome, Present, Verdict, Wanted, match

LI, FANG = Identity("ou_li", "open_id"), Identity("ou_fang", "open_id")
MAIL, PHONE = Address("email", "li@ex.com"), Address("mobile", "+6591234567")
NOBODY = Present({})


def wanted(user: str = "li", *addresses: Address) -> Wanted:
    return Wanted(user, addresses or (PHONE, MAIL))


def one(found: Found, bound: Bound | None = None, **others: Bound) -> Verdict:
    present = Present({**others, **({"li": bound} if bound else {})})
    (verdict,) = match([wanted()], found, present)
    return verdict


def told(verdict: Verdict) -> tuple[str, str | None]:
    return verdict.outcome.value, verdict.reason


def test_one_person_by_either_address_is_a_match() -> None:
    verdict = one(Found({MAIL: [LI]}))
    assert (told(verdict), verdict.identity, verdict.by) == (("matched", None), LI, "email")
    assert one(Found({MAIL: [LI], PHONE: [LI]})).by == "mobile"


def test_two_people_are_no_match() -> None:
    verdict = one(Found({MAIL: [LI], PHONE: [FANG]}))
    assert (told(verdict), verdict.others) == (("ambiguous", "several_people"), (FANG, LI))
    assert told(one(Found({MAIL: [LI, FANG]}))) == ("ambiguous", "several_people")


def test_two_users_with_one_person_are_no_match() -> None:
    verdicts = match([wanted("li"), wanted("li2", MAIL)], Found({MAIL: [LI]}), NOBODY)
    assert [told(each) for each in verdicts] == [("ambiguous", "several_users")] * 2


def test_a_user_without_an_address_is_not_found() -> None:
    (verdict,) = match([Wanted("li", ())], Found({}), NOBODY)
    assert told(verdict) == ("not_found", "no_address")


def test_whom_the_platform_does_not_name_is_not_found_in_its_own_words() -> None:
    verdict = one(Found({}, why={MAIL: "The person has left."}))
    assert (told(verdict), verdict.sentence) == (("not_found", "nobody"), "The person has left.")
    assert "nobody" in (one(Found({})).sentence or "")


def test_a_question_without_an_answer_is_neither_found_nor_not() -> None:
    verdict = one(Found({}, failed={PHONE: "no answer in time"}))
    assert (told(verdict), verdict.sentence) == (("failed", "call_failed"), "no answer in time")


@pytest.mark.parametrize("method", ["manual", "created", "auto", "login"])
def test_what_somebody_decided_stays(method: str) -> None:
    assert one(Found({MAIL: [LI]}), Bound(LI, method)).outcome is Outcome.ALREADY_BOUND
    other = one(Found({MAIL: [LI]}), Bound(FANG, method))
    assert told(other) == ("conflicts", "bound_to_another")
    stale = one(Found({MAIL: [LI]}), Bound(LI, method, stale=True))
    assert told(stale) == ("conflicts", "stale")
    assert one(Found({}), Bound(FANG, method)).outcome is Outcome.ALREADY_BOUND
    assert one(Found({MAIL: [LI, FANG]}), Bound(FANG, method)).outcome is Outcome.ALREADY_BOUND


def test_what_a_look_up_once_found_is_no_decision() -> None:
    assert one(Found({MAIL: [LI]}), Bound(FANG, "resolved")).outcome is Outcome.MATCHED


def test_who_was_unbound_on_purpose_stays_unbound() -> None:
    verdict = one(Found({MAIL: [LI]}), Bound(None, "manual", unbound=True))
    assert told(verdict) == ("conflicts", "unbound")


def test_a_person_who_is_somebody_elses_stays_so() -> None:
    verdict = one(Found({MAIL: [LI]}), None, boss=Bound(LI, "manual"))
    assert (told(verdict), verdict.holder) == (("conflicts", "identity_taken"), "boss")


PEOPLE = [Identity(f"ou_{number}", "open_id") for number in range(5)]
KEYS = [Address("email", f"{number}@ex.com") for number in range(4)]
KEYS += [Address("mobile", f"+659{number}") for number in range(4)]
METHODS = st.sampled_from(["manual", "created", "auto", "resolved", "login"])
BOUND = st.builds(Bound, st.sampled_from(PEOPLE), METHODS, stale=st.booleans()) | st.just(
    Bound(None, "manual", unbound=True)
)
USERS = [f"u{number}" for number in range(6)]
EVERYBODY = st.lists(
    st.builds(
        Wanted, st.sampled_from(USERS), st.lists(st.sampled_from(KEYS), max_size=3).map(tuple)
    ),
    unique_by=lambda each: each.user,
)
ANSWERS = st.builds(
    Found,
    st.dictionaries(st.sampled_from(KEYS), st.lists(st.sampled_from(PEOPLE), max_size=2)),
    st.dictionaries(st.sampled_from(KEYS), st.text()),
    st.dictionaries(st.sampled_from(KEYS), st.text()),
)
BINDINGS = st.dictionaries(st.sampled_from(USERS), BOUND).map(Present)


@given(EVERYBODY, ANSWERS, BINDINGS)
def test_nothing_is_overwritten_and_nobody_is_bound_twice(
    users: Sequence[Wanted], answers: Found, present: Present
) -> None:
    verdicts = match(users, answers, present)
    assert [each.user for each in verdicts] == [each.user for each in users]
    matched = [each for each in verdicts if each.outcome is Outcome.MATCHED]
    assert all(each.reason for each in verdicts if each.outcome not in {"matched", "already_bound"})
    assert not any(
        bound.chosen for each in matched if (bound := present.bound.get(each.user)) is not None
    )
    kept = {user: bound.identity for user, bound in present.bound.items() if bound.identity}
    after = {**kept, **{each.user: each.identity for each in matched}}
    for each in matched:
        assert list(after.values()).count(each.identity) == 1


@given(EVERYBODY, ANSWERS, BINDINGS, st.lists(st.sampled_from(KEYS), max_size=3).map(tuple))
def test_one_more_user_changes_only_those_who_claim_the_same_person(
    users: Sequence[Wanted], answers: Found, present: Present, addresses: tuple[Address, ...]
) -> None:
    before = match(users, answers, present)
    claimed = {identity for each in addresses for identity in answers.people.get(each, ())}
    after = match([*users, Wanted("new", addresses)], answers, present)[:-1]
    for was, now in zip(before, after, strict=True):
        assert was == now or was.identity in claimed
