import json

import httpx
import pytest

from tests.gateway.api.conftest import NOTIFY, World


@pytest.fixture
async def sender(world: World) -> httpx.AsyncClient:
    return world.as_role("sender")


@pytest.mark.parametrize("path", ["/notify", "/v1/notify"])
async def test_a_notification_is_accepted_for_the_tenant_of_the_key(
    sender: httpx.AsyncClient, world: World, path: str
) -> None:
    answer = await sender.post(path, json=NOTIFY)
    assert (answer.status_code, answer.json()["tenant"]) == (202, "acme")
    assert answer.headers["content-type"] == "application/json"
    tenant, request, key, _ = world.router.accepted[0]
    assert (tenant, request.type, key) == ("acme", "t", None)


async def test_an_owner_names_the_tenant(owner: httpx.AsyncClient) -> None:
    assert (await owner.post("/notify", json={**NOTIFY, "tenant": "other"})).status_code == 202
    refused = await owner.post("/notify", json=NOTIFY)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["loc"] == ["body", "tenant"]


async def test_another_tenant_is_404_whatever_else_is_wrong(sender: httpx.AsyncClient) -> None:
    for body in ({**NOTIFY, "tenant": "other"}, {"tenant": "other", "bogus": 1}):
        answer = await sender.post("/notify", json=body)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_tenant")


