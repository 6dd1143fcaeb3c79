from datetime import timedelta
from ipaddress import ip_network

import httpx
import pytest

from gateway.errors import CredentialError
from gateway.plugin import Check
from gateway.store import Store
from gateway.store.bindings import BindingRow, list_bindings, put_binding
from gateway.store.channels import read_channel, read_secrets
from gateway.store.schema import channel
from tests.gateway.api.conftest import CHANNEL, LARK_BODY, World, made

ROBOT = "/v1/tenants/acme/channels/team"


async def put(client: httpx.AsyncClient, **config: object) -> httpx.Response:
    return await client.put(CHANNEL, json={"type": "lark", "config": config})


async def test_a_new_channel_is_disabled_unchecked_and_shows_no_secret(
    admin: httpx.AsyncClient,
) -> None:
    made_ = await admin.put(CHANNEL, json=LARK_BODY)
    assert made_.status_code == 201
    body = made_.json()
    assert (body["enabled"], body["health"]["state"]) == (False, "unchecked")
    assert body["config"] == {"app_id": "cli_1"}
    assert body["secrets_set"] == ["app_secret"]
    assert body["effective_limits"]["user_window_seconds"] == 600
    assert (await admin.get(CHANNEL)).json() == body
    assert (await admin.get("/v1/tenants/acme/channels")).json()["items"] == [body]


async def test_replacing_answers_200_and_keeps_a_secret_left_out(
    admin: httpx.AsyncClient, world: World
) -> None:
    await admin.put(CHANNEL, json=LARK_BODY)
    again = await put(admin, app_id="cli_1", edition="free")
    assert (again.status_code, again.json()["secrets_set"]) == (200, ["app_secret"])
    assert again.json()["version"] == 2
    same = await put(admin, app_id="cli_1", edition="free", app_secret="canary-secret-1")
    assert same.json()["version"] == 2
    sealed = await world.store.read(lambda c: read_secrets(c, "acme", "lark"))
    assert b"canary" not in sealed["app_secret"]


async def test_null_removes_a_secret_and_anything_else(admin: httpx.AsyncClient) -> None:
    await put(admin, app_id="cli_1", app_secret="canary-secret-1", edition="free")
    body = (
        await admin.patch(CHANNEL, json={"config": {"app_secret": None, "edition": None}})
    ).json()
    assert (body["secrets_set"], body["config"]) == ([], {"app_id": "cli_1"})


async def test_another_app_needs_its_secret_again(admin: httpx.AsyncClient, world: World) -> None:
    await put(admin, app_id="cli_1", app_secret="canary-secret-1", encrypt_key="canary-enc-1")
    looked_up = BindingRow("acme", "lark", "user:li", "resolved", 1, "open_id", "ou_1")
    await world.store.write(lambda c: put_binding(c, looked_up))
    refused = await admin.patch(CHANNEL, json={"config": {"app_id": "cli_2"}})
    assert (refused.status_code, refused.json()["code"]) == (422, "secret_required")
    assert refused.json()["errors"][0]["loc"] == ["body", "config", "app_secret"]
    assert (await put(admin, app_id="cli_2")).status_code == 422
    changed = await put(admin, app_id="cli_2", app_secret="canary-secret-2")
    assert (changed.status_code, changed.json()["secrets_set"]) == (200, ["app_secret"])
    assert await world.store.read(lambda c: list_bindings(c, "acme", "lark")) == []


async def test_a_misspelt_field_is_named_also_where_it_would_be_another_application(
    admin: httpx.AsyncClient,
) -> None:
    await put(admin, app_id="cli_1", app_secret="s")
    refused = await put(admin, app_idd="cli_1")
    assert refused.status_code == 422
    assert [each["loc"] for each in refused.json()["errors"]] == [["body", "config", "app_idd"]]


