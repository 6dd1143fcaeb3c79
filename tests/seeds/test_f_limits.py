"""F: to a person and to a group, within what a plan allows, readable everywhere."""

import json
import uuid
from typing import Any

import pytest

from tests.faults.stage import MESSAGES
from tests.seeds.conftest import PATH, Stage
from tests.seeds.people_stage import company

CHANNEL = f"{PATH}/channels/lark"
ROBOT = f"{PATH}/channels/robot"
PAGE = "https://tickets.example.com/4711"


async def usage_of(stage: Stage) -> dict[str, Any]:
    found: dict[str, Any] = await stage.api.call("GET", f"{CHANNEL}/usage")
    return found


async def robot(stage: Stage, *, kept: str, given: str) -> None:
    """Add a robot that signs with `kept` to a group, and a channel that signs with `given`."""
    token = str(uuid.uuid4())
    chat = stage.lark.emulator.add_chat("Operations")
    stage.lark.emulator.add_robot(token, chat, secret=kept)
    url = f"{stage.lark.url}/open-apis/bot/v2/hook/{token}"
    config = {"webhook_url": url, "secret": given}
    await stage.api.call("PUT", ROBOT, {"type": "lark-robot", "config": config})
    await stage.api.call("POST", f"{ROBOT}/enable")


@pytest.mark.parametrize("brand", ["lark", "feishu", "dingtalk", "dingtalk-exclusive"])
async def test_f1_a_message_reaches_one_person_and_its_id_is_kept(
    sqlite_url: str, brand: str
) -> None:
    async with company(sqlite_url, brand) as made:
        made.emulator.add_people(1)
        await made.user("li", mobile="+6590000001", email="p1@example.com")
        sent = await made.send("li")
        assert sent["state"] == "sent"
        assert sent["attempts"][-1]["provider_message_id"]
        assert len(made.emulator.messages) == 1


async def test_f3_a_groups_robot_says_it_with_its_signature(stage: Stage) -> None:
    await robot(stage, kept="signing-secret", given="signing-secret")
    [sent] = await stage.settled(await stage.api.notify({"channel": "robot"}, title="Deployed"))
    assert (sent["recipient"], sent["state"]) == ("channel:robot", "sent")
    [message] = stage.lark.emulator.messages
    assert "Deployed" in message.content


async def test_f3_a_wrong_signature_is_told_and_never_dropped_for_none(stage: Stage) -> None:
    await robot(stage, kept="signing-secret", given="another-secret")
    answer = await stage.api.notify({"channel": "robot"})
    held = await stage.api.until(answer["deliveries"][0]["id"], "held")
    assert held["reason"] == "credential_invalid"
    assert stage.lark.emulator.messages == []


@pytest.mark.parametrize(("edition", "quota"), [("free", 10_000), ("paid", 0)])
async def test_f8_the_edition_decides_the_months_calls_and_a_tenant_may_set_its_own(
    stage: Stage, edition: str, quota: int
) -> None:
    saved = await stage.api.call("PATCH", CHANNEL, {"config": {"edition": edition}})
    assert saved["effective_limits"]["monthly_quota"] == quota
    chosen = await stage.api.call("PATCH", CHANNEL, {"limits": {"monthly_quota": 50_000}})
    assert chosen["effective_limits"]["monthly_quota"] == 50_000


async def test_f8_every_real_call_counts_and_what_is_over_waits_for_the_next_month(
    stage: Stage,
) -> None:
    await stage.people("li")
    await stage.api.call("PATCH", CHANNEL, {"limits": {"monthly_quota": 4}})
    for _ in range(3):
        await stage.settled(await stage.api.notify("user:li"))
    over = await stage.api.notify("user:li")
    held = await stage.api.until(over["deliveries"][0]["id"], "held")
    assert held["reason"] == "quota_exhausted"
    await stage.settled(await stage.api.notify("user:li", priority="urgent"))
    assert stage.lark.calls(MESSAGES) == 4
    usage = await usage_of(stage)
    # The call that marks a message as urgent counts, too.
    assert (usage["by_purpose"]["send"], usage["used"], usage["remaining"]) == (4, 5, 0)


async def test_f9_the_use_is_told_by_purpose_with_a_forecast(stage: Stage) -> None:
    await stage.people("li", "wang")
    await stage.api.call("PATCH", CHANNEL, {"limits": {"monthly_quota": 10_000}})
    await stage.settled(await stage.api.notify("user:li"))
    await stage.settled(await stage.api.notify("user:wang"))
    usage = await usage_of(stage)
    assert (usage["quota"], usage["remaining"]) == (10_000, 10_000 - usage["used"])
    assert usage["by_purpose"]["send"] == 2
    assert sum(usage["by_purpose"].values()) == usage["calls"]
    assert usage["forecast"] >= usage["used"]
    assert usage["resets_at"].endswith("Z")


async def test_f10_phone_and_desktop_show_the_card_and_open_the_same_page(stage: Stage) -> None:
    await stage.people("li")
    open_it = {"id": "open", "label": "Open", "kind": "url", "url": PAGE}
    card = {"title": "Approve?", "summary": "Export", "link": PAGE, "actions": [open_it]}
    await stage.settled(await stage.api.notify("user:li", card=card))
    [message] = stage.seen_by(1)
    content = json.loads(message.content)
    assert content["card_link"] == {"url": PAGE}
    [button] = [each for each in content["body"]["elements"] if each["tag"] == "button"]
    assert button["behaviors"] == [{"type": "open_url", "default_url": PAGE}]
    assert content["config"]["summary"] == {"content": "Export"}
