"""What a stranger, a beginner or a broken client sends, and the one answer to each."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from gateway.api.body import MAX_BODY
from gateway.problems import PROBLEMS
from tests.gateway.api.conftest import CHANNEL, LARK_BODY, NOTIFY, World

CARD = {"title": "Hello"}
USER = "/v1/tenants/acme/users/li"
TENANT = "/v1/tenants/acme"
KEYS = f"{TENANT}/api-keys"
RULE = f"{TENANT}/rules/dms"
TOPIC = f"{TENANT}/topics/dba"
BINDING = f"{CHANNEL}/bindings/li"


def to(*recipients: object) -> dict[str, object]:
    return {"type": "t", "card": CARD, "to": recipients}


WRONG: list[tuple[str, str, object, int, str]] = [
    ("POST", "/notify", b"", 400, "invalid_json"),
    ("POST", "/notify", b"{", 400, "invalid_json"),
    ("POST", "/notify", b"not json", 400, "invalid_json"),
    ("POST", "/notify", b'{"type": "\xff"}', 400, "invalid_json"),
    ("POST", "/notify", b'{"type": "\\ud800"}', 400, "invalid_json"),
    ("POST", "/notify", b'{"type":"t","card":{"title":"x"},"data":{"a":NaN}}', 400, "invalid_json"),
    ("POST", "/notify", b'{"type":"t","data":{"a":-Infinity}}', 400, "invalid_json"),
    ("POST", "/notify", b'{"type":"t","data":{"a":1e999}}', 400, "invalid_json"),
    ("POST", "/notify", b"[" * 100_000, 400, "invalid_json"),
    ("POST", "/notify", b'{"type":"a\\u0000b","card":{"title":"x"}}', 422, "validation_failed"),
    ("POST", "/notify", [], 422, "validation_failed"),
    ("POST", "/notify", "text", 422, "validation_failed"),
    ("POST", "/notify", {}, 422, "validation_failed"),
    ("POST", "/notify", {"type": "t"}, 422, "validation_failed"),
    ("POST", "/notify", {"type": "", "card": CARD}, 422, "validation_failed"),
    ("POST", "/notify", {"type": 5, "card": CARD}, 422, "validation_failed"),
    ("POST", "/notify", {"type": "t", "card": CARD, "template": "x"}, 422, "validation_failed"),
    ("POST", "/notify", {"type": "t", "template": "none"}, 422, "unknown_template"),
    ("POST", "/notify", {**NOTIFY, "bogus": 1}, 422, "validation_failed"),
    ("POST", "/notify", {**NOTIFY, "card": {"title": ""}}, 422, "validation_failed"),
    ("POST", "/notify", {**NOTIFY, "card": {**CARD, "severity": "bad"}}, 422, "validation_failed"),
    ("POST", "/notify", {**NOTIFY, "priority": "asap"}, 422, "validation_failed"),
    ("POST", "/notify", {**NOTIFY, "send_at": "tomorrow"}, 422, "validation_failed"),
    ("POST", "/notify", {**NOTIFY, "send_at": "2026-01-06T08:00:00"}, 422, "validation_failed"),
    ("POST", "/notify", {**NOTIFY, "tenant": "No Slug"}, 404, "unknown_tenant"),
    ("POST", "/notify", {**NOTIFY, "routing": {"method": "some"}}, 422, "validation_failed"),
    ("POST", "/notify", to("li.wei"), 422, "validation_failed"),
    ("POST", "/notify", to("user:李伟"), 422, "validation_failed"),
    ("POST", "/notify", to({"user": "a b"}), 422, "validation_failed"),
    ("POST", "/notify", to({"email": "nobody"}), 422, "validation_failed"),
    ("POST", "/notify", to({"mobile": "6581234567"}), 422, "validation_failed"),
    ("POST", "/notify", to({"chat": "oc_1"}), 422, "validation_failed"),
    ("POST", "/notify", to({"carrier": "pigeon"}), 422, "validation_failed"),
    ("POST", "/v1/notify/batch", {"notifications": []}, 422, "validation_failed"),
    ("POST", "/v1/notify/batch", {"notifications": [NOTIFY] * 101}, 422, "validation_failed"),
    ("GET", "/v1/notify", None, 405, "method_not_allowed"),
    ("GET", "/v1/nothing", None, 404, "not_found"),
    ("GET", f"{TENANT}/nothing", None, 404, "not_found"),
    ("GET", f"{TENANT}/rules/none", None, 404, "not_found"),
    ("PATCH", f"{TENANT}/rules/none", {"enabled": True}, 404, "not_found"),
    ("DELETE", f"{TENANT}/rules/none", None, 404, "not_found"),
    ("PUT", f"{TENANT}/rules/No", {}, 422, "validation_failed"),
    ("PUT", RULE, {"match": {"type": None}}, 422, "validation_failed"),
    ("PUT", RULE, {"match": {"type": []}}, 422, "validation_failed"),
    ("PUT", RULE, {"match": {"": "x"}}, 422, "validation_failed"),
    ("PUT", RULE, {"match": {"type": "=~(ticket"}}, 422, "validation_failed"),
    ("PUT", RULE, {"channels": ["none"]}, 422, "unknown_channel"),
    ("PUT", RULE, {"recipients": ["li"]}, 422, "validation_failed"),
    ("PUT", RULE, {"recipients": [{"topic": "none"}]}, 422, "unknown_topic"),
    ("PUT", RULE, {"user_window_seconds": -1}, 422, "validation_failed"),
    ("POST", f"{TENANT}/rules/test", {"type": "t", "tenant": "other"}, 422, "validation_failed"),
    ("POST", f"{TENANT}/rules/test", {"attributes": {}}, 422, "validation_failed"),
    ("GET", f"{TENANT}/topics/none", None, 404, "not_found"),
    ("DELETE", f"{TENANT}/topics/none", None, 404, "not_found"),
    ("PUT", TOPIC, {"members": [{"topic": "other"}]}, 422, "validation_failed"),
    ("PUT", TOPIC, {"members": [{"channel": "none"}]}, 422, "unknown_channel"),
    ("PUT", TOPIC, {"members": "user:li"}, 422, "validation_failed"),
    ("GET", "/v1/notifications/ntf_none", None, 404, "not_found"),
    ("GET", "/v1/notifications/%00", None, 404, "not_found"),
    ("GET", "/v1/deliveries/dlv_none", None, 404, "not_found"),
    ("GET", "/v1/deliveries?limit=0", None, 422, "validation_failed"),
    ("GET", "/v1/deliveries?limit=201", None, 422, "validation_failed"),
    ("GET", "/v1/deliveries?limit=x", None, 422, "validation_failed"),
    ("GET", "/v1/deliveries?cursor=%25", None, 422, "validation_failed"),
    ("GET", "/v1/deliveries?cursor=AAAA", None, 422, "validation_failed"),
    ("GET", "/v1/deliveries?state=lost", None, 422, "validation_failed"),
    ("GET", "/v1/deliveries?since=noon", None, 422, "validation_failed"),
    ("GET", "/v1/deliveries?type=%00", None, 422, "validation_failed"),
    ("DELETE", "/v1/notifications", None, 422, "validation_failed"),
    ("DELETE", "/v1/notifications?cancellation_key=nothing", None, 409, "nothing_to_cancel"),
    ("PUT", f"{TENANT}/channels/No", LARK_BODY, 422, "validation_failed"),
    ("PUT", CHANNEL, {"type": "fax"}, 422, "unknown_channel_type"),
    ("PUT", CHANNEL, {**LARK_BODY, "enabled": True}, 422, "validation_failed"),
    ("PUT", CHANNEL, {**LARK_BODY, "limits": {"monthly_quota": -1}}, 422, "validation_failed"),
    ("PUT", CHANNEL, {**LARK_BODY, "limits": {"bogus": 1}}, 422, "validation_failed"),
    ("PUT", CHANNEL, {**LARK_BODY, "limits": {"monthly_quota": 1.5}}, 422, "validation_failed"),
    ("PATCH", CHANNEL, {"label": "x"}, 404, "not_found"),
    ("POST", f"{CHANNEL}/enable", None, 404, "not_found"),
    ("POST", f"{CHANNEL}/disable", None, 404, "not_found"),
    ("POST", f"{CHANNEL}/check", None, 404, "not_found"),
    ("PUT", f"{TENANT}/users/li%20wei", {}, 422, "validation_failed"),
    ("PUT", f"{TENANT}/users/%E6%9D%8E", {}, 422, "validation_failed"),
    ("PUT", USER, {"id": "other"}, 409, "id_immutable"),
    ("PATCH", USER, {"id": "other"}, 409, "id_immutable"),
    ("PUT", USER, {"email": "nobody"}, 422, "validation_failed"),
    ("PUT", USER, {"mobile": "123"}, 422, "validation_failed"),
    ("PUT", USER, {"time_zone": "Mars/Olympus"}, 422, "validation_failed"),
    ("PUT", USER, {"bogus": 1}, 422, "validation_failed"),
    ("PATCH", USER, {"display_name": "x"}, 404, "not_found"),
    ("PATCH", USER, b"[]", 422, "validation_failed"),
    ("PUT", BINDING, {"identity": {"kind": "open_id", "id": "ou_1"}}, 404, "not_found"),
    ("DELETE", BINDING, None, 404, "not_found"),
    ("POST", KEYS, {"role": "owner"}, 422, "validation_failed"),
    (
        "POST",
        KEYS,
        {"role": "sender", "expires_at": "2020-01-01T00:00:00Z"},
        422,
        "validation_failed",
    ),
    ("DELETE", f"{KEYS}/key_none", None, 404, "not_found"),
    ("GET", "/v1/channel-types/fax", None, 404, "not_found"),
]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    WRONG,
    ids=[f"{number}-{row[0]}-{row[4]}" for number, row in enumerate(WRONG)],
)
async def test_a_wrong_request_gets_its_own_problem(  # noqa: PLR0913, PLR0917 - a row of the table
    admin: httpx.AsyncClient, method: str, path: str, body: object, status: int, code: str
) -> None:
    raw = isinstance(body, bytes)
    content = {"content": body} if raw else {"json": body} if body is not None else {}
    answer = await admin.request(method, path, **content)  # type: ignore[arg-type]
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (problem["status"], problem["title"]) == (status, PROBLEMS[code].title)
    assert ("errors" in problem) == (status == 422)
    assert all(set(each) == {"loc", "message", "type"} for each in problem.get("errors", ()))


@pytest.mark.parametrize("path", ["/v1/tenants/bad%20name", "/v1/tenants/UPPER"])
async def test_a_tenant_is_a_slug(owner: httpx.AsyncClient, path: str) -> None:
    assert (await owner.put(path, json={})).status_code == 422


async def test_a_large_body_is_refused_by_its_announced_length(admin: httpx.AsyncClient) -> None:
    answer = await admin.post("/notify", content=b" " * (MAX_BODY + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


async def test_a_large_body_is_counted_while_it_streams(admin: httpx.AsyncClient) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += 65536
            yield b" " * 65536

    answer = await admin.post("/notify", content=endless())
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert sent <= MAX_BODY + 2 * 65536


async def test_a_body_of_exactly_one_mebibyte_is_read(admin: httpx.AsyncClient) -> None:
    body = b'{"type":"t","card":{"title":"x"}}'
    assert (await admin.post("/notify", content=body.ljust(MAX_BODY))).status_code == 202


async def test_405_names_the_methods(admin: httpx.AsyncClient) -> None:
    assert (await admin.get("/v1/notify")).headers["allow"] == "POST"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("abc-123", True), ("a" * 129, False), ("a b", False), ("", False), ("x\x7f", False)],
)
async def test_a_sane_request_id_comes_back(world: World, sent: str, kept: bool) -> None:
    async with world.client(None) as client:
        answer = await client.get("/v1/nothing", headers={"X-Request-Id": sent})
    told = answer.headers["X-Request-Id"]
    assert told == sent if kept else re.fullmatch(r"req_[0-9a-z]{26}", told)


async def test_every_code_has_its_place_on_the_page_of_problems(world: World) -> None:
    async with world.client(None) as client:
        page = (await client.get("/problems")).text
        problem = (await client.get("/v1/nothing")).json()
    assert problem["type"] == "/problems#not_found"
    assert all(f'id="{code}"' in page for code in PROBLEMS)
