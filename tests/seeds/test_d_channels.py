"""D: channels are switched on by admins, tenant by tenant (seeds 002 and 004)."""

import httpx
import pytest

from tests.faults.stage import BATCH, MESSAGES, TENANT
from tests.seeds.conftest import PATH, Stage

LARK = f"{PATH}/channels/lark"


def calls(stage: Stage) -> int:
    return stage.lark.calls(MESSAGES) + stage.lark.calls(BATCH)


async def test_d1_a_channel_is_switched_off_and_on_for_one_tenant(stage: Stage) -> None:
    await stage.people("li")
    await stage.api.call("POST", f"{LARK}/disable")
    off = await stage.api.notify("user:li")
    assert (off["status"], off["deliveries"][0]["reason"]) == ("suppressed", "channel_disabled")
    assert calls(stage) == 0
    await stage.api.call("POST", f"{LARK}/enable")
    [sent] = await stage.settled(await stage.api.notify("user:li"))
    assert sent["state"] == "sent"
    assert len(stage.seen_by(1)) == 1


async def test_d2_a_saved_configuration_does_nothing_until_it_is_enabled(stage: Stage) -> None:
    await stage.people("li")
    body = {"type": "lark", "config": stage.lark.config}
    await stage.api.call("PUT", f"{PATH}/channels/second", body)
    answer = await stage.api.notify("user:li", routing={"channels": ["second"]})
    assert answer["deliveries"][0]["state"] == "suppressed"
    assert answer["deliveries"][0]["reason"] == "channel_disabled"
    assert stage.lark.emulator.calls.total() == 0


@pytest.mark.parametrize("role", ["sender", "viewer"])
@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/enable"), ("POST", "/disable")],
)
async def test_d3_only_an_admin_configures_a_channel(
    stage: Stage, role: str, method: str, path: str
) -> None:
    key = (await stage.api.call("POST", f"{PATH}/api-keys", {"role": role}))["key"]
    headers = {"Authorization": f"Bearer {key}"}
    reply = await stage.api.http.request(method, LARK + path, json={}, headers=headers)
    assert (reply.status_code, reply.json()["code"]) == (403, "forbidden")


async def test_d3_an_admin_of_the_tenant_configures_it(stage: Stage) -> None:
    key = (await stage.api.call("POST", f"{PATH}/api-keys", {"role": "admin"}))["key"]
    headers = {"Authorization": f"Bearer {key}"}
    reply: httpx.Response = await stage.api.http.post(f"{LARK}/disable", headers=headers)
    assert (reply.status_code, reply.json()["enabled"]) == (200, False)


async def test_d4_one_notification_goes_out_on_every_enabled_channel(stage: Stage) -> None:
    await stage.people("li")
    await stage.api.channel("second", stage.lark)
    await stage.api.call("PUT", f"{PATH}/channels/third", {"type": "feishu"})
    deliveries = await stage.settled(await stage.api.notify("user:li"))
    assert {each["channel"]: each["state"] for each in deliveries} == {
        "lark": "sent",
        "second": "sent",
    }
    assert len(stage.seen_by(1)) == 2


async def test_d5_a_tenant_without_entitlement_enables_no_channel(stage: Stage) -> None:
    await stage.api.call("POST", f"{LARK}/disable")
    await stage.api.call("PATCH", f"/v1/tenants/{TENANT}", {"entitled": False})
    refused = await stage.refused("POST", f"{LARK}/enable")
    assert (refused["status"], refused["code"]) == (409, "tenant_not_entitled")
    await stage.api.call("PATCH", f"/v1/tenants/{TENANT}", {"entitled": True})
    assert (await stage.api.call("POST", f"{LARK}/enable"))["enabled"] is True


async def test_d5_a_channel_that_is_on_stops_when_the_entitlement_ends(stage: Stage) -> None:
    await stage.people("li")
    await stage.api.call("PATCH", f"/v1/tenants/{TENANT}", {"entitled": False})
    answer = await stage.api.notify("user:li")
    assert answer["deliveries"][0]["reason"] == "channel_disabled"
    assert (await stage.api.call("GET", LARK))["enabled"] is False
