from functools import partial

import httpx
import pytest

from gateway.channel_plans import write
from gateway.plugin import Check
from gateway.store.audit import By
from gateway.store.channels import read_secrets
from gateway.store.drafts import read_draft, read_draft_secrets
from gateway.store.schema import channel as table
from tests.gateway.api.conftest import CHANNEL, LARK_BODY, World

DRAFT = f"{CHANNEL}/draft"
OTHER = {"app_id": "cli_2", "app_secret": "canary-secret-2"}


@pytest.fixture
async def channel(admin: httpx.AsyncClient) -> httpx.AsyncClient:
    await admin.put(CHANNEL, json=LARK_BODY)
    await admin.post(f"{CHANNEL}/enable")
    return admin


async def draft(client: httpx.AsyncClient, **config: object) -> httpx.Response:
    return await client.put(DRAFT, json={"type": "lark", "config": config})


async def test_a_draft_is_told_and_changes_nothing(
    channel: httpx.AsyncClient, world: World
) -> None:
    before = (await channel.get(CHANNEL)).json()
    heard = list(world.connections.events)
    saved = await draft(channel, **OTHER)
    assert saved.status_code == 201
    after = (await channel.get(CHANNEL)).json()
    hint = after.pop("draft")
    assert hint == {"updated_at": saved.json()["updated_at"], "outdated": False}
    assert before.pop("draft") is None
    assert after == before
    assert (await channel.get("/v1/tenants/acme/channels")).json()["items"][0]["draft"] == hint
    assert (world.connections.events, world.connections.calls.total) == (heard, 0)


async def test_both_versions_and_what_differs_are_shown_without_a_secret(
    channel: httpx.AsyncClient,
) -> None:
    body = {
        "type": "lark",
        "config": {**OTHER, "encrypt_key": "canary-enc-2"},
        "limits": {"monthly_quota": 5},
        "label": "New",
    }
    saved = await channel.put(DRAFT, json=body)
    shown = (await channel.get(DRAFT)).json()
    assert shown == saved.json()
    assert shown["draft"] == {
        "label": "New",
        "config": {"app_id": "cli_2"},
        "limits": {"monthly_quota": 5},
        "secrets_set": ["app_secret", "encrypt_key"],
    }
    assert shown["current"] == {
        "label": "",
        "config": {"app_id": "cli_1"},
        "limits": {},
        "secrets_set": ["app_secret"],
    }
    assert shown["differences"] == [
        {"field": "label", "current": "", "draft": "New", "secret": None},
        {"field": "config.app_id", "current": "cli_1", "draft": "cli_2", "secret": None},
        {"field": "limits.monthly_quota", "current": None, "draft": 5, "secret": None},
        {"field": "config.app_secret", "current": None, "draft": None, "secret": "replaced"},
        {"field": "config.encrypt_key", "current": None, "draft": None, "secret": "set"},
    ]
    assert "canary" not in saved.text


async def test_applying_is_a_put_and_ends_the_draft(
    channel: httpx.AsyncClient, world: World
) -> None:
    await draft(channel, **OTHER)
    world.connections.events.clear()
    applied = (await channel.post(f"{DRAFT}/apply")).json()
    assert (applied["config"], applied["version"]) == ({"app_id": "cli_2"}, 2)
    assert (applied["enabled"], applied["draft"]) == (True, None)
    assert world.connections.events == [("acme", "lark")]
    assert (await channel.get(DRAFT)).status_code == 404
    assert (await channel.post(f"{DRAFT}/apply")).status_code == 404
    log = (await channel.get("/v1/tenants/acme/audit-log")).json()["items"]
    assert log[0]["action"] == "draft.apply"
    assert log[0]["before"]["config"] == {"app_id": "cli_1"}
    assert log[0]["after"]["config"] == {"app_id": "cli_2"}
    assert log[0]["after"]["secrets_changed"] == ["app_secret"]


async def test_applying_a_new_secret_ends_a_hold(channel: httpx.AsyncClient, world: World) -> None:
    held = table.update().values(hold_reason="credential_invalid")
    await world.store.write(lambda connection: connection.execute(held).rowcount)
    await draft(channel, app_id="cli_1", app_secret="canary-secret-new")
    assert (await channel.get(CHANNEL)).json()["hold"]["reason"] == "credential_invalid"
    assert (await channel.post(f"{DRAFT}/apply")).json()["hold"] is None


async def test_a_draft_of_a_channel_that_has_changed_since_is_refused_until_saved_again(
    channel: httpx.AsyncClient,
) -> None:
    await draft(channel, app_id="cli_1", edition="paid")
    await channel.patch(CHANNEL, json={"limits": {"monthly_quota": 9}})
    assert (await channel.get(CHANNEL)).json()["draft"]["outdated"] is True
    shown = (await channel.get(DRAFT)).json()
    assert (shown["outdated"], shown["base_version"]) == (True, 1)
    refused = await channel.post(f"{DRAFT}/apply")
    assert (refused.status_code, refused.json()["code"]) == (409, "draft_outdated")
    again = await draft(channel, app_id="cli_1", edition="paid")
    assert (again.status_code, again.json()["outdated"]) == (200, False)
    assert (await channel.post(f"{DRAFT}/apply")).status_code == 200


