"""B: what a channel logs in with, where it is found, and that it is proved (all five seeds)."""

import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.faults.stage import TENANT, until
from tests.seeds.conftest import PATH, Stage
from tests.seeds.guides import guide_of, step
from tests.seeds.people_stage import Company, company

CHANNELS = f"/v1/tenants/{TENANT}/channels"
SECRET = "a-secret-of-nobody-0123456789ab"


@pytest.fixture
async def lark(sqlite_url: str) -> AsyncIterator[Company]:
    async with company(sqlite_url, "lark") as made:
        yield made


async def put(made: Company | Stage, kind: str, **config: str) -> httpx.Response:
    http = made.http if isinstance(made, Company) else made.api.http
    return await http.put(f"{CHANNELS}/new", json={"type": kind, "config": config})


async def schema(made: Company, kind: str) -> dict[str, Any]:
    found = await made.call("GET", f"/v1/channel-types/{kind}")
    return dict(found["config_schema"])


@pytest.mark.parametrize("kind", ["lark", "feishu"])
async def test_b1_an_application_id_and_its_secret_are_all_it_takes(
    lark: Company, kind: str
) -> None:
    assert (await schema(lark, kind))["required"] == ["app_id", "app_secret"]
    made = await put(lark, kind, app_id="cli_a1b2c3d4", app_secret=SECRET)
    assert (made.status_code, made.json()["secrets_set"]) == (201, ["app_secret"])
    assert SECRET not in made.text
    await lark.call("POST", f"{CHANNELS}/new/enable")


@pytest.mark.parametrize("left_out", ["app_id", "app_secret"])
async def test_b1_without_either_the_channel_cannot_be_enabled(
    lark: Company, left_out: str
) -> None:
    config = {"app_id": "cli_a1b2c3d4", "app_secret": SECRET}
    del config[left_out]
    await put(lark, "lark", **config)
    refused = await lark.http.post(f"{CHANNELS}/new/enable")
    assert (refused.status_code, refused.json()["code"]) == (409, "channel_incomplete")
    assert left_out in refused.json()["detail"]


async def test_b1_a_field_that_nobody_knows_is_refused(lark: Company) -> None:
    refused = await put(lark, "lark", app_id="cli_a1b2c3d4", app_secret=SECRET, app_key="x")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["loc"] == ["body", "config", "app_key"]


async def test_b2_the_name_of_the_organization_is_compared_with_the_platforms(
    lark: Company,
) -> None:
    for name, ok in ((lark.emulator.organization, True), ("Somebody else", False)):
        await lark.call("PATCH", lark.channel, {"config": {"organization": name}})
        report = await lark.call("POST", f"{lark.channel}/check")
        [line] = [one for one in report["checks"] if one["id"] == "organization"]
        assert (report["ok"], line["state"] == "ok", line["required"]) == (ok, ok, True)


async def test_b3_a_named_application_has_no_effect_before_it_is_switched_on(stage: Stage) -> None:
    await stage.people("li")
    body = {"type": "lark", "label": "Document test", "config": stage.lark.config}
    saved = await stage.api.call("PUT", f"{PATH}/channels/second", body)
    assert (saved["label"], saved["enabled"], saved["version"]) == ("Document test", False, 1)
    routing = {"channels": ["second"]}
    before = await stage.api.notify("user:li", routing=routing)
    assert before["deliveries"][0]["reason"] == "channel_disabled"
    await stage.api.call("POST", f"{PATH}/channels/second/enable")
    [sent] = await stage.settled(await stage.api.notify("user:li", routing=routing))
    assert sent["state"] == "sent"


async def test_b3_the_log_shows_what_a_channel_was_and_what_it_became(stage: Stage) -> None:
    await stage.api.call("PATCH", f"{PATH}/channels/lark", {"label": "Second name"})
    log = (await stage.api.call("GET", f"{PATH}/audit-log"))["items"]
    change = next(line for line in log if line["action"] == "channel.put")
    assert (change["before"]["label"], change["after"]["label"]) == ("", "Second name")
    assert stage.lark.config["app_secret"] not in str(log)


