import pytest
from sqlalchemy import Connection

from gateway.models import State
from gateway.store import Store
from gateway.store.history import (
    DeliveryFilter,
    NotificationFilter,
    Page,
    changes_since,
    count_states,
    list_attempts,
    list_deliveries,
    list_notifications,
    read_delivery,
    read_notification,
    roll_up,
)
from tests.gateway.store.rows import add_attempt, add_delivery, add_notification

ACME = Page("acme")


def fill(connection: Connection) -> None:
    add_notification(connection, "ntf_1", cancellation_key="k", created=5)
    add_notification(connection, "ntf_2", type="other", created=6)
    add_notification(connection, "ntf_3", tenant="other", created=7)
    add_delivery(connection, "dlv_1", state="sent", updated=3, created=5)
    add_delivery(connection, "dlv_2", state="failed", reason="expired", updated=3, channel="ding")
    add_delivery(connection, "dlv_3", recipient="user:wu", updated=2, notification="ntf_2")
    add_delivery(connection, "dlv_4", tenant="other", updated=9, notification="ntf_3")
    add_attempt(connection, "att_2", number=2, started=9, http_status=500)
    add_attempt(connection, "att_1", number=1, provider_code="0")


async def test_reads_never_leave_their_tenant(store: Store) -> None:
    await store.write(fill)
    assert await store.read(lambda c: read_notification(c, "other", "ntf_1")) is None
    assert await store.read(lambda c: read_delivery(c, "other", "dlv_1")) is None
    assert await store.read(lambda c: read_delivery(c, None, "dlv_1")) is not None
    found = await store.read(lambda c: list_deliveries(c, Page("other"), DeliveryFilter()))
    assert [row.id for row in found] == ["dlv_4"]
    everyone = await store.read(lambda c: list_deliveries(c, Page(None), DeliveryFilter()))
    assert len(everyone) == 4


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (DeliveryFilter(), ["dlv_3", "dlv_2", "dlv_1"]),
        (DeliveryFilter(state="failed"), ["dlv_2"]),
        (DeliveryFilter(channel="lark"), ["dlv_3", "dlv_1"]),
        (DeliveryFilter(recipient="user:wu"), ["dlv_3"]),
        (DeliveryFilter(reason="expired"), ["dlv_2"]),
        (DeliveryFilter(notification="ntf_1", state="sent"), ["dlv_1"]),
        (DeliveryFilter(type="nothing"), []),
        (DeliveryFilter(since=5), ["dlv_1"]),
        (DeliveryFilter(until=5), ["dlv_3", "dlv_2"]),
    ],
    ids=str,
)
async def test_deliveries_are_filtered(
    store: Store, wanted: DeliveryFilter, ids: list[str]
) -> None:
    await store.write(fill)
    assert [row.id for row in await store.read(lambda c: list_deliveries(c, ACME, wanted))] == ids


async def test_notifications_are_filtered_and_paged_newest_first(store: Store) -> None:
    await store.write(fill)
    both = await store.read(lambda c: list_notifications(c, ACME, NotificationFilter()))
    assert [row.id for row in both] == ["ntf_2", "ntf_1"]
    page = Page("acme", limit=1, before="ntf_2")
    older = await store.read(lambda c: list_notifications(c, page, NotificationFilter()))
    assert [row.id for row in older] == ["ntf_1"]
    keyed = NotificationFilter(cancellation_key="k")
    assert len(await store.read(lambda c: list_notifications(c, ACME, keyed))) == 1


async def test_states_are_counted_for_a_whole_page(store: Store) -> None:
    await store.write(fill)
    counts = await store.read(lambda c: count_states(c, ["ntf_1", "ntf_2", "ntf_9"]))
    assert counts["ntf_1"] == {State.SENT: 1, State.FAILED: 1}
    assert counts["ntf_2"] == {State.QUEUED: 1}
    assert counts["ntf_9"] == {}


async def test_attempts_come_in_the_order_they_were_made(store: Store) -> None:
    await store.write(fill)
    assert [row.id for row in await store.read(lambda c: list_attempts(c, "dlv_1"))] == [
        "att_1",
        "att_2",
    ]


async def test_changes_go_on_behind_the_last_one_seen(store: Store) -> None:
    await store.write(fill)
    everything = await store.read(lambda c: changes_since(c, "acme", (0, "")))
    assert [row.id for row in everything] == ["dlv_3", "dlv_1", "dlv_2"]
    rest = await store.read(lambda c: changes_since(c, "acme", (3, "dlv_1")))
    assert [row.id for row in rest] == ["dlv_2"]
    assert await store.read(lambda c: changes_since(c, "acme", (3, "dlv_2"))) == []
    assert len(await store.read(lambda c: changes_since(c, None, (0, ""), limit=2))) == 2


@pytest.mark.parametrize(
    ("states", "status"),
    [
        ([], "suppressed"),
        (["suppressed"], "suppressed"),
        (["queued", "held"], "accepted"),
        (["queued", "suppressed"], "accepted"),
        (["queued", "sent"], "processing"),
        (["held", "failed"], "processing"),
        (["sent", "delivered", "superseded"], "completed"),
        (["sent", "suppressed"], "completed"),
        (["sent", "failed"], "partial"),
        (["delivered", "expired"], "partial"),
        (["sent", "canceled"], "partial"),
        (["failed", "expired", "suppressed"], "failed"),
        (["failed", "canceled"], "failed"),
        (["canceled", "suppressed"], "canceled"),
    ],
    ids=str,
)
def test_a_notification_is_what_its_deliveries_are(states: list[str], status: str) -> None:
    assert roll_up({state: states.count(state) for state in State}) == status
