"""What is told of people who are asked about by their ids."""

from collections.abc import Callable

import httpx

from gateway.plugin import Identity, Person, RecipientError
from gateway_lark.channel import LarkChannel

from .conftest import Rig


async def test_people_are_described_twenty_in_a_call(rig: Rig) -> None:
    rig.emulator.add_people(45)
    ids = [Identity(f"p{number}", "user_id") for number in range(1, 46)]
    found = await rig.channel().describe(ids)
    assert [each.name for each in found if isinstance(each, Person)] == [
        rig.emulator.people[each.id].name for each in ids
    ]
    assert rig.calls("users/batch") - rig.calls("batch_get_id") == 3


async def test_each_kind_of_id_is_understood_and_one_bad_id_hides_no_other(rig: Rig) -> None:
    person = rig.emulator.people["li.wei"]
    open_id = rig.emulator.open_id(rig.app_id, person)
    known = [
        Identity(open_id, "open_id"),
        Identity(person.union_id, "union_id"),
        Identity(person.id, "user_id"),
    ]
    strange = [Identity("ou_nobody", "open_id"), Identity("x", "fax")]
    *found, nobody, odd = await rig.channel().describe([*known, *strange])
    assert [each.identity for each in found if isinstance(each, Person)] == [known[0]] * 3
    assert isinstance(nobody, RecipientError)
    assert nobody.gone
    assert isinstance(odd, RecipientError)


async def test_one_id_that_the_platform_chokes_on_hides_no_other(
    lark_channel: Callable[..., LarkChannel],
) -> None:
    asked: list[list[str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if "auth/v3" in request.url.path:
            body: dict[str, object] = {"code": 0, "tenant_access_token": "t-1", "expire": 7200}
            return httpx.Response(200, json=body)
        ids = request.url.params.get_list("user_ids")
        asked.append(ids)
        if "ou_bad" in ids:
            return httpx.Response(400, json={"code": 99992351, "msg": "no such open_id"})
        items = [{"open_id": each, "name": each} for each in ids]
        return httpx.Response(200, json={"code": 0, "data": {"items": items}})

    ids = [Identity(f"ou_{number}", "open_id") for number in range(7)]
    people = await lark_channel(answer).describe(
        [*ids[:3], Identity("ou_bad", "open_id"), *ids[3:]]
    )
    assert [each.name for each in people if isinstance(each, Person)] == [each.id for each in ids]
    assert isinstance(people[3], RecipientError)
    assert len(asked) <= 7