async def test_b3_a_saved_draft_has_no_effect_until_it_is_applied(lark: Company) -> None:
    person = next(iter(lark.emulator.people.values()))
    email = {"email": person.email}
    wrong = {"type": "lark", "config": {**lark.config, "app_secret": "not-its-secret"}}
    await lark.call("PUT", f"{lark.channel}/draft", wrong)
    assert (await lark.call("POST", f"{lark.channel}/draft/check"))["ok"] is False
    assert (await lark.call("POST", f"{lark.channel}/check"))["ok"] is True
    assert (await lark.send_to(email, "Before"))["state"] == "sent"
    limits = {"user_window_seconds": 0}
    named = {"type": "lark", "label": "Document test", "limits": limits}
    right = {**named, "config": lark.config}
    await lark.call("PUT", f"{lark.channel}/draft", right)
    assert (await lark.call("POST", f"{lark.channel}/draft/check"))["ok"] is True
    assert (await lark.call("GET", lark.channel))["label"] == ""
    applied = await lark.call("POST", f"{lark.channel}/draft/apply")
    assert (applied["label"], applied["enabled"]) == ("Document test", True)
    assert (await lark.send_to(email, "After"))["state"] == "sent"


async def test_b3_both_versions_and_what_differs_are_visible_while_a_draft_waits(
    lark: Company,
) -> None:
    config = {**lark.config, "organization": "Acme"}
    body = {"type": "lark", "label": "Document test", "config": config}
    await lark.call("PUT", f"{lark.channel}/draft", body)
    shown = await lark.call("GET", f"{lark.channel}/draft")
    assert (shown["current"]["label"], shown["draft"]["label"]) == ("", "Document test")
    differing = [each["field"] for each in shown["differences"]]
    assert {"label", "config.organization"} <= set(differing)
    assert not any("secret" in field for field in differing)
    assert (await lark.call("GET", lark.channel))["draft"]["outdated"] is False
    assert lark.config["app_secret"] not in str(shown)


async def test_b3_applying_the_right_secret_lets_go_what_waited_for_it(lark: Company) -> None:
    person = next(iter(lark.emulator.people.values()))
    await lark.call("PATCH", lark.channel, {"config": {"app_secret": "not-its-secret"}})
    note = {"tenant": TENANT, "type": "t", "to": [{"email": person.email}], "card": {"title": "Hi"}}
    sent = await lark.call("POST", "/notify", note)
    path = f"/v1/deliveries/{sent['deliveries'][0]['id']}"

    async def held() -> bool:
        return str((await lark.call("GET", path))["reason"]) == "credential_invalid"

    async def gone() -> bool:
        return str((await lark.call("GET", path))["state"]) == "sent"

    await until(held, 20)
    await lark.call("PUT", f"{lark.channel}/draft", {"type": "lark", "config": lark.config})
    assert await held()
    await lark.call("POST", f"{lark.channel}/draft/apply")
    await until(gone, 20)


SIX = ["app_id", "agent_id", "app_key", "app_secret", "robot_code", "card_template_id"]


@pytest.mark.parametrize(
    ("kind", "fields"), [("dingtalk", SIX), ("dingtalk-exclusive", SIX[2:])], ids=["b4", "b5"]
)
async def test_b4_b5_the_fields_of_each_edition_of_dingtalk_come_first(
    lark: Company, kind: str, fields: list[str]
) -> None:
    properties = (await schema(lark, kind))["properties"]
    assert [*properties][: len(fields)] == fields
    assert properties["app_secret"]["writeOnly"] is True


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (
            "dingtalk",
            ["App ID", "Agent ID", "AppKey", "AppSecret", "Chatbot code", "Card template ID"],
        ),
        ("dingtalk-exclusive", ["AppKey", "AppSecret", "Chatbot code", "Card template ID"]),
    ],
    ids=["b4", "b5"],
)
async def test_b4_b5_each_field_has_the_place_where_it_is_found(
    lark: Company, kind: str, words: list[str]
) -> None:
    guide = await guide_of(lark.http, f"/v1/channel-types/{kind}")
    found = [block["value"] for block in step(guide, "credentials")["blocks"]]
    assert [value.split(":")[0].split(" (")[0] for value in found] == words
    assert all(value.partition(": ")[2] for value in found)


