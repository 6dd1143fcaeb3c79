import itertools
from math import ceil
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.plugin import (
    DeliveryError,
    Identity,
    Recipient,
    RecipientError,
    RecipientKind,
    ScopeMissingError,
)
from gateway_lark import lookup

from .conftest import Rig

EMAIL, MOBILE, USER, CHAT = (
    RecipientKind.EMAIL,
    RecipientKind.MOBILE,
    RecipientKind.USER,
    RecipientKind.CHAT,
)


async def find(rig: Rig, recipient: Recipient) -> Identity:
    return await rig.channel().resolve(recipient)


async def refusal(rig: Rig, recipient: Recipient) -> RecipientError:
    with pytest.raises(RecipientError) as refused:
        await rig.channel().resolve(recipient)
    return refused.value


@pytest.mark.parametrize(
    "recipient",
    [
        Recipient(EMAIL, "li.wei@merlion.example"),
        Recipient(MOBILE, "+6591230001"),
        Recipient(MOBILE, "+65 9123-0001"),
        Recipient(USER, "li.wei", email="li.wei@merlion.example"),
        Recipient(USER, "li.wei", mobile="+6591230001"),
        Recipient(USER, "li.wei", email="unknown@merlion.example", mobile="+6591230001"),
    ],
)
async def test_people_are_found(rig: Rig, recipient: Recipient) -> None:
    person = rig.emulator.people["li.wei"]
    wanted = Identity(rig.emulator.open_id(rig.app_id, person), "open_id")
    assert await find(rig, recipient) == wanted
    assert rig.calls("batch_get_id") == 1


async def test_an_address_counts_more_than_a_number(rig: Rig) -> None:
    recipient = Recipient(USER, "x", email="li.wei@merlion.example", mobile="+6591230002")
    person = rig.emulator.people["li.wei"]
    assert (await find(rig, recipient)).id == rig.emulator.open_id(rig.app_id, person)


async def test_a_chat_needs_no_call(rig: Rig) -> None:
    assert await find(rig, Recipient(CHAT, "oc_1")) == Identity("oc_1", "chat_id")
    assert not rig.emulator.calls


async def test_a_user_without_address_or_number_cannot_be_found(rig: Rig) -> None:
    refused = await refusal(rig, Recipient(USER, "li.wei"))
    assert refused.message == lookup.NO_ADDRESS
    assert not refused.gone
    assert not rig.emulator.calls


async def test_a_group_robot_is_no_recipient_here(rig: Rig) -> None:
    refused = await refusal(rig, Recipient(RecipientKind.CHANNEL, "robot"))
    assert refused.message == lookup.NO_FORM


async def test_a_stranger_is_not_found(rig: Rig) -> None:
    refused = await refusal(rig, Recipient(EMAIL, "nobody@merlion.example"))
    assert refused.message == lookup.NOT_FOUND


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [("resigned", True, "left"), ("frozen", True, "frozen"), ("activated", False, "activated")],
)
async def test_who_left_is_gone_and_it_says_why(
    rig: Rig, name: str, value: bool, word: str
) -> None:
    setattr(rig.emulator.people["li.wei"], name, value)
    refused = await refusal(rig, Recipient(EMAIL, "li.wei@merlion.example"))
    assert refused.gone
    assert word in refused.message


async def test_who_is_outside_the_contact_range_is_not_found(rig: Rig) -> None:
    rig.emulator.people["li.wei"].in_contact_range = False
    refused = await refusal(rig, Recipient(EMAIL, "li.wei@merlion.example"))
    assert "contact data range" in refused.message


async def test_without_the_permission_the_whole_look_up_says_so(rig: Rig) -> None:
    rig.emulator.apps[rig.app_id].scopes.discard("contact:user.id:readonly")
    with pytest.raises(ScopeMissingError) as refused:
        await find(rig, Recipient(EMAIL, "li.wei@merlion.example"))
    assert refused.value.scopes == ("contact:user.id:readonly",)
    assert refused.value.fix_url
    assert refused.value.fix_url.startswith(f"{rig.platform.api_base}/app/{rig.app_id}/auth")


