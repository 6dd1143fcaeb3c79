"""Wrong, corrected and expired credentials, and the switch that stops a channel."""

import asyncio
from typing import Any

import pytest

from tests.faults.stage import (
    LOOK_UP,
    MESSAGES,
    TENANT,
    TOKEN,
    UNLIMITED,
    Api,
    Platform,
    email,
    house,
    platform,
    until,
)

CHANNEL = f"/v1/tenants/{TENANT}/channels/lark"


async def put_secret(api: Api, lark: Platform, secret: str) -> None:
    config = {**lark.config, "app_secret": secret}
    await api.call("PUT", CHANNEL, {"type": "lark", "config": config, "limits": UNLIMITED})


async def posted(api: Api, count: int, **more: object) -> list[str]:
    """Post so many at once and return their deliveries."""
    answers = await asyncio.gather(
        *(api.notify(email(n + 1), title=f"Card {n}", **more) for n in range(count))
    )
    return [answer["deliveries"][0]["id"] for answer in answers]


async def all_in(api: Api, state: str, count: int) -> None:
    async def there() -> bool:
        return len(await api.deliveries(state=state)) == count

    await until(there, 30)


async def test_a_wrong_secret_costs_one_call_and_holds_what_waits(sqlite_url: str) -> None:
    async with platform() as lark, house(sqlite_url) as home:
        lark.emulator.add_people(40)
        await home.api.prepare(lark)
        await put_secret(home.api, lark, "wrong")
        [first] = await posted(home.api, 1)
        await home.api.until(first, "held")
        assert lark.calls(TOKEN) == 1
        await posted(home.api, 40)
        await all_in(home.api, "held", 41)
        await asyncio.sleep(2)
        assert lark.calls(TOKEN) == 1
        assert lark.calls(LOOK_UP) == lark.calls(MESSAGES) == 0
        found = await home.api.delivery(first)
        assert found["reason"] == "credential_invalid"
        assert found["attempt_count"] == 0
        assert [each["error"] for each in found["attempts"]] == ["credential"]
        shown: dict[str, Any] = await home.api.call("GET", CHANNEL)
        assert "credential_invalid" in str(shown)


async def test_a_corrected_secret_sends_what_was_held_within_seconds(sqlite_url: str) -> None:
    async with platform(enforce_limits=False) as lark, house(sqlite_url) as home:
        lark.emulator.add_people(40)
        await home.api.prepare(lark)
        await put_secret(home.api, lark, "wrong")
        await posted(home.api, 40)
        await all_in(home.api, "held", 40)
        await put_secret(home.api, lark, lark.config["app_secret"])
        await all_in(home.api, "sent", 40)
        assert lark.emulator.duplicates() == []


@pytest.mark.parametrize(
    "turn", [3, *(pytest.param(turn, marks=pytest.mark.faults) for turn in (0, 1, 2, 4))]
)
async def test_nothing_is_held_for_a_reason_that_has_just_ended(sqlite_url: str, turn: int) -> None:
    async with platform(enforce_limits=False) as lark, house(sqlite_url) as home:
        lark.emulator.add_people(60)
        await home.api.prepare(lark)
        await put_secret(home.api, lark, "wrong")
        await posted(home.api, 5)
        await all_in(home.api, "held", 5)
        posting = asyncio.gather(*(late(home.api, n) for n in range(60)))
        await asyncio.sleep(0.1 + 0.05 * turn)
        await put_secret(home.api, lark, lark.config["app_secret"])
        await posting
        await all_in(home.api, "sent", 65)


async def late(api: Api, number: int) -> None:
    await asyncio.sleep(number * 0.01)
    await api.notify(email(number + 1), title=f"Late {number}")


@pytest.mark.faults
async def test_disable_answers_only_when_nothing_is_in_the_air(sqlite_url: str) -> None:
    async with platform(enforce_limits=False, latency=0.3) as lark, house(sqlite_url) as home:
        lark.emulator.add_people(100)
        await home.api.prepare(lark)
        await posted(home.api, 100)
        await until(lambda: some(lark), 10)
        await home.api.call("POST", f"{CHANNEL}/disable")
        at_the_answer = sum(lark.emulator.calls.values())
        assert len(lark.emulator.messages) == lark.calls(MESSAGES)
        await asyncio.sleep(1)
        assert sum(lark.emulator.calls.values()) == at_the_answer
        assert at_the_answer < 100
        await home.api.call("POST", f"{CHANNEL}/enable")
        await all_in(home.api, "sent", 100)
        assert lark.emulator.duplicates() == []


async def some(lark: Platform) -> bool:
    return lark.calls(MESSAGES) >= 5


@pytest.mark.faults
async def test_a_token_that_expires_under_200_sends_is_fetched_once(sqlite_url: str) -> None:
    async with platform(enforce_limits=False) as lark, house(sqlite_url, concurrency=1024) as home:
        lark.emulator.add_people(200)
        await home.api.prepare(lark)
        await posted(home.api, 200)
        await all_in(home.api, "sent", 200)
        assert lark.calls(TOKEN) == 1
        lark.emulator.tokens.clear()
        await posted(home.api, 200)
        await all_in(home.api, "sent", 400)
        assert lark.calls(TOKEN) == 2
        assert {each["maybe_duplicate"] for each in await home.api.deliveries()} == {False}


async def test_64_cold_notifications_share_one_token(sqlite_url: str) -> None:
    async with platform(enforce_limits=False) as lark, house(sqlite_url) as home:
        lark.emulator.add_people(64)
        await home.api.prepare(lark)
        await posted(home.api, 64)
        await all_in(home.api, "sent", 64)
        assert lark.calls(TOKEN) == 1