async def test_another_label_is_a_change_too_and_the_switch_is_none(
    channel: httpx.AsyncClient,
) -> None:
    await draft(channel, app_id="cli_1", edition="paid")
    await channel.post(f"{CHANNEL}/disable")
    assert (await channel.get(DRAFT)).json()["outdated"] is False
    await channel.patch(CHANNEL, json={"label": "Renamed"})
    assert (await channel.post(f"{DRAFT}/apply")).json()["code"] == "draft_outdated"


async def test_a_secret_left_out_is_the_drafts_own_then_the_channels(
    channel: httpx.AsyncClient, world: World
) -> None:
    await draft(channel, **OTHER)
    kept = await draft(channel, app_id="cli_2", edition="free")
    assert kept.json()["draft"]["secrets_set"] == ["app_secret"]
    applied = await channel.post(f"{DRAFT}/apply")
    assert applied.json()["config"] == {"app_id": "cli_2", "edition": "free"}
    await draft(channel, app_id="cli_2", edition="paid")
    assert (await channel.post(f"{DRAFT}/apply")).json()["secrets_set"] == ["app_secret"]


async def test_null_removes_a_secret_when_the_draft_is_applied(
    channel: httpx.AsyncClient,
) -> None:
    await channel.patch(CHANNEL, json={"config": {"encrypt_key": "canary-enc-1"}})
    saved = await draft(channel, app_id="cli_1", encrypt_key=None)
    assert saved.json()["differences"] == [
        {"field": "config.encrypt_key", "current": None, "draft": None, "secret": "removed"}
    ]
    assert (await channel.get(CHANNEL)).json()["secrets_set"] == ["app_secret", "encrypt_key"]
    applied = await channel.post(f"{DRAFT}/apply")
    assert applied.json()["secrets_set"] == ["app_secret"]


async def test_another_application_needs_its_own_secret_and_ends_the_rest(
    channel: httpx.AsyncClient,
) -> None:
    await channel.patch(CHANNEL, json={"config": {"encrypt_key": "canary-enc-1"}})
    refused = await draft(channel, app_id="cli_2")
    assert (refused.status_code, refused.json()["code"]) == (422, "secret_required")
    saved = await draft(channel, **OTHER)
    assert saved.json()["draft"]["secrets_set"] == ["app_secret"]
    assert (await draft(channel, app_id="cli_3")).json()["code"] == "secret_required"
    applied = await channel.post(f"{DRAFT}/apply")
    assert applied.json()["secrets_set"] == ["app_secret"]


async def test_a_draft_saved_again_for_a_channel_of_another_application_needs_its_secret(
    channel: httpx.AsyncClient,
) -> None:
    assert (await draft(channel, app_id="cli_1", edition="paid")).status_code == 201
    await channel.patch(CHANNEL, json={"config": OTHER})
    refused = await draft(channel, app_id="cli_1", edition="paid")
    assert (refused.status_code, refused.json()["code"]) == (422, "secret_required")
    saved = await draft(channel, app_id="cli_1", app_secret="canary-secret-1")
    assert saved.json()["outdated"] is False
    assert (await channel.post(f"{DRAFT}/apply")).json()["config"] == {"app_id": "cli_1"}


async def test_the_same_secret_for_another_application_counts(channel: httpx.AsyncClient) -> None:
    await draft(channel, app_id="cli_2", app_secret="canary-secret-1")
    assert (await channel.post(f"{DRAFT}/apply")).json()["config"] == {"app_id": "cli_2"}


async def test_a_draft_is_judged_as_the_channel_is(channel: httpx.AsyncClient) -> None:
    refused = await draft(channel, app_id="cli_1", edition=7)
    assert (refused.status_code, refused.json()["errors"][0]["loc"]) == (
        422,
        ["body", "config", "edition"],
    )
    other = await channel.put(DRAFT, json={"type": "lark-robot"})
    assert (other.status_code, other.json()["code"]) == (409, "conflict")
    unknown = await channel.put(DRAFT, json={"type": "lark", "pending_review": True})
    assert unknown.status_code == 422
    assert (await channel.get(DRAFT)).status_code == 404


async def test_there_is_no_draft_without_a_channel(admin: httpx.AsyncClient) -> None:
    assert (await draft(admin, app_id="cli_1")).status_code == 404
    for method, path in (
        ("GET", DRAFT),
        ("DELETE", DRAFT),
        ("POST", f"{DRAFT}/apply"),
        ("POST", f"{DRAFT}/check"),
    ):
        assert (await admin.request(method, path)).status_code == 404


