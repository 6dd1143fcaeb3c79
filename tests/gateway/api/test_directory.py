"""Tenants, keys, users, bindings, the audit log: the things an admin keeps."""

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from gateway.directory import check_kind
from gateway.problems import ProblemError
from gateway.store.bindings import put_binding, read_bindings
from tests.gateway.api.conftest import CHANNEL, LARK_BODY, ROBOT, World
from tests.gateway.store.rows import bound

USERS = "/v1/tenants/acme/users"
KEYS = "/v1/tenants/acme/api-keys"
BINDINGS = f"{CHANNEL}/bindings"


async def test_a_tenant_is_created_replaced_changed_and_deleted(
    owner: httpx.AsyncClient, world: World
) -> None:
    path = "/v1/tenants/new"
    made = await owner.put(path, json={"name": "New", "regions": ["sg"]})
    assert (made.status_code, made.json()["recipients"]) == (201, "anyone")
    assert (await owner.put(path, json={"name": "Newer"})).status_code == 200
    assert (await owner.get(path)).json()["regions"] == []
    patched = await owner.patch(
        path, json={"time_zone": "Asia/Shanghai", "recipients": "users_only"}
    )
    assert (patched.json()["name"], patched.json()["time_zone"]) == ("Newer", "Asia/Shanghai")
    assert (await owner.patch(path, json={"bogus": 1})).status_code == 422
    names = [each["id"] for each in (await owner.get("/v1/tenants")).json()["items"]]
    assert names == ["acme", "new", "other"]
    assert (await owner.delete(path)).status_code == 204
    assert (await owner.get(path)).status_code == 404
    assert (await owner.delete(path)).json()["code"] == "unknown_tenant"


async def test_a_deleted_tenants_channels_stop_and_its_keys_open_nothing(
    owner: httpx.AsyncClient, world: World
) -> None:
    async with world.as_role("admin") as admin:
        await admin.put(CHANNEL, json=LARK_BODY)
        world.connections.events.clear()
        assert (await owner.delete("/v1/tenants/acme")).status_code == 204
        assert world.connections.events == [("acme", "lark")]
        assert (await admin.get(CHANNEL)).status_code == 401


async def test_lists_are_read_page_by_page(owner: httpx.AsyncClient) -> None:
    first = (await owner.get("/v1/tenants?limit=1")).json()
    assert [each["id"] for each in first["items"]] == ["acme"]
    rest = (await owner.get(f"/v1/tenants?limit=1&cursor={first['next_cursor']}")).json()
    assert ([each["id"] for each in rest["items"]], rest["next_cursor"]) == (["other"], None)


async def test_a_key_is_shown_once_and_works_until_it_is_deleted(
    admin: httpx.AsyncClient, world: World
) -> None:
    made = await admin.post(KEYS, json={"role": "viewer"})
    body = made.json()
    assert (made.status_code, body["role"], body["tenant"]) == (201, "viewer", "acme")
    assert body["key"].startswith(body["prefix"])
    async with world.client(body["key"]) as viewer:
        assert (await viewer.get(USERS)).status_code == 200
        listed = await admin.get(KEYS)
        assert body["key"] not in listed.text
        assert (await admin.delete(f"{KEYS}/{body['id']}")).status_code == 204
        assert (await viewer.get(USERS)).status_code == 401
    assert (await admin.delete(f"{KEYS}/{body['id']}")).status_code == 404


async def test_a_key_ends_when_it_expires(admin: httpx.AsyncClient, world: World) -> None:
    made = await admin.post(KEYS, json={"role": "viewer", "expires_at": "2026-01-05T09:00:00Z"})
    assert made.json()["expires_at"] == "2026-01-05T09:00:00.000Z"
    async with world.client(made.json()["key"]) as viewer:
        assert (await viewer.get(USERS)).status_code == 200
        await world.clock.advance(timedelta(hours=1).total_seconds())
        assert (await viewer.get(USERS)).status_code == 401


LIKES = {
    "channels": {"lark": True, "dingtalk": False},
    "types": {"ticket.*": {"channels": {"lark": True}}},
}


