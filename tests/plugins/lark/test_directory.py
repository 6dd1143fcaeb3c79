from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest

from gateway.plugin import ContentError, Person, ScopeMissingError
from gateway_lark.channel import LarkChannel

from .conftest import Rig


async def everybody(rig: Rig, query: str = "") -> list[Person]:
    channel = rig.channel()
    people: list[Person] = []
    cursor = None
    for _ in range(100):
        page = await channel.browse(query, cursor)
        people += page.people
        cursor = page.next_cursor
        if cursor is None:
            return people
    raise AssertionError("the directory never ends")


async def test_everybody_in_range_is_listed_once(rig: Rig) -> None:
    ops = rig.emulator.add_department("Operations")
    night = rig.emulator.add_department("Night shift", ops.id)
    rig.emulator.add_people(70)
    for number in range(30):
        rig.emulator.add_person(f"n{number}", user_id=f"n{number}", department=night.id)
    rig.emulator.people["p7"].in_contact_range = False
    found = await everybody(rig)
    assert len(found) == 6 + 70 + 30 - 1
    assert len({person.identity for person in found}) == len(found)


async def test_a_person_is_told_with_what_the_permissions_show(rig: Rig) -> None:
    (found,) = await everybody(rig, "tan mei")
    assert (found.name, found.email) == ("Tan Mei Ling", "tan.mei.ling@merlion.example")
    assert (found.mobile, found.user_id, found.active) == ("+6591230002", "tan.mei.ling", True)
    rig.emulator.apps[rig.app_id].scopes -= {
        "contact:user.email:readonly",
        "contact:user.phone:readonly",
        "contact:user.employee_id:readonly",
    }
    (found,) = await everybody(rig, "tan mei")
    assert (found.email, found.mobile, found.user_id) == (None, None, None)


@pytest.mark.parametrize("query", ["MERLION.EXAMPLE", "+659123", ""])
async def test_addresses_and_numbers_are_searched_too(rig: Rig, query: str) -> None:
    assert len(await everybody(rig, query)) == 6


async def test_departments_are_listed_again_after_five_minutes(rig: Rig) -> None:
    channel = rig.channel()
    await channel.browse()
    await channel.browse()
    assert rig.calls("children") == 1
    await rig.clock.advance(timedelta(minutes=6).total_seconds())
    await channel.browse()
    assert rig.calls("children") == 2


async def test_a_cursor_of_another_time_is_refused(rig: Rig) -> None:
    with pytest.raises(ContentError):
        await rig.channel().browse("", "od-gone:")


async def test_a_department_out_of_range_is_passed_over(
    lark_channel: Callable[..., LarkChannel],
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if "auth/v3" in request.url.path:
            body: dict[str, object] = {"code": 0, "tenant_access_token": "t-1", "expire": 7200}
            return httpx.Response(200, json=body)
        if "children" in request.url.path:
            items = [{"open_department_id": "od-1"}, {"odd": 1}]
            return httpx.Response(200, json={"code": 0, "data": {"items": items}})
        if request.url.params["department_id"] == "0":
            return httpx.Response(403, json={"code": 40004, "msg": "no dept authority"})
        people = [{"open_id": "ou_1"}, {"name": "nobody"}]
        return httpx.Response(200, json={"code": 0, "data": {"items": people}})

    page = await lark_channel(answer).browse()
    assert [person.name for person in page.people] == ["ou_1"]
    assert page.next_cursor is None


async def test_without_the_permission_it_says_so(rig: Rig) -> None:
    rig.emulator.apps[rig.app_id].scopes -= {
        "contact:contact.base:readonly",
        "contact:contact:readonly_as_app",
        "contact:department.organize:readonly",
    }
    with pytest.raises(ScopeMissingError) as refused:
        await rig.channel().browse()
    assert "contact:contact.base:readonly" in refused.value.scopes
