"""What comes back from a platform, and a store that is away, at the worst moment."""

import asyncio
from dataclasses import replace

import pytest

from gateway.engine import Lease
from gateway.errors import CredentialError, DeliveryError, RecipientError
from gateway.lanes.acks import Pending
from gateway.models import Identity, Receipt
from gateway.reasons import Reason
from gateway.store.acks import Ack, acknowledge, settle_row
from gateway.store.channels import NO_HOLD
from gateway.store.window import take_shards
from tests.gateway.lanes.conftest import Build, House
from tests.gateway.lanes.toy import Platform, toy_type

ODD = "m-\0\ud800-1"


async def test_ids_that_no_database_can_store_are_stored_without_the_rest(build: Build) -> None:
    platform = Platform()

    async def odd(to: Identity) -> Receipt:
        platform.sends.append((to.id, "", ""))
        return Receipt(ODD, log_id=ODD, note=ODD)

    platform.misdeed = odd
    house = await build(toy_type(platform))
    await house.channel()
    await house.post("email:anna@ex.com")
    await house.until_over()
    [row] = await house.deliveries()
    assert (row.state, row.message_id) == ("sent", "m-?-1")
    assert len(platform.sends) == 1


async def test_a_refusal_that_no_database_can_store_is_told_without_the_rest(build: Build) -> None:
    platform = Platform()

    async def odd(to: Identity) -> Receipt:
        raise RecipientError(ODD, gone=True, provider_code=ODD, log_id=ODD)

    platform.misdeed = odd
    house = await build(toy_type(platform))
    await house.channel()
    await house.post("email:anna@ex.com")
    await house.until_over()
    [row] = await house.deliveries()
    assert (row.state, row.detail) == ("failed", "m-?-1")


async def test_an_ack_that_cannot_be_written_is_not_sent_again_and_stops_no_neighbour(
    build: Build,
) -> None:
    platform = Platform()

    async def broken(to: Identity) -> Receipt | None:
        if to.id != "p-broken@ex.com":
            return None
        platform.sends.append((to.id, "", ""))
        receipt = Receipt("m-1")
        object.__setattr__(receipt, "http_status", object())
        return receipt

    platform.misdeed = broken
    house = await build(toy_type(platform))
    await house.channel()
    for name in ("anna", "broken", "carl"):
        await house.post(f"email:{name}@ex.com")

    async def neighbours_sent() -> bool:
        return len(await house.deliveries(state="sent")) == 2

    await house.until(neighbours_sent)
    await asyncio.sleep(1.5)
    assert sorted(to for to, _, _ in platform.sends) == [
        "p-anna@ex.com",
        "p-broken@ex.com",
        "p-carl@ex.com",
    ]


async def test_who_waits_for_acks_does_not_wait_for_those_that_come_later(build: Build) -> None:
    house = await build(toy_type(Platform()), start=False)
    acks, lease = house.core.lanes.tools.acks, Lease(0, 1, clean=True)
    busy = [True]

    def more() -> None:
        if busy:
            acks.add(Pending(lease, [], more))

    more()
    async with asyncio.timeout(5):
        await acks.drain()
    busy.clear()
    await acks.drain()


async def test_a_hold_written_down_after_its_end_holds_nothing(build: Build) -> None:
    house = await build(toy_type(Platform()), start=False)
    await house.channel()
    await house.post("email:anna@ex.com")
    [row] = await house.deliveries()
    for enabled, hold, state in (
        (True, None, "queued"),
        (False, None, "held"),
        (True, "credential_invalid", "held"),
    ):
        await house.set_channel(**{**NO_HOLD, "enabled": enabled, "hold_reason": hold})
        assert await acknowledged(house, row.id, Reason.CREDENTIAL_INVALID) == state
    await house.set_channel(**{**NO_HOLD, "enabled": True})
    assert await acknowledged(house, row.id, Reason.QUOTA_EXHAUSTED) == "held"


async def acknowledged(house: House, delivery: str, reason: Reason) -> str:
    change = settle_row(
        delivery,
        state="held",
        reason=reason.value,
        detail=None,
        due=9_999,
        attempts=0,
        maybe_duplicate=False,
        message_id=None,
        batch=False,
        updated=5,
    )
    taken = await house.core.store.write(lambda c: take_shards(c, [0]))
    await house.core.store.fold(acknowledge, Ack(0, taken[0][0], [change]))
    [row] = await house.deliveries()
    assert row.due == (5 if row.state == "queued" else 9_999)
    return str(row.state)


@pytest.mark.parametrize("error", [DeliveryError, CredentialError])
def test_errors_carry_only_what_can_be_stored(error: type[DeliveryError]) -> None:
    told = error(ODD, log_id=ODD)
    assert (told.message, str(told), told.log_id) == ("m-?-1",) * 3


async def test_people_who_get_a_card_each_are_looked_up_in_full_calls(build: Build) -> None:
    platform = Platform()
    house = await build(toy_type(platform, bulk=True))
    await house.channel()
    button = {"id": "ok", "label": "OK", "kind": "callback"}
    card = {"title": "Hi", "actions": [button]}
    await house.post(*(f"email:p{n}@ex.com" for n in range(1000)), card=card)
    await house.until_over()
    assert platform.lookups == [50] * 20
    assert len(platform.sends) == 1000
    assert platform.batches == []


async def test_people_who_are_left_over_are_looked_up_too(build: Build) -> None:
    platform = Platform()
    house = await build(toy_type(platform, bulk=True))
    await house.channel()
    await house.post(*(f"email:p{n}@ex.com" for n in range(130)))
    await house.until_over()
    assert sorted(platform.lookups) == [30, 50, 50]
    assert {row.state for row in await house.deliveries()} == {"sent"}


async def test_a_plugin_that_hangs_loses_its_attempt_at_the_types_own_deadline(
    build: Build,
) -> None:
    platform = Platform()

    async def hanging(to: Identity) -> Receipt:
        await asyncio.Event().wait()
        raise AssertionError(to)

    platform.misdeed = hanging
    house = await build(replace(toy_type(platform), attempt_seconds=0))
    await house.channel()
    await house.post("email:anna@ex.com")

    async def tried() -> bool:
        return len(await house.attempts()) == 1

    await house.until(tried, 9.0)  # well below the ten seconds of other types
    [row] = await house.deliveries()
    assert (row.state, row.maybe_duplicate, row.detail) == ("queued", True, "no answer in time")