async def test_answers_keep_the_order_of_the_question(rig: Rig) -> None:
    recipients = [
        Recipient(CHAT, "oc_1"),
        Recipient(EMAIL, "nobody@merlion.example"),
        Recipient(MOBILE, "+6591230002"),
        Recipient(USER, "x"),
        Recipient(EMAIL, "LI.WEI@merlion.example"),
        Recipient(EMAIL, "li.wei@merlion.example"),
    ]
    answers = await rig.channel().resolve_many(recipients)
    people = rig.emulator.people
    assert answers[0] == Identity("oc_1", "chat_id")
    assert isinstance(answers[1], RecipientError)
    assert answers[2] == Identity(
        rig.emulator.open_id(rig.app_id, people["tan.mei.ling"]), "open_id"
    )
    assert isinstance(answers[3], RecipientError)
    assert answers[4] == answers[5]
    assert rig.calls("batch_get_id") == 1


async def test_a_part_that_nobody_needs_looked_up_makes_no_call(rig: Rig) -> None:
    await rig.channel().resolve_many([Recipient(CHAT, "oc_1"), Recipient(USER, "x")])
    assert not rig.emulator.calls


async def test_people_known_by_address_or_number_fill_both_halves_of_a_call(rig: Rig) -> None:
    people = rig.emulator.add_people(200)
    by_email = [Recipient(EMAIL, person.email or "") for person in people[:100]]
    by_mobile = [Recipient(MOBILE, person.mobile or "") for person in people[100:]]
    channel = rig.channel()
    parts = channel.lookups(by_email + by_mobile)
    answers = [await channel.resolve_many(part) for part in parts]
    assert rig.calls("batch_get_id") == 2
    found = {answer.id for answer in itertools.chain(*answers) if isinstance(answer, Identity)}
    assert len(found) == 200


RECIPIENTS = st.lists(
    st.one_of(
        st.builds(Recipient, st.just(EMAIL), st.emails()),
        st.builds(Recipient, st.just(MOBILE), st.just("+6591230001")),
        st.builds(
            Recipient,
            st.just(USER),
            st.text(max_size=5),
            st.none() | st.just("a@b.c"),
            st.none() | st.just("+6512345678"),
        ),
        st.builds(Recipient, st.just(CHAT), st.just("oc_1")),
    ),
    max_size=300,
)


@given(RECIPIENTS)
def test_parts_are_as_few_as_there_can_be_and_lose_nobody(recipients: list[Recipient]) -> None:
    parts = lookup.parts(recipients)
    everybody = list(itertools.chain(*parts))
    assert sorted(map(repr, everybody)) == sorted(map(repr, recipients))
    emails = sum(bool(lookup.addresses(each)[0]) for each in recipients)
    mobiles = sum(bool(lookup.addresses(each)[1]) for each in recipients)
    assert len(parts) == max(ceil(emails / 50), ceil(mobiles / 50), bool(recipients))
    for part in parts:
        assert sum(bool(lookup.addresses(each)[0]) for each in part) <= 50
        assert sum(bool(lookup.addresses(each)[1]) for each in part) <= 50


def outcome(recipient: Recipient, *entries: Any) -> Identity | DeliveryError:  # noqa: ANN401 - any JSON
    return lookup.outcome(recipient, lookup.found_in({"user_list": list(entries)}))


def test_somebody_present_counts_more_than_the_former_holder_of_an_address() -> None:
    entries = [
        {"user_id": "ou_old", "email": "a@b.c", "status": {"is_resigned": True}},
        {"user_id": "ou_new", "email": "a@b.c", "status": {"is_resigned": False}},
    ]
    recipient = Recipient(EMAIL, "a@b.c")
    assert outcome(recipient, *entries) == Identity("ou_new", "open_id")
    assert outcome(recipient, *reversed(entries)) == Identity("ou_new", "open_id")


def test_numbers_of_mainland_china_match_with_and_without_country_code() -> None:
    entry = {"user_id": "ou_1", "mobile": "13011111111"}
    assert outcome(Recipient(MOBILE, "+8613011111111"), entry) == Identity("ou_1", "open_id")


@pytest.mark.parametrize(
    "entry", [None, "x", {}, {"email": 5}, {"email": "a@b.c"}, {"email": "a@b.c", "user_id": 7}]
)
def test_entries_of_a_wrong_shape_name_nobody(entry: object) -> None:
    assert isinstance(outcome(Recipient(EMAIL, "a@b.c"), entry), RecipientError)