async def test_a_patch_changes_only_what_it_names(admin: httpx.AsyncClient) -> None:
    await admin.put(CHANNEL, json={**LARK_BODY, "label": "Ours", "limits": {"monthly_quota": 5}})
    patched = await admin.patch(CHANNEL, json={"limits": {"calls_per_second": 0}})
    assert patched.json()["limits"] == {"monthly_quota": 5, "calls_per_second": 0}
    assert patched.json()["effective_limits"]["calls_per_second"] == 0
    assert (patched.json()["label"], patched.json()["config"]) == ("Ours", {"app_id": "cli_1"})
    one = await admin.patch(CHANNEL, json={"limits": {"monthly_quota": None}, "label": None})
    assert (one.json()["limits"], one.json()["label"]) == ({"calls_per_second": 0}, "")
    back = await admin.patch(CHANNEL, json={"limits": {}})
    assert back.json()["limits"] == {}


async def test_an_incomplete_channel_is_saved_but_not_enabled(admin: httpx.AsyncClient) -> None:
    assert (await put(admin, app_id="cli_1")).status_code == 201
    refused = await admin.post(f"{CHANNEL}/enable")
    assert (refused.status_code, refused.json()["code"]) == (409, "channel_incomplete")
    assert "app_secret" in refused.json()["detail"]


async def test_a_tenant_without_entitlement_enables_nothing(
    admin: httpx.AsyncClient, owner: httpx.AsyncClient
) -> None:
    await admin.put(CHANNEL, json=LARK_BODY)
    await owner.patch("/v1/tenants/acme", json={"entitled": False})
    refused = await admin.post(f"{CHANNEL}/enable")
    assert (refused.status_code, refused.json()["code"]) == (409, "tenant_not_entitled")


async def test_every_change_is_told_before_the_answer_and_put_keeps_enabled(
    admin: httpx.AsyncClient, world: World
) -> None:
    await admin.put(CHANNEL, json=LARK_BODY)
    assert (await admin.post(f"{CHANNEL}/enable")).json()["enabled"] is True
    assert (await put(admin, app_id="cli_1", edition="paid")).json()["enabled"] is True
    assert (await admin.post(f"{CHANNEL}/disable")).json()["enabled"] is False
    assert world.connections.events == [("acme", "lark")] * 4
    assert world.connections.calls.total == 0


async def test_deleting_switches_off_first_and_leaves_nothing(
    admin: httpx.AsyncClient, world: World
) -> None:
    await admin.put(CHANNEL, json=LARK_BODY)
    assert (await admin.delete(CHANNEL)).status_code == 204
    assert (await admin.get(CHANNEL)).status_code == 404
    assert (await admin.delete(CHANNEL)).status_code == 404
    assert await world.store.read(lambda c: read_secrets(c, "acme", "lark")) == {}


async def test_channels_with_one_app_on_one_host_share_a_lane(
    admin: httpx.AsyncClient, world: World
) -> None:
    for name in ("lark", "lark2"):
        await admin.put(f"/v1/tenants/acme/channels/{name}", json=LARK_BODY)
    await admin.put(ROBOT, json={"type": "lark-robot"})
    rows = [
        await world.store.read(lambda c, n=name: read_channel(c, "acme", n))  # type: ignore[misc]
        for name in ("lark", "lark2", "team")
    ]
    assert [row.lane for row in rows if row] == [
        "acme/lark:cli_1@open.larksuite.com",
        "acme/lark:cli_1@open.larksuite.com",
        "acme/team",
    ]


async def lane_of(world: World, name: str) -> str:
    row = await world.store.read(lambda c: read_channel(c, "acme", name))
    assert row is not None
    return row.lane


async def robot(client: httpx.AsyncClient, name: str, token: str) -> httpx.Response:
    url = f"https://open.larksuite.com/open-apis/bot/v2/hook/{token}"
    body = {"type": "lark-robot", "config": {"webhook_url": url}}
    return await client.put(f"/v1/tenants/acme/channels/{name}", json=body)