async def test_a_draft_is_thrown_away_alone_and_with_its_channel(
    channel: httpx.AsyncClient, world: World
) -> None:
    await draft(channel, **OTHER)
    assert (await channel.delete(DRAFT)).status_code == 204
    assert (await channel.delete(DRAFT)).status_code == 404
    assert (await channel.get(CHANNEL)).json()["config"] == {"app_id": "cli_1"}
    await draft(channel, **OTHER)
    await channel.delete(CHANNEL)
    assert await world.store.read(lambda c: read_draft(c, "acme", "lark")) is None
    assert await world.store.read(lambda c: read_draft_secrets(c, "acme", "lark")) == {}
    log = (await channel.get("/v1/tenants/acme/audit-log")).json()["items"]
    assert "draft.delete" in {line["action"] for line in log}


async def test_a_viewer_sees_a_draft_and_changes_none(
    channel: httpx.AsyncClient, world: World
) -> None:
    await draft(channel, **OTHER)
    async with world.as_role("viewer") as viewer:
        assert (await viewer.get(DRAFT)).status_code == 200
        assert (await draft(viewer, **OTHER)).status_code == 403
        assert (await viewer.post(f"{DRAFT}/apply")).status_code == 403
        assert (await viewer.post(f"{DRAFT}/check")).status_code == 403
    async with world.as_role("admin", "other") as stranger:
        assert (await stranger.get(DRAFT)).json()["code"] == "unknown_tenant"


async def test_a_drafts_secrets_are_sealed_for_their_own_place(
    channel: httpx.AsyncClient, world: World
) -> None:
    await draft(channel, **OTHER)
    sealed = (await world.store.read(lambda c: read_draft_secrets(c, "acme", "lark")))["app_secret"]
    assert sealed is not None
    assert b"canary" not in sealed
    assert (await world.store.read(lambda c: read_secrets(c, "acme", "lark"))) != {
        "app_secret": sealed
    }
    assert "canary-secret-2" not in world.redactor.clean("it was canary-secret-2")
    log = (await channel.get("/v1/tenants/acme/audit-log")).json()["items"]
    assert (log[0]["action"], log[0]["after"]["secrets_changed"]) == ("draft.put", ["app_secret"])
    assert "canary" not in str(log)


async def test_a_check_of_a_draft_proves_what_it_would_be_and_remembers_nothing(
    channel: httpx.AsyncClient, world: World
) -> None:
    await draft(channel, **OTHER)
    world.connections.channel.found = lambda: (
        Check("token", "Credential", "error", detail="canary-secret-2 is wrong"),
    )
    report = (await channel.post(f"{DRAFT}/check")).json()
    assert (report["ok"], report["checks"][0]["state"]) == (False, "error")
    assert "canary" not in str(report)
    ((row, secrets),) = world.connections.drafted
    assert (row.config, row.lane) == (
        {"app_id": "cli_2"},
        "acme/lark:cli_2@open.larksuite.com",
    )
    assert secrets == {"app_secret": "canary-secret-2"}
    assert [booked.name for booked in world.connections.booked] == ["lark"]
    shown = (await channel.get(CHANNEL)).json()
    assert (shown["health"]["state"], shown["config"]) == ("unchecked", {"app_id": "cli_1"})


async def test_a_check_of_an_incomplete_draft_names_what_it_lacks(
    channel: httpx.AsyncClient, world: World
) -> None:
    await draft(channel, app_id="cli_1", app_secret=None)
    report = (await channel.post(f"{DRAFT}/check")).json()
    assert [line["id"] for line in report["checks"]] == ["config:app_secret"]
    assert world.connections.drafted == []


async def test_deleting_the_tenant_leaves_no_draft(
    channel: httpx.AsyncClient, owner: httpx.AsyncClient, world: World
) -> None:
    await draft(channel, **OTHER)
    assert (await owner.delete("/v1/tenants/acme")).status_code == 204
    assert await world.store.read(lambda c: read_draft(c, "acme", "lark")) is None
    assert await world.store.read(lambda c: read_draft_secrets(c, "acme", "lark")) == {}


async def test_a_draft_that_was_replaced_meanwhile_is_not_applied_as_it_was(
    channel: httpx.AsyncClient, world: World
) -> None:
    await draft(channel, app_id="cli_1", edition="free")
    by, channels = By("test", "acme", world.clock.now()), world.parts.channels
    current = await channels.current("acme", "lark")
    wish = world.parts.drafts._wish(current, "lark")
    plan = channels.planner.judged(current, "lark", wish, by.now)
    await draft(channel, app_id="cli_1", edition="paid")
    assert await world.store.write(partial(write, by=by, plan=plan)) is False
    assert (await channel.get(DRAFT)).json()["draft"]["config"]["edition"] == "paid"
    applied = await channel.post(f"{DRAFT}/apply")
    assert applied.json()["config"]["edition"] == "paid"
