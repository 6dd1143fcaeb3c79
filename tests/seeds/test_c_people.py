"""C1 to C7 and C9: members of the platform and users of the product (seeds 000, 001, 003, 004)."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.faults.stage import TENANT
from tests.seeds.people_stage import USERS, Company, company

BRANDS = ("lark", "dingtalk", "dingtalk-exclusive")
LISTING = {
    "lark": (
        "contact:contact.base:readonly",
        "contact:contact:readonly_as_app",
        "contact:department.organize:readonly",
    ),
    "dingtalk": ("qyapi_get_department_member",),
}
LISTING["dingtalk-exclusive"] = LISTING["dingtalk"]


@pytest.fixture(params=BRANDS)
async def acme(request: pytest.FixtureRequest, sqlite_url: str) -> AsyncIterator[Company]:
    async with company(sqlite_url, request.param) as made:
        yield made


@pytest.fixture
async def lark(sqlite_url: str) -> AsyncIterator[Company]:
    async with company(sqlite_url) as made:
        yield made


@pytest.fixture
async def anywhere(database_url: str) -> AsyncIterator[Company]:
    async with company(database_url) as made:
        yield made


async def test_c1_employees_are_browsed_and_searched_to_be_picked(acme: Company) -> None:
    acme.emulator.add_people(60)
    await acme.user("boss")
    await acme.call("PUT", f"{acme.bindings}/boss", {"identity": acme.identity("p7")})
    people = {each["user_id"]: each for each in await acme.everybody()}
    assert set(people) == set(acme.emulator.people)
    assert people["p7"]["bound"] == {"user": "boss", "method": "manual", "stale": False}
    assert [each for each in people.values() if each["bound"]] == [people["p7"]]
    (found,) = await acme.everybody("P42@EXAMPLE")
    assert (found["identity"], found["name"]) == (acme.identity("p42"), "p42")
    assert (found["mobile"], found["active"]) == ("+6590000042", True)


async def test_c1_a_page_has_at_most_so_many_people_and_nobody_is_left_out(acme: Company) -> None:
    acme.emulator.add_people(60)
    people: list[str] = []
    params: dict[str, object] = {"limit": 7}
    while params.get("cursor", "") is not None:
        page = await acme.call("GET", f"{acme.channel}/directory", **params)
        assert len(page["items"]) <= 7
        people += [each["user_id"] for each in page["items"]]
        params["cursor"] = page["next_cursor"]
    assert sorted(people) == sorted(acme.emulator.people)
    for wrong in ({"limit": 0}, {"limit": 201}, {"cursor": "bm9uZQ"}):
        reply = await acme.http.get(f"{acme.channel}/directory", params=wrong)
        assert (reply.status_code, reply.json()["code"]) == (422, "validation_failed")


async def test_c1_browsing_is_in_the_books_and_outside_the_quota(acme: Company) -> None:
    page = await acme.call("GET", f"{acme.channel}/directory")
    usage = await acme.call("GET", f"{acme.channel}/usage")
    assert usage["by_purpose"]["directory"] == acme.calls()
    assert usage["by_purpose"]["directory"] + usage["by_purpose"]["token"] == page["calls"]
    assert usage["used"] == 0


async def test_c1_a_missing_permission_is_named_with_the_page_that_grants_it(
    acme: Company,
) -> None:
    acme.forbid(*LISTING[acme.brand])
    reply = await acme.http.get(f"{acme.channel}/directory")
    problem = reply.json()
    assert (reply.status_code, problem["code"]) == (409, "permission_missing")
    assert LISTING[acme.brand][0] in problem["scopes"]
    assert any(scope in problem["fix_url"] for scope in problem["scopes"])


async def test_c2_an_existing_user_is_bound_by_hand_and_reached(acme: Company) -> None:
    acme.emulator.add_people(1)
    await acme.user("li.wei")
    body = {"identity": acme.identity("p1")}
    assert (await acme.call("PUT", f"{acme.bindings}/li.wei", body))["method"] == "manual"
    delivery = await acme.send("li.wei")
    assert delivery["state"] == "sent"
    assert acme.calls("batch_get_id") + acme.calls("getbymobile") == 0


async def test_c3_a_member_becomes_a_user_from_what_the_platform_knows(acme: Company) -> None:
    acme.emulator.add_people(2)
    body = {"identities": [acme.identity("p1"), {"kind": "user_id", "id": "nobody"}]}
    added = await acme.call("POST", f"{acme.channel}/members", body)
    assert [(each["state"], each["user"]) for each in added["items"]] == [
        ("created", "p1"),
        ("failed", None),
    ]
    user = await acme.call("GET", f"{USERS}/p1")
    assert (user["display_name"], user["email"]) == ("p1", "p1@example.com")
    assert user["mobile"] == "+6590000001"
    assert (await acme.bound())["p1"]["method"] == "created"
    assert (await acme.send("p1"))["state"] == "sent"
    again = await acme.call("POST", f"{acme.channel}/members", body)
    assert (again["items"][0]["state"], again["items"][0]["user"]) == ("already_bound", "p1")
    lines = [(each["action"], each["target"]) for each in await acme.audited()]
    assert lines.count(("user.put", "p1")) == lines.count(("binding.put", f"{acme.brand}/p1")) == 1


async def test_c3_ids_that_are_taken_get_a_number_and_known_people_their_own_user(
    lark: Company,
) -> None:
    lark.emulator.add_person("王芳", user_id="fang", email="fang.wang@example.com")
    lark.emulator.add_person("Fang 2", user_id="方", email="fang@example.org")
    lark.emulator.add_person("Bob", user_id="bob", email="BOB@example.com")
    await lark.user("fang", display_name="Another Fang")
    await lark.user("robert", email="bob@example.com")
    people = [lark.identity(each) for each in ("fang", "方", "bob", "fang")]
    named = {**lark.identity("li.wei"), "user": "fang-3"}
    body = {"identities": [*people, named]}
    added = await lark.call("POST", f"{lark.channel}/members", body)
    assert [(each["state"], each["user"]) for each in added["items"]] == [
        ("created", "fang-2"),
        ("created", "fang-3"),
        ("bound", "robert"),
        ("already_bound", "fang-2"),
        ("conflict", "fang-3"),
    ]
    assert added["counts"]["created"] == 2
    assert (await lark.bound())["robert"]["method"] == "auto"
    assert (await lark.call("GET", f"{USERS}/fang"))["display_name"] == "Another Fang"


async def test_c4_users_are_matched_by_mobile_and_email_at_once(acme: Company) -> None:
    acme.emulator.add_people(10)
    for number in range(1, 9):
        await acme.user(f"u{number}", mobile=f"+659{number:07d}")
    await acme.user("mail", email="P9@EXAMPLE.COM")
    await acme.user("twin1", mobile="+6590000010")
    await acme.user("twin2", email="p10@example.com")
    await acme.user("two", mobile="+6590000009", email="p8@example.com")
    await acme.user("nobody", mobile="+6599999999")
    await acme.user("silent")
    await acme.call("PUT", f"{acme.bindings}/u1", {"identity": acme.identity("p5")})
    await acme.call("PUT", f"{acme.bindings}/u2", {"identity": acme.identity("p2")})
    await acme.call("DELETE", f"{acme.bindings}/u3")
    before = await acme.bound()
    tried = await acme.auto(by=["mobile", "email"], dry_run=True)
    assert await acme.bound() == before
    told = await acme.auto(by=["mobile", "email"])
    assert {**told, "dry_run": True, "calls": 0} == {**tried, "calls": 0}
    assert [each["user"] for each in told["matched"]] == ["mail", "u4", "u6", "u7", "u8"]
    assert told["already_bound"] == ["u2"]
    reasons = {each["user"]: each["reason"] for name in LEFT_ALONE for each in told[name]}
    assert reasons == {
        "twin1": "several_users",
        "twin2": "several_users",
        "two": "several_people",
        "nobody": "nobody",
        "silent": "no_address",
        "u1": "bound_to_another",
        "u3": "unbound",
        "u5": "identity_taken",
    }
    bound = await acme.bound()
    assert {user: bound[user] for user in before} == before
    assert {user for user, each in bound.items() if each["method"] == "auto"} == {
        each["user"] for each in told["matched"]
    }


LEFT_ALONE = ("ambiguous", "not_found", "conflicts")


async def test_c4_without_the_look_ups_permission_the_directory_is_matched_here(
    lark: Company,
) -> None:
    lark.emulator.add_people(50)
    for number in range(1, 51):
        await lark.user(f"u{number}", email=f"P{number}@example.com")
    lark.forbid("contact:user.id:readonly")
    told = await lark.auto(by=["email"])
    assert (told["way"], told["counts"]["matched"]) == ("directory", 50)
    assert "contact:user.id:readonly" in told["notes"][0]
    assert lark.calls("find_by_department") == 3
    lark.forbid("contact:user.email:readonly")
    told = await lark.auto(by=["email"], users=["u1"])
    assert "e-mail addresses" in told["notes"][1]


async def test_c4_without_any_permission_it_says_which(acme: Company) -> None:
    acme.forbid("contact:user.id:readonly", "qyapi_get_member_by_mobile", *LISTING[acme.brand])
    await acme.user("u1", mobile="+6590000001", email="p1@example.com")
    reply = await acme.http.post(f"{acme.bindings}/auto", json={})
    assert (reply.status_code, reply.json()["code"]) == (409, "permission_missing")
    assert reply.json()["scopes"]


async def test_c4_without_a_listing_dingtalk_looks_up_so_many_and_goes_on(sqlite_url: str) -> None:
    async with company(sqlite_url, "dingtalk-exclusive") as acme:
        acme.forbid(*LISTING["dingtalk"])
        acme.emulator.add_people(450)
        body = "id,mobile\r\n" + "".join(f"u{n:03},+659{n:07d}\r\n" for n in range(1, 451))
        await imported(acme, f"{USERS}/import", body)
        for number in range(1, 451):
            acme.emulator.people[f"p{number}"].login_id = None
        first = await acme.auto(by=["mobile"])
        assert (first["way"], first["counts"]["matched"]) == ("look_up", 400)
        rest = await acme.auto(by=["mobile"], cursor=first["next_cursor"])
        assert (rest["counts"]["matched"], rest["next_cursor"]) == (50, None)
        assert acme.emulator.rejections["90018"] == 0


async def test_c5_bound_members_are_listed_with_how_and_since_when(anywhere: Company) -> None:
    anywhere.emulator.add_people(3)
    await anywhere.user("li.wei", email="p1@example.com")
    await anywhere.auto()
    row = (await anywhere.bound())["li.wei"]
    assert (row["identity"], row["method"]) == (anywhere.identity("p1"), "auto")
    assert row["since"].endswith("Z")
    assert (row["stale"], row["stale_reason"]) == (False, None)


async def test_c6_nothing_goes_to_whom_an_admin_unbound(acme: Company) -> None:
    acme.emulator.add_people(1)
    await acme.user("li.wei", email="p1@example.com", mobile="+6590000001")
    await acme.auto()
    await acme.call("DELETE", f"{acme.bindings}/li.wei")
    acme.emulator.reset_counts()
    delivery = await acme.send("li.wei")
    assert (delivery["state"], delivery["reason"]) == ("suppressed", "not_bound")
    assert acme.calls() == 0
    look = await acme.http.post(f"{acme.bindings}/li.wei/resolve")
    assert (look.status_code, look.json()["code"]) == (409, "conflict")


@pytest.mark.parametrize("user", ["李伟", "li wei", "li+wei", "-li", "li/wei", "li\u200bwei"])
async def test_c7_an_id_has_no_chinese_and_no_special_characters(lark: Company, user: str) -> None:
    reply = await lark.http.put(f"{USERS}/{user.replace('/', '%2F')}", json={})
    if reply.status_code != 404:  # a slash makes it another address
        (error,) = reply.json()["errors"]
        assert reply.status_code == 422
        assert error["loc"] == ["path", "user"]
        assert "^[A-Za-z0-9]" in error["message"]
    told = await imported(lark, f"{USERS}/import", f"id\r\n{user}\r\ngood\r\n")
    assert (told["created"], told["errors"][0]["line"]) == (1, 2)
    assert told["errors"][0]["column"] == "id"


async def test_c7_an_id_never_changes(lark: Company) -> None:
    await lark.user("li.wei")
    reply = await lark.http.patch(f"{USERS}/li.wei", json={"id": "wei.li"})
    assert (reply.status_code, reply.json()["code"]) == (409, "id_immutable")
    assert "delete" in reply.json()["detail"]


async def test_c9_many_people_are_found_in_one_call_and_remembered(lark: Company) -> None:
    lark.emulator.add_people(50)
    for number in range(1, 51):
        mobile, email = f"+659{number:07d}", f"p{number}@example.com"
        await lark.user(f"u{number}", mobile=mobile, email=email)
    told = await lark.auto(dry_run=True)
    assert (told["counts"]["matched"], lark.calls("batch_get_id")) == (50, 1)
    await lark.send("u1")
    await lark.send("u1")
    assert lark.calls("batch_get_id") == 2


async def test_c9_five_thousand_people_are_exactly_a_hundred_calls(anywhere: Company) -> None:
    anywhere.emulator.add_people(5000)
    body = "id,mobile,email\r\n" + "".join(
        f"p{number},+659{number:07d},p{number}@example.com\r\n" for number in range(1, 5001)
    )
    assert (await imported(anywhere, f"{USERS}/import", body))["created"] == 5000
    told = await anywhere.auto()
    assert (told["counts"]["matched"], len(told["matched"])) == (5000, 100)
    assert anywhere.calls() == anywhere.calls("batch_get_id") == 100
    assert not anywhere.emulator.rejections
    assert len(await anywhere.bound()) == 200


async def test_whoever_the_platform_says_has_left_is_stale_until_looked_up_again(
    acme: Company,
) -> None:
    acme.emulator.add_people(2)
    await acme.user("li.wei", mobile="+6590000001")
    await acme.call("PUT", f"{acme.bindings}/li.wei", {"identity": acme.identity("p1")})
    assert (await acme.send("li.wei"))["state"] == "sent"
    acme.emulator.people["p1"].resigned = True
    failed = await acme.send("li.wei")
    assert (failed["state"], failed["reason"]) == ("failed", "unreachable")
    row = (await acme.bound(stale=True))["li.wei"]
    assert row["stale_since"]
    assert row["stale_reason"]
    assert await acme.bound(stale=False) == {}
    next_one = await acme.send("li.wei")
    assert (next_one["state"], next_one["reason"]) == ("failed", "stale_binding")
    look = await acme.call("POST", f"{acme.bindings}/li.wei/resolve")
    assert (look["outcome"], look["binding"]["stale"]) == ("stale", True)
    acme.emulator.people["p1"].resigned = False
    look = await acme.call("POST", f"{acme.bindings}/li.wei/resolve")
    assert (look["outcome"], look["binding"]["method"]) == ("confirmed", "manual")
    assert (await acme.send("li.wei"))["state"] == "sent"


async def test_who_moved_to_another_account_is_bound_to_it_when_looked_up_again(
    acme: Company,
) -> None:
    acme.emulator.add_people(1)
    acme.emulator.add_person("Old", user_id="old", email="x@example.com")
    await acme.user("li.wei", mobile="+6590000001")
    await acme.call("PUT", f"{acme.bindings}/li.wei", {"identity": acme.identity("old")})
    acme.emulator.people["old"].resigned = True
    assert (await acme.send("li.wei"))["reason"] == "unreachable"
    look = await acme.call("POST", f"{acme.bindings}/li.wei/resolve")
    assert (look["outcome"], look["binding"]["identity"]) == ("bound", acme.identity("p1"))
    assert (await acme.send("li.wei"))["state"] == "sent"


async def test_looking_again_takes_nobody_from_another_user(acme: Company) -> None:
    acme.emulator.add_people(1)
    await acme.user("boss")
    await acme.call("PUT", f"{acme.bindings}/boss", {"identity": acme.identity("p1")})
    await acme.user("li.wei", mobile="+6590000001")
    reply = await acme.http.post(f"{acme.bindings}/li.wei/resolve")
    assert (reply.status_code, reply.json()["code"]) == (409, "conflict")
    assert "user:boss" in reply.json()["detail"]
    assert set(await acme.bound()) == {"boss"}


async def test_one_tenants_people_are_no_others(lark: Company) -> None:
    lark.emulator.add_people(3)
    other = "/v1/tenants/other"
    await lark.call("PUT", other, {"name": "Other"})
    await lark.call("PUT", f"{other}/channels/lark", {"type": "lark", "config": lark.config})
    await lark.user("mine", email="p1@example.com")
    await lark.call("PUT", f"{other}/users/theirs", {"email": "p1@example.com"})
    told = await lark.auto()
    assert [each["user"] for each in told["matched"]] == ["mine"]
    theirs = await lark.call("POST", f"{other}/channels/lark/bindings/auto", {})
    assert [each["user"] for each in theirs["matched"]] == ["theirs"]
    assert set(await lark.bound()) == {"mine"}


async def test_files_go_out_safely_and_come_back_the_same(anywhere: Company) -> None:
    fields = {"display_name": "=cmd|'/C calc'!A0", "mobile": "+6590000001"}
    await anywhere.user("a", **fields, departments=["@ops", "a;b\\c"], email="p1@example.com")
    await anywhere.user("b", display_name="李伟", preferences={"quiet_hours": None})
    file = await anywhere.http.get(f"{USERS}.csv")
    assert file.headers["content-type"].startswith("text/csv")
    assert file.content.startswith("\ufeffid,".encode())
    assert "'=cmd" in file.text
    assert ",+6590000001," in file.text
    told = await imported(anywhere, f"{USERS}/import", file.text)
    assert (told["rows"], told["unchanged"]) == (2, 2)
    await anywhere.call("DELETE", f"{USERS}/a")
    assert (await imported(anywhere, f"{USERS}/import", file.text))["created"] == 1
    user = await anywhere.call("GET", f"{USERS}/a")
    assert (user["display_name"], user["departments"]) == (
        fields["display_name"],
        ["@ops", "a;b\\c"],
    )


async def test_a_bad_row_is_told_with_its_line_and_stops_no_other(lark: Company) -> None:
    rows = [
        "id,mobile,email,locale",
        "a,139 1234 5678,,",
        "b,nonsense,x,",
        "a,,,",
        "c,,,zh-CN",
        "d",
    ]
    body = "\r\n".join(rows)
    tried = await imported(lark, f"{USERS}/import?dry_run=true", body)
    assert (await lark.call("GET", USERS))["items"] == []
    told = await imported(lark, f"{USERS}/import", body)
    assert {**told, "dry_run": True} == tried
    assert (told["rows"], told["created"], told["failed"]) == (5, 2, 3)
    assert [(each["line"], each["column"]) for each in told["errors"]] == [
        *((3, "email"), (3, "mobile"), (4, "id"), (6, None)),
    ]
    assert (await lark.call("GET", f"{USERS}/a"))["mobile"] == "+8613912345678"
    changed = [each["target"] for each in await lark.audited() if each["action"] == "user.put"]
    assert sorted(changed) == ["a", "c"]


async def test_bindings_go_out_and_in_and_replace_nothing_unasked(anywhere: Company) -> None:
    for user in ("a", "b"):
        await anywhere.user(user)
    await anywhere.call("PUT", f"{anywhere.bindings}/a", {"identity": anywhere.identity("li.wei")})
    path = f"{anywhere.bindings}/import"
    body = "user,identity\r\na,ou_other\r\nb,ou_b\r\nnobody,ou_c\r\nb,ou_d\r\n"
    told = await imported(anywhere, path, body)
    assert [(each["line"], each["column"]) for each in told["errors"]] == [
        *((2, "identity"), (4, "user"), (5, "user")),
    ]
    assert (told["created"], (await anywhere.bound())["b"]["method"]) == (1, "manual")
    replaced = await imported(anywhere, f"{path}?replace=true", "user,identity\r\na,ou_other\r\n")
    assert replaced["updated"] == 1
    taken = await imported(
        anywhere, f"{path}?replace=true", "user,identity\r\na,ou_9\r\nb,ou_9\r\nb2,ou_9\r\n"
    )
    assert [(each["line"], each["column"]) for each in taken["errors"]] == [
        *((3, "identity"), (4, "user")),
    ]
    assert taken["errors"][0]["message"] == "the person is bound to user:a already"
    file = (await anywhere.http.get(f"{anywhere.bindings}.csv")).text
    again = await imported(anywhere, path, file)
    assert (again["unchanged"], again["failed"]) == (2, 0)
    fax = await imported(anywhere, path, "user,identity_kind,identity\r\na,fax,1\r\n")
    assert fax["errors"][0]["column"] == "identity_kind"


@pytest.mark.parametrize(
    ("body", "status"), [(b"x" * (1024 * 1024 + 1), 413), (b"\xff", 422), (b"name\r\nx", 422)]
)
async def test_what_is_no_file_of_users_is_refused(lark: Company, body: bytes, status: int) -> None:
    reply = await lark.http.post(f"{USERS}/import", content=body)
    assert reply.status_code == status


async def test_a_viewer_reads_and_an_admin_changes(lark: Company) -> None:
    keys = f"/v1/tenants/{TENANT}/api-keys"
    viewer = (await lark.call("POST", keys, {"role": "viewer"}))["key"]
    headers = {"Authorization": f"Bearer {viewer}"}

    async def status(method: str, path: str) -> int:
        reply: httpx.Response = await lark.http.request(method, path, headers=headers)
        return reply.status_code

    reads = (f"{lark.channel}/directory", f"{USERS}.csv", f"{lark.bindings}.csv")
    assert [await status("GET", path) for path in reads] == [200] * 3
    changes = (
        f"{lark.channel}/members",
        f"{lark.bindings}/auto",
        f"{lark.bindings}/x/resolve",
        f"{lark.bindings}/import",
        f"{USERS}/import",
    )
    assert [await status("POST", path) for path in changes] == [403] * 5


async def imported(acme: Company, path: str, body: str) -> dict[str, object]:
    headers = {"Content-Type": "text/csv"}
    reply = await acme.http.post(path, content=body.encode(), headers=headers)
    assert reply.status_code == 200, reply.text
    told: dict[str, object] = reply.json()
    return told