async def test_a_user_is_created_replaced_changed_and_deleted(admin: httpx.AsyncClient) -> None:
    path = f"{USERS}/Li.Wei@x_1-2"
    body = {"display_name": "李伟", "email": "li@ex.com", "preferences": LIKES}
    assert (await admin.put(path, json=body)).status_code == 201
    assert (await admin.put(path, json={**body, "id": "Li.Wei@x_1-2"})).status_code == 200
    patch = {"email": None, "preferences": {"channels": {"lark": None}}, "departments": ["dba"]}
    user = (await admin.patch(path, json=patch)).json()
    assert (user["email"], user["preferences"], user["departments"]) == (
        None,
        {"channels": {"dingtalk": False}, "types": {"ticket.*": {"channels": {"lark": True}}}},
        ["dba"],
    )
    assert (await admin.patch(path, json={"mobile": "x"})).status_code == 422
    wrong = await admin.patch(path, json={"preferences": {"quiet": "always"}})
    assert wrong.json()["errors"][0]["loc"] == ["body", "preferences", "quiet"]
    found = (await admin.get(USERS, params={"query": "李"})).json()["items"]
    assert [each["id"] for each in found] == ["Li.Wei@x_1-2"]
    assert (await admin.delete(path)).status_code == 204
    assert (await admin.get(path)).status_code == 404


async def test_a_binding_is_made_listed_and_ended_for_good(
    admin: httpx.AsyncClient, world: World
) -> None:
    await admin.put(CHANNEL, json=LARK_BODY)
    await admin.put(f"{USERS}/li", json={})
    identity = {"identity": {"kind": "open_id", "id": "ou_1"}}
    made = await admin.put(f"{BINDINGS}/li", json=identity)
    assert made.status_code == 201
    assert (made.json()["method"], made.json()["stale"]) == ("manual", False)
    assert (await admin.put(f"{BINDINGS}/li", json=identity)).status_code == 200
    assert (await admin.get(BINDINGS)).json()["items"][0]["user"] == "li"
    assert (await admin.delete(f"{BINDINGS}/li")).status_code == 204
    assert (await admin.get(BINDINGS)).json()["items"] == []
    rows = await world.store.read(lambda c: read_bindings(c, "acme", "lark", ["user:li"]))
    assert rows["user:li"].unbound is True


async def test_a_person_is_bound_to_one_user_only(admin: httpx.AsyncClient) -> None:
    await admin.put(CHANNEL, json=LARK_BODY)
    identity = {"identity": {"kind": "open_id", "id": "ou_1"}}
    for user in ("li", "tan"):
        await admin.put(f"{USERS}/{user}", json={})
    await admin.put(f"{BINDINGS}/li", json=identity)
    refused = await admin.put(f"{BINDINGS}/tan", json=identity)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert "bound to user:li already" in refused.json()["detail"]
    assert (await admin.put(f"{BINDINGS}/li", json=identity)).status_code == 200
    assert [each["user"] for each in (await admin.get(BINDINGS)).json()["items"]] == ["li"]
    await admin.delete(f"{BINDINGS}/li")
    assert (await admin.put(f"{BINDINGS}/tan", json=identity)).status_code == 201


async def test_what_a_look_up_remembers_keeps_nobody_from_being_bound_by_hand(
    admin: httpx.AsyncClient, world: World
) -> None:
    await admin.put(CHANNEL, json=LARK_BODY)
    await admin.put(f"{USERS}/li", json={})
    await world.store.write(lambda c: put_binding(c, bound("user:tan", method="resolved")))
    body = {"identity": {"kind": "open_id", "id": "ou_1"}}
    assert (await admin.put(f"{BINDINGS}/li", json=body)).status_code == 201


