"""F: how notifications are delivered, as the seeds ask for it."""

from tests.seeds.conftest import PATH, Stage

CHANNEL = f"{PATH}/channels/lark"


async def test_f7_a_person_gets_one_notification_in_ten_minutes_and_the_rest_as_one_card(
    stage: Stage,
) -> None:
    await stage.people("li")
    await stage.api.call("PATCH", CHANNEL, {"limits": {"user_window_seconds": 600}})
    await stage.settled(await stage.api.notify("user:li"))
    second = await stage.api.notify("user:li")
    third = await stage.api.notify("user:li")
    for answer in (second, third):
        held = await stage.api.until(answer["deliveries"][0]["id"], "held")
        assert held["reason"] == "user_window"
    urgent = await stage.api.notify("user:li", priority="urgent")
    await stage.settled(urgent)
    assert len(stage.seen_by(1)) == 2


async def test_f7_nothing_that_was_held_is_lost_when_the_window_is_over(stage: Stage) -> None:
    await stage.people("li")
    await stage.api.call("PATCH", CHANNEL, {"limits": {"user_window_seconds": 2}})
    await stage.settled(await stage.api.notify("user:li"))
    held = [await stage.api.notify("user:li") for _ in range(3)]
    carrier, *others = [each["deliveries"][0]["id"] for each in held]
    await stage.api.until(carrier, "sent")
    for one in others:
        found = await stage.api.until(one, "superseded")
        assert (found["reason"], found["carried_by"]) == ("digested", carrier)
    assert len(stage.seen_by(1)) == 2
