import httpx

from tests.gateway.api.conftest import World
from tests.gateway.store.rows import add_attempt, add_delivery, add_notification


async def fill(world: World) -> None:
    await world.store.write(
        lambda c: add_notification(c, "ntf_1", card='{"title": "Hello"}', body={"type": "t"})
    )
    await world.store.write(lambda c: add_delivery(c, "dlv_1", state="sent", due=None))
    await world.store.write(
        lambda c: add_delivery(c, "dlv_2", state="failed", reason="provider_error")
    )
    await world.store.write(
        lambda c: add_attempt(c, "att_1", error="TemporaryError", log_id="l", message_id="m")
    )


async def test_a_notification_shows_status_counts_and_what_was_asked(
    admin: httpx.AsyncClient, world: World
) -> None:
    await fill(world)
    body = (await admin.get("/v1/notifications/ntf_1")).json()
    assert (body["status"], body["title"], body["request"]) == ("partial", "Hello", {"type": "t"})
    assert (body["counts"]["deliveries"], body["counts"]["sent"], body["counts"]["held"]) == (
        2,
        1,
        0,
    )
    listed = (await admin.get("/v1/notifications?type=t")).json()["items"]
    assert [each["id"] for each in listed] == ["ntf_1"]
    assert "card" not in listed[0]
    assert (await admin.get("/v1/notifications?until=1970-01-01T00:00:00Z")).json()["items"] == []
    explained = await admin.get("/v1/notifications/ntf_1/explain")
    assert explained.json()["tenant"] == "acme"


async def test_a_delivery_shows_every_attempt(admin: httpx.AsyncClient, world: World) -> None:
    await fill(world)
    body = (await admin.get("/v1/deliveries/dlv_1")).json()
    attempt = body["attempts"][0]
    assert (attempt["number"], attempt["duration_ms"], attempt["error"]) == (
        1,
        20,
        "TemporaryError",
    )
    assert (attempt["provider_log_id"], attempt["provider_message_id"]) == ("l", "m")
    failed = (await admin.get("/v1/deliveries?state=failed&reason=provider_error")).json()
    assert [each["id"] for each in failed["items"]] == ["dlv_2"]


async def test_a_message_without_an_id_of_the_platforms_has_none(
    admin: httpx.AsyncClient, world: World
) -> None:
    await fill(world)
    await world.store.write(lambda c: add_delivery(c, "dlv_3", state="sent", message_id=""))
    await world.store.write(lambda c: add_attempt(c, "att_3", delivery="dlv_3", message_id=""))
    body = (await admin.get("/v1/deliveries/dlv_3")).json()
    assert body["provider_message_id"] is None
    assert body["attempts"][0]["provider_message_id"] is None


async def test_a_delivery_that_no_channel_reaches_names_none(
    admin: httpx.AsyncClient, world: World
) -> None:
    await world.store.write(
        lambda c: add_delivery(c, "dlv_1", channel="", state="suppressed", due=None)
    )
    assert (await admin.get("/v1/deliveries/dlv_1")).json()["channel"] is None


async def test_deliveries_are_paged(admin: httpx.AsyncClient, world: World) -> None:
    await fill(world)
    first = (await admin.get("/v1/deliveries?limit=1")).json()
    rest = (await admin.get(f"/v1/deliveries?limit=1&cursor={first['next_cursor']}")).json()
    assert [each["id"] for each in (*first["items"], *rest["items"])] == ["dlv_2", "dlv_1"]
    assert rest["next_cursor"] is None


async def test_canceling_by_id_and_by_key(admin: httpx.AsyncClient, world: World) -> None:
    await fill(world)
    assert (await admin.delete("/v1/notifications/ntf_1")).json()["id"] == "ntf_1"
    by_key = await admin.delete("/v1/notifications?cancellation_key=k")
    assert by_key.json() == {"canceled": 2}
    async with world.client() as owner:
        assert (await owner.delete("/v1/notifications?cancellation_key=k")).status_code == 422
        narrowed = await owner.delete("/v1/notifications?cancellation_key=k&tenant=acme")
        assert narrowed.status_code == 200


async def test_a_retry_is_a_new_delivery_linked_to_the_old(
    admin: httpx.AsyncClient, world: World
) -> None:
    await fill(world)
    again = await admin.post("/v1/deliveries/dlv_2/retry")
    assert (again.status_code, again.json()["retry_of"]) == (201, "dlv_2")
    assert again.json()["id"] != "dlv_2"
