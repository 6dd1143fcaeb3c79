import httpx
import pytest

from gateway_dingtalk.emulator import create

from .conftest import Client, Clock

MOBILE = "/topapi/v2/user/getbymobile"
USER = "/topapi/v2/user/get"


@pytest.mark.parametrize("mobile", ["+6591230001", "+65-91230001", "6591230001"])
async def test_a_person_is_found_by_mobile(client: Client, mobile: str) -> None:
    answer = await client.old(MOBILE, mobile=mobile)
    assert (answer["errcode"], answer["result"]) == (0, {"userid": "li.wei"})
    assert answer["request_id"]


async def test_a_mainland_number_is_asked_for_without_its_country_code(client: Client) -> None:
    client.emulator.add_person("Chen", "chen", mobile="+86-13800000001")
    assert (await client.old(MOBILE, mobile="13800000001"))["result"]["userid"] == "chen"
    assert (await client.old(MOBILE, mobile="+8613800000001"))["errcode"] == 40104
    client.emulator.mainland_prefix = True
    assert (await client.old(MOBILE, mobile="+8613800000001"))["errcode"] == 0


@pytest.mark.parametrize(
    ("mobile", "code"), [("13900000000", 60121), ("abc", 40104), ("", 40035), (1, 40035)]
)
async def test_a_number_of_nobody_is_refused(client: Client, mobile: object, code: int) -> None:
    assert (await client.old(MOBILE, mobile=mobile))["errcode"] == code


async def test_a_form_serves_as_well_as_json_but_nothing_else(client: Client) -> None:
    query = {"access_token": client.token}
    form = {"mobile": "+6591230001", "support_exclusive_account_search": "true"}
    assert (await client.http.post(MOBILE, params=query, data=form)).json()["errcode"] == 0
    form["support_exclusive_account_search"] = "True"
    assert (await client.http.post(MOBILE, params=query, data=form)).json()["errcode"] == 41
    other = {"content-type": "text/plain"}
    answer = await client.http.post(MOBILE, params=query, content="x", headers=other)
    assert answer.json()["errcode"] == 43004
    answer = await client.http.post(MOBILE, params=query, json=[])
    assert answer.json()["errcode"] == 40035


async def test_enterprise_accounts_are_found_only_when_asked_for(clock: Clock) -> None:
    app = create(brand="dingtalk-exclusive", clock=clock)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://d.test") as http:
        client = Client(app, http)
        await client.log_in()
        assert (await client.old(MOBILE, mobile="+6591230001"))["errcode"] == 60121
        asked = {"mobile": "+6591230001", "support_exclusive_account_search": True}
        found = (await client.old(MOBILE, **asked))["result"]
        assert found == {"exclusive_account_userid_list": ["li.wei"]}
        user = (await client.old(USER, login_id="li.wei", userid="ignored"))["result"]
        assert (user["userid"], user["exclusive_account"]) == ("li.wei", True)
        status = await client.new("GET", "/v1.0/contact/orgAccounts/status", userId="li.wei")
        assert status.json() == {"disable": False}


async def test_details_show_mail_and_mobile_only_with_their_switches(client: Client) -> None:
    user = (await client.old(USER, userid="li.wei"))["result"]
    assert (user["email"], user["state_code"], user["mobile"]) == (
        "li.wei@merlion.example",
        "65",
        "91230001",
    )
    client.emulator.email_visible = client.emulator.mobile_visible = False
    user = (await client.old(USER, userid="li.wei"))["result"]
    assert not {"email", "org_email", "mobile"} & set(user)
    assert (await client.old(USER, userid="nobody"))["errcode"] == 33012
    client.emulator.people["li.wei"].in_scope = False
    assert (await client.old(USER, userid="li.wei"))["errcode"] == 50002


async def test_a_unionid_leads_to_a_userid(client: Client) -> None:
    union_id = client.emulator.people["li.wei"].union_id
    answer = await client.old("/topapi/user/getbyunionid", unionid=union_id)
    assert answer["result"] == {"contact_type": 0, "userid": "li.wei"}
    client.emulator.people["li.wei"].resigned = True
    answer = await client.old("/topapi/user/getbyunionid", unionid=union_id)
    assert answer["errcode"] == 60121


async def test_departments_are_walked_page_by_page(client: Client) -> None:
    emulator = client.emulator
    child = emulator.add_department("Operations")
    emulator.add_person("Ada", "ada", departments=(child.id,))
    sub = (await client.old("/topapi/v2/department/listsub", dept_id=1))["result"]
    assert [(each["dept_id"], each["parent_id"]) for each in sub] == [(child.id, 1)]
    ids = await client.old("/topapi/user/listid", dept_id=child.id)
    assert ids["result"] == {"userid_list": ["ada"]}
    page = (await client.old("/topapi/user/listsimple", dept_id=1, cursor=0, size=4))["result"]
    assert (len(page["list"]), page["has_more"], page["next_cursor"]) == (4, True, 4)
    rest = (await client.old("/topapi/v2/user/list", dept_id=1, cursor=4, size=4))["result"]
    assert [each["email"] for each in rest["list"]] == [
        "sofia.costa@merlion.example",
        "zhao.jun@merlion.example",
    ]


async def test_a_department_has_to_be_named_and_in_range(client: Client) -> None:
    assert (await client.old("/topapi/v2/department/listsub"))["errcode"] == 0
    assert (await client.old("/topapi/user/listid"))["errcode"] == 40035
    hidden = client.emulator.add_department("Hidden")
    hidden.in_scope = False
    assert (await client.old("/topapi/v2/department/listsub", dept_id=hidden.id))[
        "errcode"
    ] == 50004


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"dept_id": 9, "cursor": 0, "size": 1}, 60003),
        ({"dept_id": 1, "cursor": -1, "size": 1}, 40068),
        ({"dept_id": 1, "cursor": 0, "size": 101}, 40069),
        ({"dept_id": "x", "cursor": 0, "size": 1}, 40035),
    ],
)
async def test_a_wrong_page_is_refused(client: Client, body: dict[str, object], code: int) -> None:
    assert (await client.old("/topapi/user/listsimple", **body))["errcode"] == code


async def test_a_search_is_by_name_only(client: Client) -> None:
    path = "/v1.0/contact/users/search"
    found = await client.new("POST", path, {"queryWord": "Li Wei", "offset": 0, "size": 5})
    assert found.json() == {"hasMore": False, "totalCount": 1, "list": ["li.wei"]}
    body = {"queryWord": "li.wei@merlion.example", "offset": 0, "size": 5}
    assert (await client.new("POST", path, body)).json()["list"] == []
    status = await client.new("GET", "/v1.0/contact/orgAccounts/status", userId="li.wei")
    assert status.json()["code"] == "exclusive.account.only"
