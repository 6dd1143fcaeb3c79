import json

import httpx
import pytest

from gateway.plugin import (
    CredentialError,
    Identity,
    Recipient,
    RecipientError,
    RecipientKind,
    UncertainError,
)
from gateway_dingtalk import EXCLUSIVE
from gateway_dingtalk.lookup import number

from .conftest import Rig, Scripted

LI = Recipient(RecipientKind.MOBILE, "+6591230001")


def old(result: object = None, errcode: int = 0) -> httpx.Response:
    return httpx.Response(200, json={"errcode": errcode, "errmsg": "-", "result": result})


async def test_a_person_is_found_by_mobile_number_in_one_call(rig: Rig) -> None:
    found = await rig.channel().resolve(LI)
    assert found == Identity("li.wei", "user_id")
    assert (rig.calls("getbymobile"), rig.calls()) == (1, 2)


async def test_a_user_of_the_gateway_is_found_by_the_number_it_knows(rig: Rig) -> None:
    user = Recipient(RecipientKind.USER, "someone", email="a@ex.com", mobile="+65 9123-0001")
    assert (await rig.channel().resolve(user)).id == "li.wei"


async def test_a_group_needs_no_call(rig: Rig) -> None:
    found = await rig.channel().resolve(Recipient(RecipientKind.CHAT, "cidX=="))
    assert found == Identity("cidX==", "open_conversation_id")
    assert rig.calls() == 0


async def test_a_group_may_be_named_by_its_older_id(rig: Rig) -> None:
    old_id = rig.emulator.groups[rig.group].chat_id
    found = await rig.channel().resolve(Recipient(RecipientKind.CHAT, old_id))
    assert found == Identity(rig.group, "open_conversation_id")
    assert rig.calls("convertToOpenConversationId") == 1


async def test_an_older_id_that_is_unknown_or_not_permitted_is_that_groups_matter(
    rig: Rig,
) -> None:
    with pytest.raises(RecipientError, match="group"):
        await rig.channel().resolve(Recipient(RecipientKind.CHAT, "chat" + "0" * 32))
    rig.permissions().discard("qyapi_chat_read")
    old_id = rig.emulator.groups[rig.group].chat_id
    with pytest.raises(RecipientError, match="qyapi_chat_read"):
        await rig.channel().resolve(Recipient(RecipientKind.CHAT, old_id))


@pytest.mark.parametrize(
    ("recipient", "says"),
    [
        (Recipient(RecipientKind.EMAIL, "a@ex.com", email="a@ex.com"), "e-mail"),
        (Recipient(RecipientKind.CHANNEL, "ops"), "form"),
    ],
)
async def test_who_cannot_be_looked_up_is_refused_without_a_call(
    rig: Rig, recipient: Recipient, says: str
) -> None:
    with pytest.raises(RecipientError, match=says):
        await rig.channel().resolve(recipient)
    assert rig.calls() == 0


async def test_without_a_number_the_admin_is_told_how_to_mend_it(scripted: type[Scripted]) -> None:
    platform = scripted(lambda _: old())
    with pytest.raises(RecipientError, match="Add the number"):
        await platform.channel.resolve(Recipient(RecipientKind.USER, "li.wei", email="a@ex.com"))
    assert platform.requests == []


async def test_an_enterprise_account_is_found_by_its_login_id(exclusive: Rig) -> None:
    found = await exclusive.channel().resolve(Recipient(RecipientKind.USER, "li.wei"))
    assert found == Identity("li.wei", "user_id")
    assert exclusive.calls("/user/get") == 1


async def test_an_unknown_login_id_is_told_how_to_mend_it(exclusive: Rig) -> None:
    with pytest.raises(RecipientError, match="login id"):
        await exclusive.channel().resolve(Recipient(RecipientKind.USER, "nobody"))


@pytest.mark.parametrize(
    "details",
    [
        {"userid": "u", "exclusive_account": False},
        {"userid": "u", "exclusive_account": True, "login_id": "other"},
        {"exclusive_account": True},
        {},
    ],
)
async def test_an_account_that_is_not_surely_the_person_is_refused(
    scripted: type[Scripted], details: dict[str, object]
) -> None:
    platform = scripted(lambda _: old(details), EXCLUSIVE)
    with pytest.raises(RecipientError):
        await platform.channel.resolve(Recipient(RecipientKind.USER, "li.wei"))


async def test_only_the_exclusive_edition_asks_for_enterprise_accounts(rig: Rig) -> None:
    bodies = []

    async def listen(request: httpx.Request) -> None:
        bodies.append(json.loads(request.content or b"{}"))

    rig.context.http.event_hooks["request"] = [listen]
    await rig.channel().resolve(LI)
    assert bodies[-1] == {"mobile": "+6591230001", **rig.edition.look_up}


@pytest.mark.parametrize(
    ("result", "found"),
    [
        ({"userid": "own", "exclusive_account_userid_list": ["a", "b"]}, "own"),
        ({"exclusive_account_userid_list": ["a"]}, "a"),
        ({"userid": "own"}, "own"),
    ],
)
async def test_the_organisations_own_member_comes_first(
    scripted: type[Scripted], result: dict[str, object], found: str
) -> None:
    platform = scripted(lambda _: old(result), EXCLUSIVE)
    assert (await platform.channel.resolve(LI)).id == found


async def test_of_several_accounts_none_is_guessed(scripted: type[Scripted]) -> None:
    two = {"exclusive_account_userid_list": ["a", "b"]}
    platform = scripted(lambda _: old(two), EXCLUSIVE)
    with pytest.raises(RecipientError, match="Several"):
        await platform.channel.resolve(LI)


@pytest.mark.parametrize(("code", "says"), [(60121, "names nobody"), (40104, "mobile number")])
async def test_who_is_not_found_is_one_persons_matter(
    scripted: type[Scripted], code: int, says: str
) -> None:
    platform = scripted(lambda _: old(errcode=code))
    with pytest.raises(RecipientError, match=says) as refused:
        await platform.channel.resolve(LI)
    assert refused.value.provider_code == str(code)


async def test_an_answer_that_names_nobody_is_no_answer(scripted: type[Scripted]) -> None:
    platform = scripted(lambda _: old())
    with pytest.raises(UncertainError):
        await platform.channel.resolve(LI)


async def test_a_missing_permission_is_the_channels_matter(rig: Rig) -> None:
    rig.permissions().discard("qyapi_get_member_by_mobile")
    with pytest.raises(CredentialError) as refused:
        await rig.channel().resolve(LI)
    assert refused.value.provider_code == "60011"


@pytest.mark.parametrize(
    ("written", "dialled"),
    [("+86 138-0000-0000", "13800000000"), ("13800000000", "13800000000"), ("+65 1", "+651")],
)
def test_mainland_numbers_lose_their_country_code(written: str, dialled: str) -> None:
    assert number(written) == dialled
