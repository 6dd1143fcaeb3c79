"""E: what the tenant's own rules add, as in the notification settings of seeds 000, 001 and 004."""

from typing import Any

import pytest

from tests.seeds.conftest import PATH, Stage

RULE = f"{PATH}/rules/pending-approval"
EXPORT = {"module": "data_export", "business_type": "sql_result", "state": "pending_approval"}
MATCH = {"module": "data_export", "business_type": ["sql_result"], "state": "pending_approval"}


async def event(stage: Stage, *to: object, **attributes: str) -> dict[str, Any]:
    return await stage.api.notify(*to, type="ticket.updated", attributes={**EXPORT, **attributes})


def reached(answer: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    return [(each["recipient"], each["channel"], each["reason"]) for each in answer["deliveries"]]


async def explained(stage: Stage, answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = await stage.api.call("GET", answer["links"]["explain"])
    return found


async def test_e1_a_ticked_reminder_reaches_the_bound_employee_when_its_condition_is_met(
    stage: Stage,
) -> None:
    await stage.people("li")
    rule = {"match": {"type": "ticket.*"}, "channels": ["lark"], "recipients": ["user:li"]}
    await stage.api.call("PUT", RULE, rule)
    [sent] = await stage.settled(await event(stage))
    assert (sent["recipient"], sent["state"]) == ("user:li", "sent")
    assert len(stage.seen_by(1)) == 1


async def test_e1_an_unticked_reminder_sends_nothing(stage: Stage) -> None:
    await stage.people("li")
    rule = {"match": {"type": "ticket.*"}, "recipients": ["user:li"], "enabled": False}
    await stage.api.call("PUT", RULE, rule)
    answer = await event(stage)
    assert (answer["status"], answer["reason"]) == ("suppressed", "rule_disabled")
    assert stage.lark.emulator.calls.total() == 0


@pytest.mark.parametrize("attribute", ["module", "business_type", "state"])
async def test_e2_a_rule_matches_on_module_business_type_and_state(
    stage: Stage, attribute: str
) -> None:
    await stage.people("li")
    await stage.api.call("PUT", RULE, {"match": MATCH, "recipients": ["user:li"]})
    assert reached(await event(stage)) == [("user:li", "lark", None)]
    other = await event(stage, **{attribute: "another"})
    assert (other["status"], other["reason"]) == ("suppressed", "no_matching_rule")
    [judged] = (await explained(stage, other))["rules"]
    [unmet] = [each for each in judged["conditions"] if not each["holds"]]
    assert (unmet["name"], unmet["found"]) == (attribute, ["another"])
    assert f"`{attribute}`" in judged["sentence"]["en"] or attribute in judged["sentence"]["en"]
    assert attribute in judged["sentence"]["zh-CN"]


async def test_e2_a_rule_may_match_by_regular_expression(stage: Stage) -> None:
    await stage.people("li")
    match = {"module": "=~^data_(export|change)$", "state": ["approved", "=~^pending"]}
    await stage.api.call("PUT", RULE, {"match": match, "recipients": ["user:li"]})
    assert reached(await event(stage)) == [("user:li", "lark", None)]
    assert (await event(stage, module="my_data_export"))["reason"] == "no_matching_rule"
    assert (await event(stage, state="rejected"))["reason"] == "no_matching_rule"


async def test_e2_the_test_of_rules_tells_which_match_who_and_where(stage: Stage) -> None:
    await stage.people("li")
    await stage.api.call("PUT", RULE, {"match": MATCH, "recipients": ["user:li"]})
    await stage.api.call("PUT", f"{PATH}/rules/other", {"match": {"module": "data_change"}})
    body = {"type": "ticket.updated", "attributes": EXPORT}
    found = await stage.api.call("POST", f"{PATH}/rules/test", body)
    assert [(each["rule"], each["matches"]) for each in found["rules"]] == [
        ("pending-approval", True),
        ("other", False),
    ]
    [delivery] = found["deliveries"]
    assert (delivery["recipient"], delivery["channel"]) == ("user:li", "lark")
    assert (delivery["named"], delivery["rules"]) == (False, ["pending-approval"])
    assert (await stage.api.call("GET", "/v1/notifications?tenant=acme"))["items"] == []


async def test_e3_additional_users_receive_and_nobody_receives_twice(stage: Stage) -> None:
    await stage.people("li", "tan")
    rule = {"match": MATCH, "recipients": ["user:tan", "user:li", {"email": "p2@example.com"}]}
    await stage.api.call("PUT", RULE, rule)
    deliveries = await stage.settled(await event(stage, "user:li"))
    assert {each["recipient"] for each in deliveries} == {"user:li", "user:tan"}
    assert (len(stage.seen_by(1)), len(stage.seen_by(2))) == (1, 1)


async def test_e4_a_rule_has_its_own_switch(stage: Stage) -> None:
    await stage.people("li", "tan")
    rule = {"match": MATCH, "recipients": ["user:tan"], "enabled": False}
    await stage.api.call("PUT", RULE, rule)
    answer = await event(stage, "user:li")
    assert answer["status"] == "suppressed"
    assert reached(answer) == [
        ("user:li", "lark", "rule_disabled"),
        ("user:tan", "lark", "rule_disabled"),
    ]
    told = await explained(stage, answer)
    assert told["reason"] == "rule_disabled"
    [step, *_] = told["recipients"][0]["steps"]
    assert (step["result"], step["rules"]) == ("disabled", ["pending-approval"])
    await stage.api.call("PATCH", RULE, {"enabled": True})
    assert {each["state"] for each in await stage.settled(await event(stage, "user:li"))} == {
        "sent"
    }


async def test_e4_a_rule_that_does_not_match_stops_nothing_by_being_off(stage: Stage) -> None:
    await stage.people("li")
    await stage.api.call("PUT", RULE, {"match": {"module": "other"}, "enabled": False})
    assert reached(await event(stage, "user:li")) == [("user:li", "lark", None)]


@pytest.mark.parametrize("role", ["sender", "viewer"])
async def test_e5_only_an_admin_edits_rules(stage: Stage, role: str) -> None:
    await stage.api.call("PUT", RULE, {"match": MATCH})
    key = (await stage.api.call("POST", f"{PATH}/api-keys", {"role": role}))["key"]
    headers = {"Authorization": f"Bearer {key}"}
    for method in ("PUT", "PATCH", "DELETE"):
        reply = await stage.api.http.request(method, RULE, json={}, headers=headers)
        assert (reply.status_code, reply.json()["code"]) == (403, "forbidden")
    seen = await stage.api.http.get(RULE, headers=headers)
    assert seen.status_code == (200 if role == "viewer" else 403)


async def test_e6_a_mention_reaches_only_the_mentioned_person(stage: Stage) -> None:
    await stage.people("li", "tan")
    answer = await stage.api.notify("user:tan", type="mention", title="Li mentioned you")
    [sent] = await stage.settled(answer)
    assert (sent["recipient"], sent["state"]) == ("user:tan", "sent")
    assert (len(stage.seen_by(1)), len(stage.seen_by(2))) == (0, 1)
