"""C: recipients are users of the product first, and departments (seeds 000, 001, 003 and 004)."""

import pytest

from gateway_lark.emulator.model import Department
from tests.seeds.conftest import PATH, Stage
from tests.seeds.people_stage import company

OPS = {"department": "od-ops", "channel": "lark"}


async def test_c10_an_unknown_user_is_told_and_the_others_hear_all_the_same(stage: Stage) -> None:
    await stage.people("li")
    answer = await stage.api.notify("user:nobody", "user:li")
    assert {each["recipient"]: each["reason"] for each in answer["deliveries"]} == {
        "user:nobody": "unknown_user",
        "user:li": None,
    }
    deliveries = await stage.settled(answer)
    assert {each["state"] for each in deliveries} == {"suppressed", "sent"}
    assert len(stage.seen_by(1)) == 1


async def test_c10_an_address_of_nobody_is_unknown_where_only_users_may_be_reached(
    stage: Stage,
) -> None:
    await stage.api.call("PATCH", PATH, {"recipients": "users_only"})
    answer = await stage.api.notify({"email": "stranger@example.com"})
    assert answer["deliveries"][0]["reason"] == "unknown_user"
    assert stage.lark.emulator.calls.total() == 0


def staffed(stage: Stage, *members: str) -> None:
    stage.lark.emulator.directory.departments["ops"] = Department("ops", "od-ops", "Operations")
    for name in members:
        stage.lark.emulator.people[name].department = "ops"


async def test_c11_a_department_hears_in_one_call(stage: Stage) -> None:
    await stage.people("li", "tan", "zhao")
    staffed(stage, "p1", "p2")
    [sent] = await stage.settled(await stage.api.notify(OPS))
    assert (sent["recipient"], sent["state"]) == ("department:od-ops", "sent")
    assert [len(stage.seen_by(number)) for number in (1, 2, 3)] == [1, 1, 0]


@pytest.mark.parametrize("brand", ["dingtalk", "dingtalk-exclusive"])
async def test_c11_a_department_of_dingtalk_hears_call_by_call(sqlite_url: str, brand: str) -> None:
    async with company(sqlite_url, brand) as acme:
        ops = acme.emulator.add_department("Operations")
        night = acme.emulator.add_department("Night shift", ops.id)
        for number in range(50):
            where = (ops.id, night.id)[number % 2]
            acme.emulator.add_person("x", f"o{number}", departments=(where,))
        sent = await acme.send_to({"department": str(ops.id), "channel": brand})
        assert (sent["recipient"], sent["state"]) == (f"department:{ops.id}", "sent")
        assert sent["detail"] == "Sent to 50 of 50 people."
        assert {each.receiver for each in acme.emulator.messages} == {f"o{n}" for n in range(50)}
        assert not acme.emulator.duplicates()
        assert [each["sentence"] for each in sent["attempts"]] == [
            "Sent to 20 of 50 people so far; 30 to go.",
            "Sent to 40 of 50 people so far; 10 to go.",
            "Sent to 50 of 50 people.",
        ]
        usage = await acme.call("GET", f"{acme.channel}/usage")
        assert (usage["by_purpose"]["batch"], usage["by_purpose"]["directory"]) == (3, 4)
        assert usage["used"] == 3


@pytest.mark.parametrize("brand", ["dingtalk", "dingtalk-exclusive"])
async def test_c11_a_department_that_cannot_be_read_is_told_and_people_hear_all_the_same(
    sqlite_url: str, brand: str
) -> None:
    async with company(sqlite_url, brand) as acme:
        acme.emulator.add_people(1)
        unknown = await acme.send_to({"department": "424242", "channel": brand})
        assert (unknown["state"], unknown["reason"]) == ("failed", "recipient_rejected")
        assert "does not know this department" in unknown["detail"]
        acme.forbid("qyapi_get_department_list")
        refused = await acme.send_to({"department": "1", "channel": brand})
        assert (refused["state"], refused["reason"]) == ("failed", "recipient_rejected")
        assert "qyapi_get_department_list" in refused["attempts"][0]["fix_url"]
        await acme.user("li", mobile="+6590000001")
        assert (await acme.send("li"))["state"] == "sent"


async def test_c11_a_rule_and_a_topic_may_name_a_department(stage: Stage) -> None:
    await stage.people("li")
    staffed(stage, "p1")
    await stage.api.call("PUT", f"{PATH}/topics/ops", {"members": [OPS]})
    await stage.api.call("PUT", f"{PATH}/rules/all", {"recipients": [{"topic": "ops"}]})
    [sent] = await stage.settled(await stage.api.notify())
    assert sent["recipient"] == "department:od-ops"
    assert len(stage.seen_by(1)) == 1


async def test_c11_a_channel_without_departments_refuses_them(stage: Stage) -> None:
    await stage.api.call("PUT", f"{PATH}/channels/robot", {"type": "lark-robot"})
    body = {"tenant": "acme", "type": "t", "card": {"title": "T"}}
    refused = await stage.refused(
        "POST", "/notify", {**body, "to": [{"department": "1", "channel": "robot"}]}
    )
    assert (refused["status"], refused["code"]) == (422, "unknown_department")
