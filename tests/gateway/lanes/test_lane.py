"""What a lane does with due rows, against a platform that behaves and one that does not."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from gateway.directory import Directory, UserBody
from gateway.errors import (
    ChannelGoneError,
    ContentError,
    CredentialError,
    RecipientError,
    ScopeMissingError,
    TemporaryError,
    UncertainError,
)
from gateway.models import Identity, Receipt
from gateway.plugin import Limits, hookimpl
from gateway.problems import ProblemError
from gateway.store.audit import By
from gateway.store.window import take_shards
from tests.gateway.lanes.conftest import Build
from tests.gateway.lanes.leaping import LeapingClock
from tests.gateway.lanes.seen import (
    count,
    count_of,
    flying,
    raising,
    running,
    same_shard,
)
from tests.gateway.lanes.toy import Platform, toy_type


async def test_a_notification_reaches_the_platform_with_its_attempt(build: Build) -> None:
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


async def test_equal_cards_leave_in_full_batches(build: Build) -> None:
    platform = Platform()
    house = await build(toy_type(platform, bulk=True))
    await house.channel()
    await house.post(*(f"email:p{n}@ex.com" for n in range(100)))
    await house.until_over()
    assert [len(batch) for batch in platform.batches] == [20] * 5
    assert platform.lookups == [50, 50]


async def test_a_second_notification_needs_no_look_up(build: Build) -> None:
    platform = Platform()
    house = await build(toy_type(platform, bulk=True))
    await house.channel()
    await house.post("email:a@ex.com")
    await house.until_over()
    await house.post("email:a@ex.com", title="Again")
    await house.until_over()
    assert platform.lookups == [1]
    assert len(platform.sends) == 2


async def test_cards_with_callbacks_go_one_by_one(build: Build) -> None:
    platform = Platform()
    house = await build(toy_type(platform, bulk=True))
    await house.channel()
    card = {"title": "Approve?", "actions": [{"id": "ok", "label": "OK", "kind": "callback"}]}
    await house.post("email:a@ex.com", "email:b@ex.com", card=card)
    await house.until_over()
    assert len(platform.sends) == 2
    assert platform.batches == []


async def test_one_unknown_person_does_not_stop_the_others(build: Build) -> None:
    platform = Platform(unknown={"b@ex.com"})
    house = await build(toy_type(platform, bulk=True))
    await house.channel()
    await house.post("email:a@ex.com", "email:b@ex.com", "email:c@ex.com")
    await house.until_over()
    states = {row.recipient: (row.state, row.reason) for row in await house.deliveries()}
    assert states["email:b@ex.com"] == ("failed", "not_bound")
    assert states["email:a@ex.com"] == states["email:c@ex.com"] == ("sent", None)


async def test_a_miss_is_remembered(build: Build) -> None:
    platform = Platform(unknown={"b@ex.com"})
    house = await build(toy_type(platform))
    await house.channel()
    for _ in range(3):
        await house.post("email:b@ex.com")
        await house.until_over()
    assert len(platform.lookups) == 1
    assert {row.reason for row in await house.deliveries()} == {"not_bound"}


@pytest.mark.parametrize(
    ("make", "state", "reason", "error"),
    [
        (lambda: ContentError("too large"), "failed", "content_rejected", "content"),
        (lambda: RecipientError("no"), "failed", "recipient_rejected", "recipient"),
        (lambda: RecipientError("left", gone=True), "failed", "unreachable", "recipient"),
        (lambda: TemporaryError("503"), "queued", None, "temporary"),
        (lambda: UncertainError("reset"), "queued", None, "uncertain"),
        (lambda: CredentialError("no"), "held", "credential_invalid", "credential"),
        (lambda: ScopeMissingError("no"), "held", "permission_missing", "scope_missing"),
        (lambda: ChannelGoneError("410"), "held", "channel_disabled", "channel_gone"),
        (lambda: KeyError("bug"), "queued", None, "plugin_error"),
        (lambda: SystemExit(3), "queued", None, "plugin_error"),
        (lambda: RecursionError("deep"), "queued", None, "plugin_error"),
    ],
)
async def test_each_error_leads_to_its_state(
    build: Build, make: Callable[[], BaseException], state: str, reason: str | None, error: str
) -> None:
    platform = Platform(misdeed=raising(make))
    house = await build(toy_type(platform))
    await house.channel()
    await house.post("email:a@ex.com")

    async def tried() -> bool:
        return len(await house.attempts()) == 1

    await house.until(tried)
    [row] = await house.deliveries()
    [attempt] = await house.attempts()
    assert (row.state, row.reason, attempt.error) == (state, reason, error)
    assert row.maybe_duplicate == (error in {"uncertain", "plugin_error"})


async def test_a_plugin_that_returns_garbage_is_a_plugin_error(build: Build) -> None:
    async def garbage(to: Identity) -> Receipt:
        return "sent"  # type: ignore[return-value]  # the misdeed under test

    house = await build(toy_type(Platform(misdeed=garbage)))
    await house.channel()
    await house.post("email:a@ex.com")

    async def tried() -> bool:
        return len(await house.attempts()) == 1

    await house.until(tried)
    [attempt] = await house.attempts()
    assert attempt.error == "plugin_error"


async def test_a_disabled_channel_sends_nothing_once_disable_has_answered(build: Build) -> None:
    platform = Platform()
    gate = asyncio.Event()

    async def slow(to: Identity) -> None:
        await gate.wait()

    platform.misdeed = slow
    house = await build(toy_type(platform))
    await house.channel()
    for n in range(40):
        await house.post(f"email:p{n}@ex.com")
    await asyncio.sleep(0.2)
    disabling = asyncio.create_task(house.set_channel(enabled=False))
    await asyncio.sleep(0.05)
    assert not disabling.done()
    gate.set()
    await disabling
    sent = len(platform.sends)
    await asyncio.sleep(0.3)
    assert len(platform.sends) == sent < 40
    await house.set_channel(enabled=True)
    await house.until_over()
    assert len(platform.sends) == 40


async def test_a_canceled_notification_is_not_sent(build: Build) -> None:
    platform = Platform()
    gate = asyncio.Event()

    async def slow(to: Identity) -> None:
        await gate.wait()

    platform.misdeed = slow
    house = await build(toy_type(platform))
    await house.channel(limits={"calls_per_second": 1})
    first = await house.post("email:first@ex.com")
    await house.until(lambda: flying(house))
    second = await house.post("email:second@ex.com")
    assert await house.core.router.cancel("acme", second) == 1
    with pytest.raises(ProblemError, match="Nothing is left"):
        await house.core.router.cancel("acme", first)
    gate.set()
    await house.until_over()
    states = {row.recipient: row.state for row in await house.deliveries()}
    assert states == {"email:first@ex.com": "sent", "email:second@ex.com": "canceled"}
    assert [to for to, _, _ in platform.sends] == ["p-first@ex.com"]


async def test_urgent_deliveries_go_first(build: Build) -> None:
    platform = Platform()
    house = await build(toy_type(platform), start=False)
    await house.channel(limits={"calls_per_second": 2})
    for n in range(4):
        await house.post(f"email:n{n}@ex.com", priority="low")
    await house.post("email:u@ex.com", priority="urgent")
    house.start()
    await house.until_over()
    assert platform.sends[0][0] == "p-u@ex.com"


async def test_a_scheduled_notification_waits_for_its_time(build: Build) -> None:
    platform, clock = Platform(), LeapingClock()
    house = await build(toy_type(platform), clock=clock)
    await house.channel()
    at = clock.now() + timedelta(hours=1)
    await house.post("email:a@ex.com", send_at=at.isoformat())
    [row] = await house.deliveries()
    assert (row.state, row.reason) == ("held", "scheduled")
    clock.leap(minutes=59, seconds=59)
    await house.until_over()
    assert platform.at[0] >= at.timestamp()


async def test_what_cannot_be_sent_in_time_expires(build: Build) -> None:
    platform = Platform(misdeed=raising(lambda: TemporaryError("503")))
    house = await build(toy_type(platform))
    await house.channel()
    ends = datetime.now(UTC) + timedelta(seconds=0.6)
    await house.post("email:a@ex.com", expires_at=ends.isoformat())
    await house.until_over()
    [row] = await house.deliveries()
    assert (row.state, row.reason) == ("expired", "expired")


async def test_the_pace_is_never_exceeded_in_any_second(build: Build) -> None:
    platform = Platform()
    house = await build(toy_type(platform, limits=Limits(calls_per_second=20)))
    await house.channel()
    for n in range(50):
        await house.post(f"email:p{n}@ex.com", title=f"t{n}")
    await house.until_over()
    times = sorted(platform.at)
    assert all(later - earlier > 1.0 for earlier, later in zip(times, times[20:], strict=False))


async def test_nobody_is_called_faster_than_the_platform_allows_for_one_person(
    build: Build,
) -> None:
    platform = Platform()
    house = await build(toy_type(platform, limits=Limits(recipient_calls_per_second=5)))
    await house.channel()
    for n in range(12):
        await house.post("email:a@ex.com", title=f"t{n}")
    await house.post("email:b@ex.com")
    await house.until_over()
    to_a = sorted(
        at for at, (to, _, _) in zip(platform.at, platform.sends, strict=True) if to == "p-a@ex.com"
    )
    assert all(later - earlier > 1.0 for earlier, later in zip(to_a, to_a[5:], strict=False))


async def test_raised_limits_count_at_once(build: Build) -> None:
    platform = Platform()
    house = await build(toy_type(platform))
    await house.channel(limits={"calls_per_minute": 2})
    for n in range(6):
        await house.post("email:a@ex.com", title=f"t{n}")
    await house.until(lambda: count(platform, 2))
    await house.set_channel(limits={"calls_per_minute": 100}, version=2)
    await house.until_over()
    assert len(platform.sends) == 6


async def test_a_hanging_lane_does_not_stop_its_neighbour(build: Build) -> None:
    hanging, healthy = Platform(), Platform()
    forever = asyncio.Event()

    async def hang(to: Identity) -> None:
        await forever.wait()

    hanging.misdeed = hang
    house = await build(toy_type(hanging, "bad"), toy_type(healthy, "good"))
    bad = await house.channel("bad", "bad")
    await house.channel("good", "good", lane=same_shard(bad))
    await house.post(*(f"email:p{n}@ex.com" for n in range(50)))
    await house.until(lambda: count(healthy, 50))
    assert hanging.sends == []
    forever.set()
    await house.until_over()


async def test_a_restart_after_a_kill_flags_what_may_have_been_sent(build: Build) -> None:
    platform = Platform()
    house = await build(toy_type(platform), start=False)
    await house.channel()
    await house.post("email:a@ex.com")
    # Somebody owned every shard and never left cleanly.
    await house.core.store.write(lambda c: take_shards(c, range(64)))
    house.start()
    await house.until_over()
    [row] = await house.deliveries()
    assert (row.state, row.maybe_duplicate) == ("sent", True)


async def test_a_clean_restart_flags_nothing(build: Build) -> None:
    platform = Platform()
    house = await build(toy_type(platform))
    await house.channel()
    await house.until(lambda: running(house))
    await house.stop()
    await house.post("email:a@ex.com")
    house.start()
    await house.until_over()
    [row] = await house.deliveries()
    assert (row.state, row.maybe_duplicate) == ("sent", False)


async def test_observers_hear_how_each_delivery_ended(build: Build) -> None:
    heard = []

    class Observer:
        @hookimpl
        def delivery_finished(self, delivery_id: str, outcome: object) -> None:
            heard.append((delivery_id, outcome))

    class Broken:
        @hookimpl
        def delivery_finished(self, delivery_id: str, outcome: object) -> None:
            raise ValueError("mine")

    house = await build(toy_type(Platform()), hooks=(Broken(), Observer()))
    await house.channel()
    await house.post("email:a@ex.com")
    await house.until_over()
    await house.until(lambda: count_of(heard, 1))
    [row] = await house.deliveries()
    assert heard[0][0] == row.id
    assert isinstance(heard[0][1], Receipt)


async def test_people_whom_a_card_mentions_are_known_to_the_platform(build: Build) -> None:
    platform = Platform()
    house = await build(toy_type(platform))
    await house.channel()
    await house.user("li.wei", email="li@ex.com")
    await house.user("nobody")
    platform.unknown.add("nobody")
    block = {"type": "mention", "users": ["user:li.wei", "user:nobody"]}
    card = {"title": "Hi", "blocks": [block]}
    await house.post("email:a@ex.com", card=card)
    await house.until_over()
    assert platform.mentions == [{"user:li.wei": "p-li.wei"}]


async def test_a_user_named_by_their_address_is_the_user(build: Build) -> None:
    platform = Platform()
    house = await build(toy_type(platform))
    await house.channel()
    await house.user("li.wei", email="li@ex.com")
    await house.post("email:li@ex.com", "user:li.wei")
    await house.until_over()
    [row] = await house.deliveries()
    assert (row.recipient, row.state) == ("user:li.wei", "sent")


async def test_a_corrected_address_is_looked_up_at_once(build: Build) -> None:
    platform = Platform(unknown={"li.wei"})
    house = await build(toy_type(platform))
    await house.channel()
    directory = Directory(house.core.store, house.core.registry)
    by = By("owner", "acme", house.core.clock.now())
    await directory.put_user(by, "li.wei", UserBody(email="wrong@ex.com"))
    await house.post("user:li.wei")
    await house.until_over()
    platform.unknown.clear()
    await directory.put_user(by, "li.wei", UserBody(email="right@ex.com"))
    await house.post("user:li.wei", title="Again")
    await house.until_over()
    assert [row.state for row in await house.deliveries()] == ["failed", "sent"]
