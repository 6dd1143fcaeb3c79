"""Changing, taking back and trying again over HTTP: what is told, per delivery."""

import httpx

from tests.gateway.api.conftest import LARK_BODY, World
from tests.gateway.store.rows import add_delivery, add_notification

CARD = {"card": {"title": "Approved by Li Wei"}}


async def fill(world: World, *deliveries: dict[str, object]) -> None:
    async with world.client() as owner:
        await owner.put("/v1/tenants/acme/channels/lark", json=LARK_BODY)
    await world.store.write(lambda c: add_notification(c, "ntf_1", card='{"title": "Approve?"}'))
    for number, values in enumerate(deliveries, 1):
        await world.store.write(
            lambda c, n=number, more=values: add_delivery(c, f"dlv_{n}", **more)
        )


SENT = {"state": "sent", "due": None, "message_id": "om_1"}


async def test_an_update_tells_for_each_delivery_what_becomes_of_it(
    admin: httpx.AsyncClient, world: World
) -> None:
    failed = {"state": "failed", "due": None, "reason": "not_bound"}
    await fill(world, {}, SENT, failed)
    answer = await admin.post("/v1/notifications/ntf_1/update", json=CARD)
    assert answer.status_code == 202
    found = answer.json()
    assert found["counts"] == {"sent_later": 1, "unsupported": 1, "failed": 1}
    told = {one["delivery"]: (one["result"], one["reason"]) for one in found["items"]}
    assert told == {
        "dlv_1": ("sent_later", None),
        "dlv_2": ("unsupported", "channel_cannot"),
        "dlv_3": ("failed", "not_bound"),
    }
    assert set(found["items"][1]["sentence"]) == {"en", "zh-CN"}
    shown = (await admin.get("/v1/notifications/ntf_1")).json()
    assert (shown["title"], shown["card"]["title"]) == ("Approved by Li Wei", "Approved by Li Wei")


async def test_a_recall_cancels_what_waits_and_tells_of_the_rest(
    admin: httpx.AsyncClient, world: World
) -> None:
    await fill(world, {}, SENT)
    answer = await admin.post("/v1/notifications/ntf_1/recall")
    assert answer.json()["counts"] == {"canceled": 1, "unsupported": 1}
    assert (await admin.get("/v1/deliveries/dlv_1")).json()["state"] == "canceled"


async def test_nonsense_and_strangers_are_refused(admin: httpx.AsyncClient, world: World) -> None:
    await fill(world, SENT)
    update = "/v1/notifications/ntf_1/update"
    assert (await admin.post(update, json={})).status_code == 422
    assert (await admin.post(update, json={**CARD, "more": 1})).status_code == 422
    assert (await admin.post(update, content=b"no")).json()["code"] == "invalid_json"
    async with world.as_role("sender", "other") as stranger:
        for path in (update, "/v1/notifications/ntf_1/recall"):
            assert (await stranger.post(path, json=CARD)).status_code == 404


async def test_many_deliveries_are_tried_again_in_one_call(
    admin: httpx.AsyncClient, world: World
) -> None:
    failed = {"state": "failed", "due": None, "reason": "attempts_exhausted"}
    others = [{"state": "expired", "due": None, "reason": "expired"}, SENT, {}]
    await fill(world, failed, failed, failed, *others)
    answer = await admin.post("/v1/deliveries/retry", json={"channel": "lark", "limit": 2})
    assert answer.status_code == 202
    found = answer.json()
    assert (found["retried"], found["more"]) == (2, True)
    [first, _] = found["items"]
    again = (await admin.get(f"/v1/deliveries/{first['retry']}")).json()
    assert (again["state"], again["retry_of"]) == ("queued", first["delivery"])
    rest = (await admin.post("/v1/deliveries/retry", json={"limit": 2})).json()
    assert (rest["retried"], rest["more"]) == (1, False)
    nothing = (await admin.post("/v1/deliveries/retry", json={})).json()
    assert nothing == {"retried": 0, "more": False, "items": []}
    expired = await admin.post("/v1/deliveries/retry", json={"state": "expired"})
    assert expired.json()["retried"] == 1


async def test_a_retry_that_arrives_completes_its_notification(
    admin: httpx.AsyncClient, world: World
) -> None:
    replaced = {"state": "failed", "due": None, "carried_by": "dlv_2"}
    await fill(world, replaced, {**SENT, "retry_of": "dlv_1"})
    found = (await admin.get("/v1/notifications/ntf_1")).json()
    assert (found["status"], found["counts"]["failed"]) == ("completed", 1)


async def test_only_what_has_ended_can_be_asked_for_again(
    admin: httpx.AsyncClient, world: World
) -> None:
    await fill(world)
    for body in ({"state": "sent"}, {"limit": 1001}, {"since": "yesterday"}, {"x": 1}):
        assert (await admin.post("/v1/deliveries/retry", json=body)).status_code == 422
    async with world.client() as owner:
        assert (await owner.post("/v1/deliveries/retry", json={})).status_code == 422
        named = await owner.post("/v1/deliveries/retry", json={"tenant": "acme"})
        assert named.status_code == 202
