"""C: recipients are users of the product first, and departments (seeds 000, 001, 003 and 004)."""

from gateway_lark.emulator.model import Department
from tests.seeds.conftest import PATH, Stage

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


async def test_c11_a_rule_and_a_topic_may_name_a_department(stage: Stage) -> None:
    await stage.people("li")
    staffed(stage, "p1")
    await stage.api.call("PUT", f"{PATH}/topics/ops", {"members": [OPS]})
    await stage.api.call("PUT", f"{PATH}/rules/all", {"recipients": [{"topic": "ops"}]})
    [sent] = await stage.settled(await stage.api.notify())
    assert sent["recipient"] == "department:od-ops"
    assert len(stage.seen_by(1)) == 1


async def test_c11_a_channel_without_departments_refuses_them(stage: Stage) -> None:
    await stage.api.call("PUT", f"{PATH}/channels/ding", {"type": "dingtalk"})
    body = {"tenant": "acme", "type": "t", "card": {"title": "T"}}
    refused = await stage.refused(
        "POST", "/notify", {**body, "to": [{"department": "1", "channel": "ding"}]}
    )
    assert (refused["status"], refused["code"]) == (422, "unknown_department")
