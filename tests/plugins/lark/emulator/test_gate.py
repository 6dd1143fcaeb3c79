import ast
from pathlib import Path

import httpx
import pytest

import gateway_lark.emulator
from gateway_lark.emulator import Emulator

from .conftest import Client, Clock

INFO = "/open-apis/bot/v3/info"


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, 99991661),
        ("Basic abc", 99991661),
        ("Bearer ", 99991661),
        ("Bearer abc", 99991671),
        ("Bearer t-unknown", 99991663),
    ],
)
async def test_the_token_is_judged_before_anything_else(
    http: httpx.AsyncClient, emulator: Emulator, header: str | None, code: int
) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = await http.get(INFO, headers=headers)
    assert answer.json()["code"] == code
    assert answer.json()["error"]["log_id"] == answer.headers["x-tt-logid"]
    assert emulator.rejections[code] == 1


async def test_a_disabled_app_is_refused(client: Client, emulator: Emulator) -> None:
    emulator.apps[client.app_id].enabled = False
    assert (await client.ask("GET", "bot/v3/info")).json()["code"] == 99991662


async def test_a_missing_scope_is_told_with_the_link_that_adds_it(
    client: Client, emulator: Emulator
) -> None:
    emulator.apps[client.app_id].scopes.clear()
    answer = (await client.ask("GET", "tenant/v2/tenant/query")).json()
    assert answer["code"] == 99991672
    assert answer["error"]["permission_violations"] == [
        {"type": "action_scope_required", "subject": "tenant:tenant:readonly"}
    ]
    assert answer["error"]["helps"][0]["url"] == (
        f"https://open.larksuite.com/app/{client.app_id}/auth"
        "?q=tenant:tenant:readonly&op_from=openapi"
    )


async def test_a_scope_counts_only_once_its_version_is_published(
    client: Client, emulator: Emulator
) -> None:
    app = emulator.apps[client.app_id]
    app.scopes.remove("tenant:tenant:readonly")
    app.unpublished.add("tenant:tenant:readonly")
    path = "tenant/v2/tenant/query"
    assert (await client.ask("GET", path)).json()["code"] == 99991672
    app.publish()
    assert (await client.ask("GET", path)).json()["code"] == 0


async def test_a_caller_outside_the_allow_list_is_refused(
    client: Client, emulator: Emulator
) -> None:
    emulator.apps[client.app_id].ip_white_list = ("203.0.113.7",)
    assert (await client.ask("GET", "bot/v3/info")).json()["code"] == 99991401


async def test_the_fifty_first_call_of_a_second_waits(client: Client, clock: Clock) -> None:
    for _ in range(50):
        assert (await client.ask("GET", "bot/v3/info")).status_code == 200
    clock.advance(0.25)
    refused = await client.ask("GET", "bot/v3/info")
    assert (refused.status_code, refused.json()["code"]) == (429, 99991400)
    assert refused.headers["x-ogw-ratelimit-limit"] == "50"
    wait = float(refused.headers["x-ogw-ratelimit-reset"])
    assert wait == 0.75
    clock.advance(wait)
    assert (await client.ask("GET", "bot/v3/info")).status_code == 200


async def test_the_thousand_and_first_call_of_a_minute_waits(client: Client, clock: Clock) -> None:
    for _ in range(1000):
        clock.advance(0.03)
        assert (await client.ask("GET", "bot/v3/info")).status_code == 200
    clock.advance(0.03)
    refused = await client.ask("GET", "bot/v3/info")
    assert refused.status_code == 429
    assert refused.headers["x-ogw-ratelimit-limit"] == "1000"


async def test_limits_can_be_switched_off(client: Client, emulator: Emulator) -> None:
    emulator.enforce_limits = False
    for _ in range(60):
        assert (await client.ask("GET", "bot/v3/info")).status_code == 200


async def test_the_monthly_quota_ends_with_429_and_starts_again_next_month(
    client: Client, emulator: Emulator, clock: Clock
) -> None:
    emulator.monthly_quota = 2
    for _ in range(2):
        assert (await client.ask("GET", "bot/v3/info")).status_code == 200
    refused = await client.ask("GET", "bot/v3/info")
    assert (refused.status_code, refused.json()["code"]) == (429, 99991403)
    clock.advance(32 * 86_400)
    await client.log_in()
    assert (await client.ask("GET", "bot/v3/info")).status_code == 200


async def test_contacts_and_refused_calls_do_not_spend_the_quota(
    client: Client, emulator: Emulator
) -> None:
    emulator.monthly_quota = 1
    await client.ask("POST", "contact/v3/users/batch_get_id", {"emails": ["x@y.z"]})
    await client.ask("POST", "im/v1/messages", {})
    assert emulator.quota.used == 0
    assert (await client.ask("GET", "bot/v3/info")).status_code == 200


async def test_the_free_edition_brings_ten_thousand_calls(emulator: Emulator) -> None:
    emulator.edition = "basic_free"
    assert emulator.calls_a_month == 10_000


async def test_an_unknown_path_and_a_wrong_method_are_told(client: Client) -> None:
    lost = await client.ask("GET", "no/such/api")
    assert (lost.status_code, lost.json()["code"]) == (404, 99991201)
    wrong = await client.ask("DELETE", "bot/v3/info")
    assert (wrong.status_code, wrong.json()["code"]) == (405, 99991301)


async def test_a_body_that_is_no_object_is_a_bad_request(client: Client) -> None:
    for body in ("nonsense", [1]):
        answer = await client.ask("POST", "contact/v3/users/batch_get_id", body)
        assert (answer.status_code, answer.json()["code"]) == (400, 9499)


async def test_success_is_called_ok_or_success(client: Client) -> None:
    msgs = {(await client.ask("GET", "bot/v3/info")).json()["msg"] for _ in range(40)}
    assert msgs == {"ok", "success"}


async def test_calls_are_counted_and_logged_under_their_documented_path(
    client: Client, emulator: Emulator
) -> None:
    emulator.reset_counts()
    await client.ask("GET", "im/v1/messages/om_x")
    assert emulator.calls == {"GET /open-apis/im/v1/messages/:message_id": 1}
    line = emulator.calls_log[-1]
    assert (line.status, line.code) == (400, 99992354)


async def test_a_refusal_with_http_200_spends_the_quota(client: Client, emulator: Emulator) -> None:
    emulator.monthly_quota = 5
    assert (await client.ask("POST", "message/v4/batch_send/", {})).json()["code"] == 10003
    assert emulator.quota.used == 1


async def test_an_app_that_was_stopped_gets_no_token(client: Client, emulator: Emulator) -> None:
    emulator.apps[client.app_id].enabled = False
    assert (await client.log_in())["code"] == 10014


def test_the_emulator_imports_nothing_of_ours() -> None:
    package = Path(str(gateway_lark.emulator.__file__)).parent
    for file in package.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom):
                ours = (node.module or "").startswith("gateway") or node.level > 1
                assert not ours, file
            if isinstance(node, ast.Import):
                assert not any(each.name.startswith("gateway") for each in node.names), file
