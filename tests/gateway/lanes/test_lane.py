import pytest

from tests.gateway.lanes.toy import Platform, toy_type


async def test_a_notification_reaches_the_platform_with_its_attempt(build):
    platform = Platform()
    house = await build(toy_type(platform))
    await house.channel()
    await house.post("email:a@ex.com", title="Hello")
    await house.until_over()
    [row] = await house.deliveries()
    assert (row.state, row.attempts, row.message_id) == ("sent", 1, "m-1")
    assert platform.sends[0][:2] == ("p-a@ex.com", "Hello")
    [attempt] = await house.attempts()
    assert (attempt.delivery, attempt.http_status, attempt.number) == (row.id, 200, 1)


async def test_equal_cards_leave_in_full_batches(build):
    platform = Platform()
    house = await build(toy_type(platform, bulk=True))
    await house.channel()
    await house.post(*(f"email:p{n}@ex.com" for n in range(100)))
    await house.until_over()
    assert [len(batch) for batch in platform.batches] == [20] * 5
    assert platform.lookups == [50, 50]
