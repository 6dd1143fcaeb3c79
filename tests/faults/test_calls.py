"""How many calls a platform sees for a thousand people, and how fast: counted by the platform."""

from collections import deque
from pathlib import Path
from typing import Any

import pytest

from tests.faults.stage import (
    BATCH,
    LOOK_UP,
    MESSAGES,
    TOKEN,
    Api,
    Platform,
    api_of,
    email,
    gateway,
    house,
    platform,
    until,
)

PEOPLE = [email(number) for number in range(1, 1001)]
BUTTON: dict[str, Any] = {
    "title": "Approve?",
    "actions": [{"id": "approve", "label": "Approve", "kind": "callback"}],
}
# Platform calls per second and minute, which the channel takes from its type by default.
A_SECOND = 50


async def sent(api: Api, lark: Platform, more: dict[str, Any]) -> dict[str, int]:
    """Notify everybody and return the calls that took."""
    lark.emulator.reset_counts()
    posted = await api.notify(*PEOPLE, **more)

    async def over() -> bool:
        found = await api.call("GET", f"/v1/notifications/{posted['id']}")
        return bool(found["status"] == "completed")

    await until(over, 60, every=0.2)
    assert not lark.emulator.rejections
    return {path: lark.calls(path) for path in (TOKEN, LOOK_UP, BATCH, MESSAGES)}


@pytest.mark.faults
async def test_a_card_without_buttons_for_1000_people_takes_26_calls_and_then_5(
    sqlite_url: str,
) -> None:
    async with platform(enforce_limits=False) as lark, house(sqlite_url) as home:
        lark.emulator.add_people(1000)
        await home.api.prepare(lark)
        cold = await sent(home.api, lark, {"title": "Cold"})
        assert cold == {TOKEN: 1, LOOK_UP: 20, BATCH: 5, MESSAGES: 0}
        assert sum(lark.emulator.calls.values()) == 26
        warm = await sent(home.api, lark, {"title": "Warm"})
        assert warm == {TOKEN: 0, LOOK_UP: 0, BATCH: 5, MESSAGES: 0}
        assert sum(lark.emulator.calls.values()) == 5


@pytest.mark.faults
async def test_a_card_with_a_button_for_1000_people_takes_1021_calls_and_then_1000(
    sqlite_url: str,
) -> None:
    async with platform(enforce_limits=False) as lark, house(sqlite_url) as home:
        lark.emulator.add_people(1000)
        await home.api.prepare(lark)
        cold = await sent(home.api, lark, {"card": BUTTON})
        assert cold == {TOKEN: 1, LOOK_UP: 20, BATCH: 0, MESSAGES: 1000}
        assert sum(lark.emulator.calls.values()) == 1021
        warm = await sent(home.api, lark, {"card": BUTTON})
        assert warm == {TOKEN: 0, LOOK_UP: 0, BATCH: 0, MESSAGES: 1000}
        assert sum(lark.emulator.calls.values()) == 1000
        assert lark.repeated == {}


@pytest.mark.faults
@pytest.mark.alone
async def test_the_default_pace_is_nearly_all_that_the_platform_permits(tmp_path: Path) -> None:
    async with platform() as lark, gateway(tmp_path) as served, api_of(served.url) as api:
        lark.emulator.add_people(150)
        await api.prepare(lark, calls_per_second=50, calls_per_minute=1000)
        posted = await api.notify(*PEOPLE[:150], card=BUTTON)

        async def over() -> bool:
            found = await api.call("GET", f"/v1/notifications/{posted['id']}")
            return bool(found["status"] == "completed")

        await until(over, 30, every=0.2)
        assert not lark.emulator.rejections
        times = [each.time for each in lark.emulator.calls_log if each.key == f"POST {MESSAGES}"]
    assert len(times) == 150
    assert busiest(times) <= A_SECOND
    taken = times[-1] - times[0]
    permitted = 1 + taken * A_SECOND + A_SECOND  # a full bucket at the start, then its rate
    print(f"\n150 sends in {taken:.2f} s, {len(times) / permitted:.0%} of what is permitted")  # noqa: T201
    assert len(times) >= 0.9 * min(permitted, 150 + A_SECOND)


def busiest(times: list[float]) -> int:
    """Return the most calls in any one second."""
    window: deque[float] = deque()
    most = 0
    for time in sorted(times):
        window.append(time)
        while window[0] <= time - 1:
            window.popleft()
        most = max(most, len(window))
    return most