async def test_the_same_key_and_body_get_the_first_answer(
    sender: httpx.AsyncClient, world: World
) -> None:
    headers = {"Idempotency-Key": "k" * 255}
    first = await sender.post("/notify", json=NOTIFY, headers=headers)
    again = await sender.post("/notify", json=NOTIFY, headers=headers)
    assert (again.status_code, again.json()) == (202, first.json())
    assert "Idempotent-Replay" not in first.headers
    assert again.headers["Idempotent-Replay"] == "true"
    other = await sender.post("/notify", json={**NOTIFY, "type": "u"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")


@pytest.mark.parametrize("key", ["k" * 256, ""])
async def test_a_key_has_1_to_255_characters(sender: httpx.AsyncClient, key: str) -> None:
    refused = await sender.post("/notify", json=NOTIFY, headers={"Idempotency-Key": key})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["loc"] == ["header", "Idempotency-Key"]


async def test_a_dry_run_answers_200_and_accepts_nothing(
    sender: httpx.AsyncClient, world: World
) -> None:
    answer = await sender.post("/notify", json={**NOTIFY, "dry_run": True})
    assert (answer.status_code, answer.json()["tenant"]) == (200, "acme")
    assert world.router.accepted == []


async def test_a_store_that_is_down_is_503_without_its_words(sender: httpx.AsyncClient) -> None:
    answer = await sender.post("/notify", json={**NOTIFY, "type": "store.down"})
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert answer.headers["Retry-After"] == "1"
    assert "secret" not in answer.text


async def test_a_bug_is_500_without_a_traceback(sender: httpx.AsyncClient, world: World) -> None:
    answer = await sender.post("/notify", json={**NOTIFY, "type": "bug"})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "canary" not in answer.text
    assert world.log.lines[-1][1]["request"] == answer.headers["X-Request-Id"]


EVENT = {
    "specversion": "1.0",
    "id": "evt-1",
    "source": "/dms",
    "type": "ticket.created",
    "traceparent": "00-1",
    "data": {"to": ["user:li"], "card": {"title": "Hello"}, "attributes": {"module": "x"}},
}


async def post_event(client: httpx.AsyncClient, event: object) -> httpx.Response:
    headers = {"Content-Type": "application/cloudevents+json; charset=utf-8"}
    return await client.post("/v1/notify", content=json.dumps(event), headers=headers)


async def test_a_cloud_event_is_a_notification(sender: httpx.AsyncClient, world: World) -> None:
    assert (await post_event(sender, EVENT)).status_code == 202
    request = world.router.accepted[0][1]
    assert (request.id, request.source, request.type) == ("evt-1", "/dms", "ticket.created")
    assert request.attributes == {"module": "x", "traceparent": "00-1"}


@pytest.mark.parametrize(
    ("change", "loc"),
    [
        ({"specversion": "0.3"}, ["body", "specversion"]),
        ({"source": None}, ["body", "source"]),
        ({"data": []}, ["body", "data"]),
        ({"data": {**EVENT["data"], "type": "x"}}, ["body", "data", "type"]),  # type: ignore[dict-item]
        ({"data": {"card": {"title": ""}}}, ["body", "data", "card", "title"]),
        ({"data": {"card": {"title": "x"}, "bogus": 1}}, ["body", "data", "bogus"]),
        ({"time": "yesterday"}, ["body", "time"]),
    ],
    ids=str,
)
async def test_a_wrong_event_names_the_place_in_the_event(
    sender: httpx.AsyncClient, change: dict[str, object], loc: list[str]
) -> None:
    refused = await post_event(sender, {**EVENT, **change})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["loc"] == loc


async def test_a_batch_answers_each_item_in_order(sender: httpx.AsyncClient) -> None:
    items = [
        NOTIFY,
        {"type": "t"},
        {**NOTIFY, "tenant": "other"},
        {**NOTIFY, "idempotency_key": "k"},
        {**NOTIFY, "idempotency_key": ""},
        {**NOTIFY, "dry_run": True},
        {"type": "t", "template": "none"},
    ]
    answer = await sender.post("/v1/notify/batch", json={"notifications": items})
    assert answer.status_code == 200
    answers = answer.json()["items"]
    assert [each["status"] for each in answers] == [202, 422, 404, 202, 422, 200, 422]
    places = {at: answers[at]["error"]["errors"][0]["loc"] for at in (1, 4)}
    assert places == {
        1: ["body", "notifications", 1],
        4: ["body", "notifications", 4, "idempotency_key"],
    }
    assert answers[6]["error"]["code"] == "unknown_template"
    assert answers[6]["error"]["errors"][0]["loc"] == ["body", "notifications", 6, "template"]
    again = await sender.post("/v1/notify/batch", json={"notifications": items[3:4]})
    assert again.json()["items"][0]["replayed"] is True


async def test_a_batchs_key_used_with_another_body_is_named_in_its_item(
    sender: httpx.AsyncClient,
) -> None:
    items = [{**NOTIFY, "type": kind, "idempotency_key": "k"} for kind in ("t", "u")]
    answer = await sender.post("/v1/notify/batch", json={"notifications": items})
    error = answer.json()["items"][1]["error"]
    assert error["code"] == "idempotency_mismatch"
    assert error["errors"][0]["loc"] == ["body", "notifications", 1, "idempotency_key"]


async def test_a_key_in_a_batchs_header_stands_for_each_item_without_one(
    sender: httpx.AsyncClient, world: World
) -> None:
    items = [NOTIFY, NOTIFY, {**NOTIFY, "idempotency_key": "own"}]
    headers = {"Idempotency-Key": "k" * 255}
    for replayed in (None, True):
        answer = await sender.post(
            "/v1/notify/batch", json={"notifications": items}, headers=headers
        )
        told = answer.json()["items"]
        assert [each.get("replayed") for each in told] == [replayed] * 3
    keys = [key for _, _, key, _ in world.router.accepted]
    assert (len(set(keys[:3])), keys[2]) == (3, "own")
    assert all(len(key or "") <= 64 for key in keys)
    changed = [{**NOTIFY, "type": "u"}, *items[1:]]
    answer = await sender.post("/v1/notify/batch", json={"notifications": changed}, headers=headers)
    error = answer.json()["items"][0]["error"]
    assert (error["code"], answer.json()["items"][1]["status"]) == ("idempotency_mismatch", 202)


async def test_a_batchs_header_key_has_its_limits(sender: httpx.AsyncClient) -> None:
    for key in ("", "k" * 256):
        headers = {"Idempotency-Key": key}
        refused = await sender.post(
            "/v1/notify/batch", json={"notifications": [NOTIFY]}, headers=headers
        )
        assert refused.json()["errors"][0]["loc"] == ["header", "Idempotency-Key"]


async def test_an_owners_batch_may_name_several_tenants(
    owner: httpx.AsyncClient, world: World
) -> None:
    items = [{**NOTIFY, "tenant": name} for name in ("acme", "other", "acme")]
    answer = await owner.post("/v1/notify/batch", json={"notifications": items})
    tenants = [each["notification"]["tenant"] for each in answer.json()["items"]]
    assert tenants == ["acme", "other", "acme"]
