"""Rules and topics: the things an admin writes so that applications need not."""

from typing import Any

import httpx
import pytest

from gateway.facts import MOST_RULES
from gateway.request import MAX_RECIPIENTS
from tests.gateway.api.conftest import CHANNEL, LARK_BODY, World

TENANT = "/v1/tenants/acme"
RULE = f"{TENANT}/rules/dms"
TOPIC = f"{TENANT}/topics/dba"
DMS: dict[str, Any] = {
    "match": {"type": "ticket.*", "module": "data_export", "business_type": ["sql_result", 7]},
    "channels": ["lark"],
    "recipients": ["user:li", {"topic": "dba"}, {"chat": "oc_1", "channel": "lark"}],
    "user_window_seconds": 60,
    "mobile_only": True,
}


@pytest.fixture
async def ready(admin: httpx.AsyncClient) -> httpx.AsyncClient:
    await admin.put(CHANNEL, json=LARK_BODY)
    await admin.put(TOPIC, json={"members": ["user:li"]})
    return admin


async def test_a_rule_is_created_replaced_changed_and_deleted(ready: httpx.AsyncClient) -> None:
    made = await ready.put(RULE, json=DMS)
    assert made.status_code == 201, made.text
    assert {**made.json(), **DMS, "enabled": True} == made.json()
    assert (await ready.get(RULE)).json() == made.json()
    assert (await ready.patch(RULE, json={"enabled": False})).json()["match"] == DMS["match"]
    emptied = await ready.patch(RULE, json={"user_window_seconds": None, "match": {"type": None}})
    assert emptied.json()["user_window_seconds"] is None
    assert "type" not in emptied.json()["match"]
    again = await ready.put(RULE, json={})
    assert (again.status_code, again.json()["recipients"]) == (200, [])
    assert (await ready.patch(RULE, json={"bogus": 1})).status_code == 422
    assert [each["name"] for each in (await ready.get(f"{TENANT}/rules")).json()["items"]] == [
        "dms"
    ]
    assert (await ready.delete(RULE)).status_code == 204
    assert (await ready.get(RULE)).status_code == 404


async def test_a_user_in_either_form_is_shown_in_the_short_one(ready: httpx.AsyncClient) -> None:
    made = await ready.put(RULE, json={"recipients": [{"user": "li"}, "user:tan"]})
    assert made.json()["recipients"] == ["user:li", "user:tan"]


async def test_a_rule_may_have_a_regular_expression(ready: httpx.AsyncClient) -> None:
    match = {"type": "=~^(dms|dts)\\.", "module": ["data_export", "=~审批$"]}
    assert (await ready.put(RULE, json={"match": match})).status_code == 201
    assert (await ready.get(RULE)).json()["match"] == match


async def test_what_is_no_regular_expression_is_refused_with_its_place(
    ready: httpx.AsyncClient,
) -> None:
    refused = await ready.put(RULE, json={"match": {"module": "=~(a+"}})
    assert refused.status_code == 422
    first, *_ = refused.json()["errors"]
    assert first["loc"][:3] == ["body", "match", "module"]
    assert "no regular expression" in first["message"]


