import pytest

from gateway_lark.emulator import Emulator, Person

from .conftest import Client, Json

LOOKUP = "contact/v3/users/batch_get_id"


async def look_up(client: Client, body: Json, **query: str) -> list[Json]:
    answer = await client.ask("POST", LOOKUP, body, **query)
    found: list[Json] = answer.json()["data"]["user_list"]
    return found


async def test_every_input_has_its_own_entry(
    client: Client, emulator: Emulator, li_wei: Person
) -> None:
    entries = await look_up(
        client, {"emails": [li_wei.email, "nobody@x.y"], "mobiles": [li_wei.mobile, "+6599"]}
    )
    open_id = emulator.open_id(client.app_id, li_wei)
    assert [entry.get("user_id") for entry in entries] == [open_id, None, open_id, None]
    assert entries[1] == {"email": "nobody@x.y"}
    assert entries[3] == {"mobile": "+6599"}
    assert entries[0]["status"]["is_activated"] is True


async def test_a_bare_mainland_mobile_is_the_one_with_country_code(
    client: Client, emulator: Emulator
) -> None:
    emulator.add_person("陈明", mobile="+8613011111111")
    [entry] = await look_up(client, {"mobiles": ["13011111111"]})
    assert entry["user_id"].startswith("ou_")
    assert entry["mobile"] == "13011111111"


@pytest.mark.parametrize("kind", ["open_id", "union_id", "user_id"])
async def test_the_field_is_called_user_id_whatever_kind_was_asked(
    client: Client, emulator: Emulator, li_wei: Person, kind: str
) -> None:
    [entry] = await look_up(client, {"emails": [li_wei.email]}, user_id_type=kind)
    ids = {
        "open_id": emulator.open_id(client.app_id, li_wei),
        "union_id": li_wei.union_id,
        "user_id": "li.wei",
    }
    assert entry["user_id"] == ids[kind]


async def test_the_tenant_wide_id_wants_its_own_scope(client: Client, emulator: Emulator) -> None:
    emulator.apps[client.app_id].scopes.remove("contact:user.employee_id:readonly")
    answer = await client.ask("POST", LOOKUP, {"emails": ["a@b.c"]}, user_id_type="user_id")
    assert answer.json()["code"] == 99991672


async def test_the_status_wants_a_scope(client: Client, emulator: Emulator, li_wei: Person) -> None:
    emulator.apps[client.app_id].scopes.intersection_update({"contact:user.id:readonly"})
    [entry] = await look_up(client, {"emails": [li_wei.email]})
    assert set(entry) == {"email", "user_id"}


async def test_fifty_of_each_kind_are_enough(client: Client) -> None:
    for name in ("emails", "mobiles"):
        answer = await client.ask("POST", LOOKUP, {name: ["+6591230001"] * 51})
        assert answer.json()["code"] == 99992402
        assert answer.json()["error"]["field_violations"][0]["field"] == name


async def test_resigned_and_out_of_range_people_have_no_id(
    client: Client, emulator: Emulator
) -> None:
    emulator.add_person("Left", email="left@x.y", resigned=True)
    emulator.add_person("Far", email="far@x.y", in_contact_range=False)
    body = {"emails": ["left@x.y", "far@x.y"]}
    assert all("user_id" not in entry for entry in await look_up(client, body))
    left, far = await look_up(client, body | {"include_resigned": True})
    assert left["status"]["is_resigned"] is True
    assert "user_id" not in far


async def test_users_out_of_range_are_silently_absent(
    client: Client, emulator: Emulator, li_wei: Person
) -> None:
    far = emulator.add_person("Far", in_contact_range=False)
    answer = await client.http.get(
        "/open-apis/contact/v3/users/batch",
        params=[("user_ids", li_wei.id), ("user_ids", far.id), ("user_id_type", "user_id")],
        headers={"Authorization": f"Bearer {client.token}"},
    )
    assert [each["name"] for each in answer.json()["data"]["items"]] == ["Li Wei"]


async def test_one_user_shows_the_fields_whose_scopes_are_granted(
    client: Client, emulator: Emulator
) -> None:
    path = "contact/v3/users/li.wei"
    user = (await client.ask("GET", path, user_id_type="user_id")).json()["data"]["user"]
    assert user["email"] == "li.wei@merlion.example"
    emulator.apps[client.app_id].scopes.remove("contact:user.email:readonly")
    user = (await client.ask("GET", path, user_id_type="user_id")).json()["data"]["user"]
    assert "email" not in user
    unknown = await client.ask("GET", "contact/v3/users/nobody", user_id_type="user_id")
    assert unknown.json()["code"] == 41012


async def test_members_come_in_pages(client: Client, emulator: Emulator) -> None:
    emulator.add_people(100)
    path, token = "contact/v3/users/find_by_department", ""
    seen: list[str] = []
    while True:
        query: dict[str, str | int] = {"department_id": "0", "page_size": 50, "page_token": token}
        data = (await client.ask("GET", path, **query)).json()["data"]
        seen += [each["user_id"] for each in data["items"]]
        token = data["page_token"]
        if not data["has_more"]:
            break
    assert len(seen) == len(set(seen)) == 106


@pytest.mark.parametrize(
    ("query", "code"),
    [({"page_size": 51}, 40011), ({"page_token": "!"}, 40012), ({"department_id": "D9"}, 40004)],
)
async def test_bad_pages_and_departments_are_refused(
    client: Client, query: Json, code: int
) -> None:
    path = "contact/v3/users/find_by_department"
    answer = await client.ask("GET", path, **({"department_id": "0"} | query))
    assert answer.json()["code"] == code


async def test_departments_are_listed_at_any_depth_when_asked(
    client: Client, emulator: Emulator
) -> None:
    top = emulator.add_department("Operations")
    emulator.add_department("Night shift", top.id)
    path = "contact/v3/departments/0/children"
    direct = (await client.ask("GET", path)).json()["data"]["items"]
    deep = (await client.ask("GET", path, fetch_child="true")).json()["data"]["items"]
    assert [each["name"] for each in direct] == ["Operations"]
    assert [each["name"] for each in deep] == ["Operations", "Night shift"]


async def test_the_contact_range_names_departments_and_people(
    client: Client, emulator: Emulator
) -> None:
    top = emulator.add_department("Operations")
    data = (await client.ask("GET", "contact/v3/scopes", page_size=100)).json()["data"]
    assert data["department_ids"] == [top.open_id]
    assert len(data["user_ids"]) == 6


async def test_ten_thousand_people_are_added_at_once(client: Client, emulator: Emulator) -> None:
    people = emulator.add_people(10_000)
    [entry] = await look_up(client, {"emails": ["p10000@example.com"]})
    assert entry["user_id"] == emulator.open_id(client.app_id, people[-1])


async def test_a_department_of_no_id_is_a_bad_parameter(client: Client) -> None:
    answer = await client.ask("GET", "contact/v3/users/find_by_department")
    assert answer.json()["code"] == 40001


async def test_somebody_out_of_range_is_told_apart_from_nobody(
    client: Client, emulator: Emulator
) -> None:
    far = emulator.add_person("Far", in_contact_range=False)
    answer = await client.ask("GET", f"contact/v3/users/{far.id}", user_id_type="user_id")
    assert answer.json()["code"] == 41050