async def test_channels_with_one_robot_share_a_lane_that_does_not_tell_its_address(
    admin: httpx.AsyncClient, world: World
) -> None:
    for name, token in (("one", "canary-1"), ("two", "canary-1"), ("other", "canary-2")):
        assert (await robot(admin, name, token)).status_code == 201
    one, two, other = [await lane_of(world, name) for name in ("one", "two", "other")]
    assert one == two != other
    assert one.startswith("acme/lark-robot:")
    assert "canary" not in one + other
    await admin.patch("/v1/tenants/acme/channels/two", json={"label": "Two"})
    assert await lane_of(world, "two") == one
    await robot(admin, "two", "canary-2")
    assert await lane_of(world, "two") == other


async def test_a_robot_of_an_earlier_release_joins_its_lane_when_it_is_saved_again(
    admin: httpx.AsyncClient, world: World
) -> None:
    await robot(admin, "one", "canary-1")
    before = await lane_of(world, "one")
    former = channel.update().where(channel.c.name == "one").values(lane="acme/one")
    await world.store.write(lambda c: c.execute(former))
    assert (await robot(admin, "one", "canary-1")).status_code == 200
    assert await lane_of(world, "one") == before


@pytest.mark.parametrize(
    ("config", "loc"),
    [
        ({"app_id": 5}, ["app_id"]),
        ({"app_id": "x", "bogus": 1}, ["bogus"]),
        ({"app_secret": {"canary": "canary-secret"}}, ["app_secret"]),
        ({"api_base": "http://open.larksuite.com"}, ["api_base"]),
        ({"api_base": "https://evil.example.com"}, ["api_base"]),
        ({"api_base": "http://127.0.0.1:9000"}, ["api_base"]),
        ({"api_base": "https://u:p@open.larksuite.com"}, ["api_base"]),
        ({"proxy": "http://user:canary@proxy.example.com"}, ["proxy"]),
        ({"proxy": "ftp://proxy.example.com"}, ["proxy"]),
        ({"proxy": "http://10.0.0.1:3128"}, ["proxy"]),
        ({"proxy": 7}, ["proxy"]),
    ],
    ids=str,
)
async def test_a_wrong_field_is_named_under_config(
    admin: httpx.AsyncClient, config: dict[str, object], loc: list[str]
) -> None:
    refused = await put(admin, **config)
    assert refused.status_code == 422
    [error] = refused.json()["errors"]
    assert error["loc"][:3] == ["body", "config", *loc]
    assert "canary" not in refused.text


async def test_the_operator_may_open_a_private_host(sqlite_store: Store) -> None:
    local = (ip_network("127.0.0.0/8"),)
    async with made(sqlite_store, local) as world, world.as_role("admin") as admin:
        saved = await put(admin, app_id="x", api_base="http://127.0.0.1:9000")
        assert saved.status_code == 201


async def test_a_channels_type_never_changes(admin: httpx.AsyncClient) -> None:
    await admin.put(CHANNEL, json=LARK_BODY)
    assert (await admin.put(CHANNEL, json={"type": "lark-robot"})).status_code == 409
    assert (await admin.patch(CHANNEL, json={"type": "lark-robot"})).status_code == 409
    assert (await admin.patch(CHANNEL, json={"type": "lark"})).status_code == 200


async def test_a_check_counts_its_calls_stores_health_and_ends_a_hold(
    admin: httpx.AsyncClient, world: World
) -> None:
    await admin.put(CHANNEL, json=LARK_BODY)

    def found() -> list[Check]:
        world.connections.calls.total += 3
        return [Check("token", "Token", "ok"), Check("bot", "Bot", "missing", required=False)]

    world.connections.channel.found = found
    body = (await admin.post(f"{CHANNEL}/check")).json()
    assert (body["ok"], body["calls"], body["checked_at"]) == (True, 3, "2026-01-05T08:00:00.000Z")
    assert [line["state"] for line in body["checks"]] == ["ok", "missing"]
    assert (await admin.get(CHANNEL)).json()["health"] == {
        "state": "ok",
        "since": "2026-01-05T08:00:00.000Z",
        "reason": None,
    }


