"""Everybody in the contact range can be listed, searched and described."""

from datetime import timedelta

import httpx
import pytest

from gateway.plugin import (
    ContentError,
    Identity,
    Person,
    RecipientError,
    ScopeMissingError,
    UncertainError,
)

from .conftest import Rig, Scripted


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
    known = len(rig.emulator.people)
    ops = rig.emulator.add_department("Operations")
    night = rig.emulator.add_department("Night shift", ops.id)
    day = rig.emulator.add_department("Day shift", ops.id)
    rig.emulator.add_people(90)
    for number, department in enumerate((night, day, ops)):
        rig.emulator.add_person(f"n{number}", f"n{number}", departments=(department.id,))
    rig.emulator.people["p7"].in_scope = False
    found = await everybody(rig)
    assert len(found) == known + 90 + 3 - 1
    assert len({person.identity for person in found}) == len(found)


async def test_a_listing_takes_a_call_for_forty_people_and_one_for_each_department(
    rig: Rig,
) -> None:
    rig.emulator.add_people(200 - len(rig.emulator.people))
    rig.emulator.add_department("Operations")
    assert len(await everybody(rig)) == 200
    assert (rig.calls("user/list"), rig.calls("listsub")) == (5 + 1, 2)


async def test_a_page_makes_ten_calls_at_most(rig: Rig) -> None:
    rig.emulator.add_people(1000)
    page = await rig.channel().browse("nobody has this name")
    assert (page.people, page.next_cursor) == ((), "1:400")
    assert rig.calls("user/list") == 10


async def test_a_person_is_told_with_what_the_console_shows(rig: Rig) -> None:
    rig.emulator.add_person("王芳", "fang", email="Fang@x.example", mobile="+8613912345678")
    (found,) = await everybody(rig, "FANG@x")
    assert (found.identity, found.name) == (Identity("fang", "user_id"), "王芳")
    assert (found.email, found.mobile) == ("Fang@x.example", "+8613912345678")
    assert (found.user_id, found.departments, found.active) == ("fang", ("1",), True)
    rig.emulator.email_visible = rig.emulator.mobile_visible = False
    (found,) = [each for each in await everybody(rig, "fang") if each.user_id == "fang"]
    assert (found.email, found.mobile) == (None, None)


async def test_a_cursor_holds_on_another_machine_and_after_the_departments_are_forgotten(
    rig: Rig,
) -> None:
    for number in range(4):
        department = rig.emulator.add_department(f"d{number}")
        for each in range(40):
            rig.emulator.add_person("x", f"{number}-{each}", departments=(department.id,))
    people: list[Person] = []
    cursor: str | None = None
    while cursor or not people:
        page = await rig.channel().browse("", cursor)
        people += page.people
        cursor = page.next_cursor
        await rig.clock.advance(timedelta(minutes=6).total_seconds())
    assert len({person.identity for person in people}) == len(rig.emulator.people)


@pytest.mark.parametrize("cursor", ["", "2:0", "1/x:0", "1:", "1:-1", "nonsense"])
async def test_a_cursor_that_is_none_is_refused(rig: Rig, cursor: str) -> None:
    if not cursor:
        assert (await rig.channel().browse("", cursor)).people
        return
    with pytest.raises(ContentError):
        await rig.channel().browse("", cursor)


async def test_a_cursor_into_a_department_that_is_gone_says_so(rig: Rig) -> None:
    with pytest.raises(ContentError, match="begin again"):
        await rig.channel().browse("", "1/424242:0")


@pytest.mark.parametrize("point", ["qyapi_get_department_member", "qyapi_get_department_list"])
async def test_without_a_permission_it_says_which(rig: Rig, point: str) -> None:
    rig.permissions().discard(point)
    with pytest.raises(ScopeMissingError) as refused:
        await rig.channel().browse()
    assert refused.value.scopes == (point,)
    assert point in (refused.value.fix_url or "")


async def test_people_are_described_by_userid_unionid_and_login_id(rig: Rig) -> None:
    fang = rig.emulator.add_person("王芳", "fang", login_id="fang.wang")
    ids = [Identity("fang", "user_id"), Identity(fang.union_id, "union_id")]
    ids += [Identity("fang.wang", "login_id"), Identity("nobody", "user_id"), Identity("x", "fax")]
    *found, nobody, odd = await rig.channel().describe(ids)
    assert [each.name for each in found if isinstance(each, Person)] == ["王芳"] * 3
    assert isinstance(nobody, RecipientError)
    assert nobody.gone
    assert isinstance(odd, RecipientError)


async def test_an_answer_that_is_lost_hides_no_other(scripted: type[Scripted]) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if b'"lost"' in request.content:
            raise httpx.ReadTimeout("late")
        return httpx.Response(200, json={"errcode": 0, "result": {"userid": "u", "name": "U"}})

    asked = [Identity("lost", "user_id"), Identity("u", "user_id")]
    lost, found = await scripted(answer).channel.describe(asked)
    assert isinstance(lost, UncertainError)
    assert isinstance(found, Person)
