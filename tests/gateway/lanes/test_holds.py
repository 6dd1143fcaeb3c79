"""What holds a channel, and how it is let go again."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from gateway.errors import (
    ContentError,
    CredentialError,
    DeliveryError,
    QuotaExhaustedError,
    RateLimitedError,
    RecipientError,
    TemporaryError,
)
from gateway.models import Identity
from gateway.store.schema import delivery
from gateway.store.standing import shard_of
from tests.gateway.lanes.conftest import Build, House
from tests.gateway.lanes.seen import (
    expire_hold,
    raising,
    some_held,
    state_is,
)
from tests.gateway.lanes.toy import Platform, toy_type


async def test_a_refused_credential_costs_one_call_and_holds_the_rest(build: Build) -> None:
    platform = Platform()
    calls = []

    async def refuse(to: Identity) -> None:
        calls.append(to.id)
        raise CredentialError("the secret was revoked")

    platform.misdeed = refuse
    house = await build(toy_type(platform))
    await house.channel()
    await house.post("email:first@ex.com")
    await house.until(lambda: state_is(house, "held", 1))
    for n in range(20):
        await house.post(f"email:p{n}@ex.com")
    await house.until(lambda: state_is(house, "held", 21))
    assert len(calls) == 1
    assert {row.reason for row in await house.deliveries()} == {"credential_invalid"}


async def test_a_mended_channel_sends_what_was_held(build: Build) -> None:
    platform = Platform(misdeed=raising(lambda: CredentialError("revoked"), times=1))
    house = await build(toy_type(platform))
    await house.channel()
    await house.post("email:a@ex.com")
    await house.until(lambda: state_is(house, "held", 1))
    await house.post("email:b@ex.com")
    await house.until(lambda: state_is(house, "held", 2))
    await house.set_channel(version=2, hold_reason=None, hold_until=None, hold_tries=0)
    await house.until_over()
    assert {row.state for row in await house.deliveries()} == {"sent"}


async def test_a_probe_that_succeeds_releases_the_channel(build: Build) -> None:
    platform = Platform(misdeed=raising(lambda: CredentialError("revoked"), times=1))
    house = await build(toy_type(platform))
    await house.channel()
    await house.post("email:a@ex.com")
    await house.until(lambda: state_is(house, "held", 1))
    await house.post("email:c@ex.com")
    await house.until(lambda: state_is(house, "held", 2))
    # The minute until the next probe has passed.
    await expire_hold(house)
    await house.until_over()
    assert {row.state for row in await house.deliveries()} == {"sent"}


async def test_a_probe_that_is_refused_for_its_recipient_releases_the_channel(build: Build) -> None:
    answers = [CredentialError("revoked"), RecipientError("no such person")]
    platform = Platform(misdeed=raising(lambda: answers.pop(0), times=2))
    house = await build(toy_type(platform))
    await house.channel()
    await house.post("email:a@ex.com")
    await house.until(lambda: state_is(house, "held", 1))
    await house.post("email:b@ex.com")
    await house.until(lambda: state_is(house, "held", 2))
    await expire_hold(house)
    await house.until_over()
    assert sorted(row.state for row in await house.deliveries()) == ["failed", "sent"]


async def test_one_call_alone_probes_a_channel_however_many_wait(build: Build) -> None:
    calls: list[str] = []

    async def refuse(to: Identity) -> None:
        calls.append(to.id)
        await asyncio.sleep(0.05)
        raise CredentialError("revoked")

    house = await build(toy_type(Platform(misdeed=refuse)), start=False)
    await house.channel()
    await house.set_channel(hold_reason="credential_invalid", hold_until=1)
    for n in range(5):
        await house.post(f"email:p{n}@ex.com")
    house.start()
    await house.until(lambda: state_is(house, "held", 5))
    assert len(calls) == 1


async def test_a_channel_is_probed_though_something_else_was_due_first(build: Build) -> None:
    house = await build(toy_type(Platform()), start=False)
    await house.channel()
    await house.set_channel(hold_reason="credential_invalid", hold_until=1)
    await house.post("email:waits@ex.com")
    await house.post("email:over@ex.com")
    waits, over = await house.deliveries()
    later = {"state": "held", "reason": "credential_invalid", "due": waits.expires}
    await _put(house, waits.id, **later)
    await _put(house, over.id, expires=2)
    house.start()
    await house.until_over()
    assert [row.state for row in await house.deliveries()] == ["sent", "expired"]


async def test_a_call_given_up_before_its_turn_gives_back_what_it_was_to_use(build: Build) -> None:
    house = await build(toy_type(Platform()))
    key = await house.channel()
    tools = house.core.lanes.tools
    await house.post("email:a@ex.com")
    await house.until_over()
    for _ in range(tools.slots.total):
        await tools.slots.take("others")
    await house.post("email:a@ex.com")

    async def waits() -> bool:
        live = tools.connections.known("acme", "toy")
        return live is not None and live.calls.tally.planned == 1

    await house.until(waits)
    sender = house.core.lanes.owners[shard_of(key)].lanes[key].sender
    sender.abandon()
    await sender.landed()
    live = await tools.connections.live("acme", "toy")
    assert live.calls.tally.planned == 0


async def _put(house: House, name: str, **values: object) -> None:
    mine = delivery.update().where(delivery.c.id == name)
    await house.core.store.write(lambda c: c.execute(mine.values(values)))


async def test_rate_limited_waits_spend_no_attempt(build: Build) -> None:
    limited = RateLimitedError("slow down", retry_after=timedelta(milliseconds=50))
    platform = Platform(misdeed=raising(lambda: limited, times=2))
    house = await build(toy_type(platform))
    await house.channel()
    await house.post("email:a@ex.com")
    await house.until_over()
    [row] = await house.deliveries()
    assert (row.state, row.attempts) == ("sent", 1)
    assert len(await house.attempts()) == 3


async def test_an_exhausted_quota_holds_until_it_resets(build: Build) -> None:
    resets = datetime.now(UTC) + timedelta(days=3)
    platform = Platform(misdeed=raising(lambda: QuotaExhaustedError("used up", resets_at=resets)))
    house = await build(toy_type(platform))
    await house.channel()
    await house.post("email:a@ex.com")
    await house.until(lambda: state_is(house, "held", 1))
    [row] = await house.deliveries()
    assert row.reason == "quota_exhausted"


async def test_five_failures_in_a_row_open_the_circuit(build: Build) -> None:
    platform = Platform(misdeed=raising(lambda: TemporaryError("503")))
    house = await build(toy_type(platform))
    await house.channel()
    await house.post(*(f"email:p{n}@ex.com" for n in range(60)))
    await house.until(lambda: some_held(house, "circuit_open"))
    await asyncio.sleep(0.2)
    tried = {row.delivery for row in await house.attempts()}
    assert 5 <= len(tried) < 60


async def circuit_after(house: House, answer: DeliveryError) -> bool:
    """Tell whether an open circuit still holds the channel after its probe got this answer."""
    standings, tools = house.core.lanes.tools.standings, house.core.lanes.tools
    live = await house.core.connections.live("acme", "toy")
    for _ in range(5):
        await standings.saw(live, [TemporaryError("503")], tools.now())
    hold = standings.held(live, tools.now())
    assert hold is not None
    await standings.saw(live, [answer], hold.until + 1)
    return standings.held(live, hold.until + 2) is not None


@pytest.mark.parametrize(
    "answer",
    [
        RecipientError("no such person"),
        ContentError("too large"),
        RateLimitedError("not so fast", retry_after=timedelta(seconds=1), scope="recipient"),
    ],
)
async def test_a_probe_that_the_platform_took_seriously_closes_the_circuit(
    build: Build, answer: DeliveryError
) -> None:
    house = await build(toy_type(Platform()))
    await house.channel()
    assert not await circuit_after(house, answer)


@pytest.mark.parametrize(
    "answer",
    [
        TemporaryError("503"),
        RateLimitedError("busy", retry_after=timedelta(seconds=1)),
    ],
)
async def test_a_probe_that_the_platform_turned_away_leaves_the_circuit_open(
    build: Build, answer: DeliveryError
) -> None:
    house = await build(toy_type(Platform()))
    await house.channel()
    assert await circuit_after(house, answer)
