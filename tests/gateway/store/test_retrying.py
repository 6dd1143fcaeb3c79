from gateway.store import Store
from gateway.store.retrying import waiting_copy
from tests.gateway.store.rows import add_delivery, add_notification


async def test_a_copy_that_has_not_gone_is_named_and_no_other(store: Store) -> None:
    await store.write(lambda c: add_notification(c, "ntf_1"))
    await store.write(lambda c: add_delivery(c, "dlv_1", state="failed", due=None))
    states = {"sent": "dlv_2", "failed": "dlv_3"}
    for state, name in states.items():
        row = {"state": state, "due": None, "retry_of": "dlv_1"}
        await store.write(lambda c: add_delivery(c, name, **row))  # noqa: B023 - awaited here
    assert await store.write(lambda c: waiting_copy(c, "acme", "dlv_1")) is None
    for state in ("queued", "held"):
        more = {"state": state, "retry_of": "dlv_1", "notification": "ntf_1"}
        await store.write(lambda c: add_delivery(c, f"dlv_{state}", **more))  # noqa: B023 - as above
    assert await store.write(lambda c: waiting_copy(c, "acme", "dlv_1")) in {
        *("dlv_queued", "dlv_held"),
    }
    assert await store.write(lambda c: waiting_copy(c, "other", "dlv_1")) is None
    assert await store.write(lambda c: waiting_copy(c, "acme", "dlv_none")) is None