async def test_a_required_line_that_cannot_be_told_degrades_the_channel(
    admin: httpx.AsyncClient, world: World
) -> None:
    await admin.put(CHANNEL, json=LARK_BODY)
    lines = [Check("token", "Token", "ok"), Check("bot", "Bot", "unknown")]
    world.connections.channel.found = lambda: lines
    assert (await admin.post(f"{CHANNEL}/check")).json()["ok"] is True
    health = (await admin.get(CHANNEL)).json()["health"]
    assert (health["state"], health["reason"]) == ("degraded", "Bot")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            CredentialError("bad canary-secret-1", provider_code="10003", fix_url="https://f"),
            "10003",
        ),
        (RuntimeError("canary-secret-1 leaked"), "RuntimeError"),
    ],
    ids=["refused", "bug"],
)
async def test_a_failed_check_is_a_line_without_traceback_or_secret(
    admin: httpx.AsyncClient, world: World, error: Exception, told: str
) -> None:
    await admin.put(CHANNEL, json=LARK_BODY)

    def fail() -> list[Check]:
        raise error

    world.connections.channel.found = fail
    answer = await admin.post(f"{CHANNEL}/check")
    assert (answer.status_code, answer.json()["ok"]) == (200, False)
    assert answer.json()["checks"][0]["state"] == "error"
    assert told in answer.text
    assert "canary" not in answer.text
    assert (await admin.get(CHANNEL)).json()["health"]["state"] == "failing"


async def test_a_check_of_an_incomplete_channel_names_what_is_missing(
    admin: httpx.AsyncClient,
) -> None:
    await put(admin, app_id="cli_1")
    body = (await admin.post(f"{CHANNEL}/check")).json()
    assert (body["ok"], body["calls"]) == (False, 0)
    assert body["checks"][0]["id"] == "config:app_secret"


async def test_a_sample_goes_to_one_person_or_to_the_group(
    admin: httpx.AsyncClient, world: World
) -> None:
    await admin.put(CHANNEL, json=LARK_BODY)
    await admin.put(ROBOT, json={"type": "lark-robot"})
    assert (await admin.post(f"{CHANNEL}/test", json={"to": "user:li"})).json()["ok"] is True
    assert (await admin.post(f"{ROBOT}/test", json={})).json()["message_id"] is None
    assert [each.key for each in world.connections.tested] == ["user:li", "channel:team"]
    for wrong in ({}, {"to": {"topic": "dba"}}, {"to": "li"}):
        assert (await admin.post(f"{CHANNEL}/test", json=wrong)).status_code == 422


async def test_the_guide_knows_the_channel_and_the_features(admin: httpx.AsyncClient) -> None:
    await admin.put(CHANNEL, json=LARK_BODY)
    guide = (await admin.get(f"{CHANNEL}/setup-guide?features=send,cards")).json()
    assert guide["homepage_url"] == "https://gw.example.com/app/acme/lark"
    assert guide["callback_url"] == "https://gw.example.com/v1/callbacks/acme/lark"
    assert [scope["for"] for scope in guide["scopes"]] == ["cards", "send"]
    assert guide["steps"][0]["body"] == "App cli_1"
    assert (await admin.get(f"{CHANNEL}/setup-guide?features=fly")).status_code == 422


async def test_usage_tells_quota_and_forecast(admin: httpx.AsyncClient, world: World) -> None:
    from gateway.store.usage import Counted, add_usage  # noqa: PLC0415 - this one test

    await admin.put(CHANNEL, json={**LARK_BODY, "limits": {"monthly_quota": 100}})
    counts = {"send": Counted(43, refused=3), "token": Counted(9)}
    await world.store.write(lambda c: add_usage(c, "acme", "lark", "2026-01", counts))
    await world.clock.advance(timedelta(days=1).total_seconds())
    body = (await admin.get(f"{CHANNEL}/usage")).json()
    assert (body["month"], body["calls"], body["used"], body["remaining"]) == (
        "2026-01",
        52,
        40,
        60,
    )
    assert body["by_purpose"] == {"send": 43, "token": 9}
    assert (body["reserve"], body["exceeds"]) == (10, True)
    assert 200 < body["forecast"] < 260