async def test_b5_the_exclusive_edition_may_be_on_hosts_of_its_own(sqlite_url: str) -> None:
    async with company(sqlite_url, "dingtalk-exclusive") as made:
        assert made.config["api_base"].startswith("http://127.0.0.1:")
        report = await made.call("POST", f"{made.channel}/check")
        assert report["ok"], report
        bad = {"config": {"api_base": "https://10.1.2.3"}}
        refused = await made.http.patch(made.channel, json=bad)
        assert refused.status_code == 422


async def test_b6_the_address_of_a_groups_robot_is_stored_and_a_sample_arrives(
    stage: Stage,
) -> None:
    token, secret = str(uuid.uuid4()), "signing-secret"
    chat = stage.lark.emulator.add_chat("Operations")
    stage.lark.emulator.add_robot(token, chat, secret=secret)
    path = f"{PATH}/channels/robot"
    url = f"{stage.lark.url}/open-apis/bot/v2/hook/{token}"
    body = {"type": "lark-robot", "config": {"webhook_url": url, "secret": secret}}
    saved = await stage.api.call("PUT", path, body)
    assert saved["secrets_set"] == ["secret", "webhook_url"]
    assert token not in str(saved)
    told = await stage.api.call("POST", f"{path}/test", {})
    assert told["ok"] is True
    [message] = stage.lark.emulator.messages
    assert message.chat_id == chat.chat_id


async def test_b6_each_group_has_a_robot_of_its_own(stage: Stage) -> None:
    found = await stage.api.call(
        "POST",
        "/v1/channel-types/detect",
        {"text": f"https://open.larksuite.com/open-apis/bot/v2/hook/{uuid.uuid4()}"},
    )
    assert found["type"] == "lark-robot"
    for name in ("one", "two"):
        config = {"webhook_url": f"{stage.lark.url}/open-apis/bot/v2/hook/{uuid.uuid4()}"}
        body = {"type": "lark-robot", "config": config}
        assert (await stage.api.call("PUT", f"{PATH}/channels/{name}", body))["enabled"] is False


async def test_b7_a_check_proves_the_credential_line_by_line_and_saving_calls_nobody(
    stage: Stage,
) -> None:
    await stage.api.call("PATCH", f"{PATH}/channels/lark", {"label": "Lark"})
    assert stage.lark.emulator.calls.total() == 0
    report = await stage.api.call("POST", f"{PATH}/channels/lark/check")
    ids = [line["id"] for line in report["checks"]]
    assert ids[:4] == ["token", "bot", "application", "publication"]
    assert (report["ok"], report["calls"]) == (True, stage.lark.emulator.calls.total())
    guide = await guide_of(stage.api.http, f"{PATH}/channels/lark", features="send")
    assert "application:application:self_manage" in guide["scopes_json"]["scopes"]["tenant"]


async def test_b7_a_wrong_secret_is_told_and_shows_in_the_channels_health(stage: Stage) -> None:
    path = f"{PATH}/channels/lark"
    await stage.api.call("PATCH", path, {"config": {"app_secret": SECRET}})
    report = await stage.api.call("POST", f"{path}/check")
    assert (report["ok"], report["checks"][0]["state"]) == (False, "error")
    assert SECRET not in str(report)
    assert (await stage.api.call("GET", path))["health"]["state"] == "failing"