async def test_a_look_up_of_ones_own_gives_no_right_to_somebody_elses_person(
    admin: httpx.AsyncClient, world: World
) -> None:
    await admin.put(CHANNEL, json=LARK_BODY)
    for user in ("li", "tan"):
        await admin.put(f"{USERS}/{user}", json={})
    await world.store.write(lambda c: put_binding(c, bound("user:tan", method="resolved")))
    body = {"identity": {"kind": "open_id", "id": "ou_1"}}
    await admin.put(f"{BINDINGS}/li", json=body)
    refused = await admin.put(f"{BINDINGS}/tan", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    file = b"user,identity\r\ntan,ou_1\r\n"
    told = (await admin.post(f"{BINDINGS}/import", content=file)).json()
    assert told["errors"][0]["message"] == "the person is bound to user:li already"


async def test_a_binding_fits_its_channel(admin: httpx.AsyncClient) -> None:
    await admin.put(CHANNEL, json=LARK_BODY)
    await admin.put("/v1/tenants/acme/channels/team", json={"type": "lark-robot"})
    await admin.put(f"{USERS}/li", json={})
    wrong = await admin.put(f"{BINDINGS}/li", json={"identity": {"kind": "fax", "id": "1"}})
    assert wrong.json()["errors"][0]["loc"] == ["body", "identity", "kind"]
    body = {"identity": {"kind": "open_id", "id": "ou_1"}}
    team = "/v1/tenants/acme/channels/team/bindings/li"
    assert (await admin.put(team, json=body)).status_code == 201  # to be mentioned in the group
    wrong = await admin.put(team, json={"identity": {"kind": "union_id", "id": "on_1"}})
    assert wrong.json()["errors"][0]["loc"] == ["body", "identity", "kind"]


def test_nobody_is_bound_where_nobody_can_be_mentioned() -> None:
    with pytest.raises(ProblemError) as refused:
        check_kind(replace(ROBOT, identity_kinds=()), "open_id")
    assert refused.value.problem.code == "not_supported"


async def test_the_audit_log_tells_who_changed_what(admin: httpx.AsyncClient, world: World) -> None:
    await world.clock.advance(1)
    await admin.put(CHANNEL, json=LARK_BODY)
    await admin.put(f"{USERS}/li", json={"display_name": "Li"})
    await admin.delete(f"{USERS}/li")
    items = (await admin.get("/v1/tenants/acme/audit-log?limit=3")).json()["items"]
    changes = {each["action"]: each for each in items}
    assert set(changes) == {"user.delete", "user.put", "channel.put"}
    assert changes["user.delete"]["before"]["display_name"] == "Li"
    assert changes["channel.put"]["after"]["secrets_changed"] == ["app_secret"]
    assert changes["channel.put"]["actor"].startswith("key_")


async def test_a_pasted_address_is_recognised(admin: httpx.AsyncClient) -> None:
    url = "https://open.larksuite.com/open-apis/bot/v2/hook/x"
    found = await admin.post("/v1/channel-types/detect", json={"text": url})
    assert found.json() == {"type": "lark-robot", "config": {"webhook_url": url}}
    unknown = await admin.post("/v1/channel-types/detect", json={"text": "hello"})
    assert unknown.status_code == 404


async def test_a_channel_type_is_described_with_its_secrets_marked(
    admin: httpx.AsyncClient,
) -> None:
    lark = (await admin.get("/v1/channel-types/lark")).json()
    assert lark["title"] == {"en": "Lark", "zh-CN": "飞书国际版"}
    assert lark["config_schema"]["properties"]["app_secret"]["writeOnly"] is True
    assert (lark["secrets"], lark["audience"]) == (["app_secret", "encrypt_key"], "person")
    assert lark["plugin"]["distribution"] == "gateway-fake"
    page = (await admin.get("/v1/channel-types?limit=1")).json()
    rest = (await admin.get(f"/v1/channel-types?cursor={page['next_cursor']}")).json()
    assert [each["name"] for each in (*page["items"], *rest["items"])] == ["lark", "lark-robot"]
    guide = (await admin.get("/v1/channel-types/lark/setup-guide")).json()
    assert guide["homepage_url"] == "https://gw.example.com/app/{tenant}/{channel}"
    assert (await admin.get("/v1/channel-types/lark-robot/setup-guide")).status_code == 404
