"""`routing.first`: one channel after the other, until one delivers."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from gateway.errors import (
    ChannelGoneError,
    ContentError,
    CredentialError,
    QuotaExhaustedError,
    RateLimitedError,
    RecipientError,
    TemporaryError,
)
from gateway.store.history import roll_up, settled_states
from tests.gateway.lanes.changeable import Board, Updatable, board_type
from tests.gateway.lanes.conftest import Build, House
from tests.gateway.lanes.seen import raising
from tests.gateway.lanes.test_changing import hurry
from tests.gateway.lanes.toy import Platform, toy_type

FIRST = {"method": "first", "channels": ["toy", "second", "third"]}
TO = "email:a@ex.com"
LATER = datetime(2099, 1, 1, tzinfo=UTC)


async def three(build: Build, *platforms: Platform) -> House:
    names = ("toy", "second", "third")
    kinds = [toy_type(one, name) for one, name in zip(platforms, names, strict=True)]
    house = await build(*kinds)
    for name in names:
        await house.channel(name, name)
    return house


async def states(house: House) -> dict[str, tuple[str, str | None]]:
    return {row.channel: (row.state, row.reason) for row in await house.deliveries()}


async def status(house: House, notification: str) -> str:
    found = await house.core.store.read(lambda c: settled_states(c, [notification]))
    return roll_up(found[notification])


async def test_the_first_channel_alone_is_used_where_it_delivers(build: Build) -> None:
    platforms = Platform(), Platform(), Platform()
    house = await three(build, *platforms)
    ntf = await house.post(TO, routing=FIRST)
    await house.until_over()
    assert await states(house) == {"toy": ("sent", None)}
    assert await status(house, ntf) == "completed"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (RecipientError("no"), "recipient_rejected"),
        (RecipientError("left", gone=True), "unreachable"),
        (ContentError("too large"), "content_rejected"),
        (CredentialError("revoked"), "credential_invalid"),
        (ChannelGoneError("410"), "channel_disabled"),
        (QuotaExhaustedError("spent", resets_at=LATER), "quota_exhausted"),
    ],
)
async def test_the_next_one_takes_over_what_a_channel_cannot_deliver(
    build: Build, error: Exception, reason: str
) -> None:
    first, second = Platform(misdeed=raising(lambda: error)), Platform()
    house = await three(build, first, second, Platform())
    ntf = await house.post(TO, routing=FIRST)
    await house.until_over()
    assert await states(house) == {"toy": ("failed", reason), "second": ("sent", None)}
    failed, sent = sorted(await house.deliveries(), key=lambda row: row.channel, reverse=True)
    assert (failed.carried_by, sent.fallback) == (sent.id, ["third"])
    assert await status(house, ntf) == "completed"


async def test_somebody_unknown_on_one_platform_is_reached_on_the_last(build: Build) -> None:
    platforms = Platform(unknown={"a@ex.com"}), Platform(unknown={"a@ex.com"}), Platform()
    house = await three(build, *platforms)
    ntf = await house.post(TO, routing=FIRST)
    await house.until_over()
    assert await states(house) == {
        "toy": ("failed", "not_bound"),
        "second": ("failed", "not_bound"),
        "third": ("sent", None),
    }
    assert await status(house, ntf) == "completed"


async def test_where_none_can_the_notification_failed(build: Build) -> None:
    platforms = [Platform(unknown={"a@ex.com"}) for _ in range(3)]
    house = await three(build, *platforms)
    ntf = await house.post(TO, routing=FIRST)
    await house.until_over()
    assert {state for state, _ in (await states(house)).values()} == {"failed"}
    assert await status(house, ntf) == "failed"


async def test_a_disabled_channel_is_passed_over_and_says_so(build: Build) -> None:
    platforms = Platform(), Platform(unknown={"a@ex.com"}), Platform()
    house = await three(build, *platforms)
    await house.set_channel("toy", enabled=False)
    ntf = await house.post(TO, routing=FIRST)
    await house.until_over()
    assert await states(house) == {
        "toy": ("suppressed", "channel_disabled"),
        "second": ("failed", "not_bound"),
        "third": ("sent", None),
    }
    assert await status(house, ntf) == "completed"


async def test_one_that_is_disabled_later_is_passed_over_then(build: Build) -> None:
    platforms = Platform(unknown={"a@ex.com"}), Platform(), Platform()
    house = await build(
        *(toy_type(p, n) for p, n in zip(platforms, ("toy", "second", "third"), strict=True)),
        start=False,
    )
    for name in ("toy", "second", "third"):
        await house.channel(name, name)
    await house.post(TO, routing=FIRST)
    await house.set_channel("second", enabled=False)
    house.start()
    await house.until_over()
    assert await states(house) == {
        "toy": ("failed", "not_bound"),
        "second": ("suppressed", "channel_disabled"),
        "third": ("sent", None),
    }


async def test_a_channel_that_merely_waits_keeps_what_no_other_can_take(build: Build) -> None:
    first = Platform(misdeed=raising(lambda: CredentialError("revoked"), 1))
    house = await build(toy_type(first), toy_type(Platform(), "second"), start=False)
    await house.channel()
    await house.channel("second", "second", enabled=False)
    await house.post(TO, routing={"method": "first", "channels": ["toy", "second"]})
    house.start()

    async def waits() -> bool:
        return (await states(house))["toy"] == ("held", "credential_invalid")

    await house.until(waits)
    await house.set_channel(hold_reason=None, hold_until=None, version=2)
    await house.until_over()
    assert (await states(house))["toy"] == ("sent", None)


async def test_a_platform_that_fails_is_passed_over_after_four_attempts(build: Build) -> None:
    house = await three(
        build, Platform(misdeed=raising(lambda: TemporaryError("503"))), Platform(), Platform()
    )
    await house.post(TO, routing=FIRST)
    for number in (1, 2, 3):

        async def tried(wanted: int = number) -> bool:
            return len(await house.attempts()) >= wanted

        await house.until(tried)
        await hurry(house)
    await house.until_over()
    assert await states(house) == {"toy": ("failed", "provider_error"), "second": ("sent", None)}


async def test_a_platform_that_asks_to_slow_down_is_waited_for(build: Build) -> None:
    first = Platform(misdeed=raising(lambda: RateLimitedError("slowly"), 1))
    house = await three(build, first, Platform(), Platform())
    await house.post(TO, routing=FIRST)
    await house.until_over()
    assert await states(house) == {"toy": ("sent", None)}


async def test_each_person_falls_back_alone(build: Build) -> None:
    house = await three(build, Platform(unknown={"a@ex.com"}), Platform(), Platform())
    await house.post(TO, "email:b@ex.com", routing=FIRST)
    await house.until_over()
    rows = {(row.recipient, row.channel): row.state for row in await house.deliveries()}
    assert rows == {
        (TO, "toy"): "failed",
        (TO, "second"): "sent",
        ("email:b@ex.com", "toy"): "sent",
    }


async def test_cards_collapse_on_the_channel_that_delivers(build: Build) -> None:
    board = Board()
    house = await build(
        toy_type(Platform(unknown={"a@ex.com"})), board_type(board, "second", Updatable)
    )
    await house.channel()
    await house.channel("second", "second")
    for title in ("One", "Two"):
        await house.post(
            TO,
            title=title,
            collapse_key="k",
            routing={"method": "first", "channels": ["toy", "second"]},
        )
        await house.until_over()
    assert board.shown == {"m-1": ["One", "Two"]}


async def test_a_fallback_is_written_with_its_ack_or_not_at_all(build: Build) -> None:
    house = await three(build, Platform(unknown={"a@ex.com"}), Platform(), Platform())
    await house.post(TO, routing=FIRST)
    await house.until_over()
    orphans = await house.core.store.read(
        lambda c: c.execute(
            sa.text("SELECT count(*) FROM delivery WHERE state = 'failed' AND carried_by IS NULL")
        ).scalar()
    )
    assert orphans == 0