async def test_a_tenant_has_so_many_rules_and_may_still_change_them(
    ready: httpx.AsyncClient,
) -> None:
    for number in range(MOST_RULES):
        assert (await ready.put(f"{TENANT}/rules/r{number}", json={})).status_code == 201
    refused = await ready.put(f"{TENANT}/rules/more", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert (await ready.put(f"{TENANT}/rules/r7", json={"enabled": False})).status_code == 200


async def test_a_topic_is_created_replaced_changed_and_deleted(ready: httpx.AsyncClient) -> None:
    members = ["user:li", {"email": "a@x.example"}, {"chat": "oc_1", "channel": "lark"}]
    made = await ready.put(TOPIC, json={"members": members})
    assert (made.status_code, made.json()["members"]) == (200, members)
    [listed] = (await ready.get(f"{TENANT}/topics")).json()["items"]
    assert (listed["member_count"], "members" in listed) == (3, False)
    patched = await ready.patch(TOPIC, json={"members": ["user:tan"]})
    assert patched.json()["members"] == ["user:tan"]
    assert (await ready.patch(TOPIC, json={"bogus": 1})).status_code == 422
    assert (await ready.delete(TOPIC)).status_code == 204
    assert (await ready.get(TOPIC)).status_code == 404


async def test_a_topic_has_at_most_ten_thousand_members(ready: httpx.AsyncClient) -> None:
    everybody = [f"user:u{number}" for number in range(MAX_RECIPIENTS + 1)]
    assert (await ready.put(TOPIC, json={"members": everybody})).status_code == 422
    assert (await ready.put(TOPIC, json={"members": everybody[1:]})).status_code == 200


@pytest.mark.parametrize("body", [{"channels": ["lark"]}, {"recipients": [DMS["recipients"][2]]}])
async def test_a_channel_that_a_rule_names_stays_and_is_not_even_switched_off(
    ready: httpx.AsyncClient, body: dict[str, Any]
) -> None:
    await ready.put(RULE, json=body)
    await ready.post(f"{CHANNEL}/enable")
    refused = await ready.delete(CHANNEL)
    assert (refused.status_code, refused.json()["code"]) == (409, "channel_in_use")
    assert "dms" in refused.json()["detail"]
    assert (await ready.get(CHANNEL)).json()["enabled"] is True
    await ready.delete(RULE)
    assert (await ready.delete(CHANNEL)).status_code == 204


async def test_a_channel_that_a_topic_names_stays(ready: httpx.AsyncClient) -> None:
    await ready.put(TOPIC, json={"members": [{"chat": "oc_1", "channel": "lark"}]})
    assert (await ready.delete(CHANNEL)).json()["code"] == "channel_in_use"


async def test_a_topic_that_a_rule_names_stays(ready: httpx.AsyncClient) -> None:
    await ready.put(RULE, json={"recipients": [{"topic": "dba"}]})
    refused = await ready.delete(TOPIC)
    assert (refused.status_code, refused.json()["code"]) == (409, "topic_in_use")


async def test_a_rule_and_a_topic_name_no_channel_of_persons_as_a_group(
    ready: httpx.AsyncClient,
) -> None:
    named = [{"channel": "lark"}]
    rule = await ready.put("/v1/tenants/acme/rules/r", json={"recipients": named})
    assert rule.json()["errors"][0]["loc"] == ["body", "recipients", 0, "channel"]
    topic = await ready.put("/v1/tenants/acme/topics/t", json={"members": named})
    assert topic.json()["errors"][0]["loc"] == ["body", "members", 0, "channel"]


async def test_a_department_needs_a_channel_that_takes_it(ready: httpx.AsyncClient) -> None:
    body = {"recipients": [{"department": "od-1", "channel": "lark"}]}
    refused = await ready.put(RULE, json=body)
    assert refused.json()["code"] == "unknown_department"
    assert refused.json()["errors"][0]["loc"] == ["body", "recipients", 0, "department"]


async def test_every_change_is_in_the_audit_log(ready: httpx.AsyncClient) -> None:
    await ready.put(RULE, json=DMS)
    await ready.patch(RULE, json={"enabled": False})
    await ready.delete(RULE)
    await ready.delete(TOPIC)
    entries = (await ready.get(f"{TENANT}/audit-log")).json()["items"]
    theirs = [each for each in entries if each["target"] in {"dms", "dba"}]
    assert sorted(each["action"] for each in theirs) == [
        "rule.delete",
        "rule.put",
        "rule.put",
        "topic.delete",
        "topic.put",
    ]
    puts = [each for each in theirs if each["action"] == "rule.put"]
    was = {each["before"]["enabled"] if each["before"] else None for each in puts}
    assert (was, {each["after"]["enabled"] for each in puts}) == ({None, True}, {True, False})


async def test_the_rules_of_another_tenant_are_not_there(
    ready: httpx.AsyncClient, world: World
) -> None:
    await ready.put(RULE, json=DMS)
    async with world.client() as owner:
        theirs = await owner.get("/v1/tenants/other/rules")
        assert theirs.json()["items"] == []
        unknown = await owner.put("/v1/tenants/other/rules/r", json={"channels": ["lark"]})
        assert unknown.json()["code"] == "unknown_channel"
