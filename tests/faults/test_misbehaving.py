"""Plugins that misbehave beside a good one: it goes on at its pace, and each ends as it should."""

import asyncio
import contextlib
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from gateway.registry import GROUP, Registry, load
from gateway.testing import CapturingLog
from tests.faults.stage import TENANT, UNLIMITED, Api, api_of, email, gateway, house, until
from tests.faults.toy_plugins import AT_IMPORT, MISBEHAVING, install

GOOD = 1500
BAD = 30
ROUNDS = 3
LEAST_RATIO = 0.8
FACTOR = 400  # five retries of a misbehaving plugin are within three quarters of an hour


async def prepare(api: Api, *types: str) -> None:
    await api.call("PUT", f"/v1/tenants/{TENANT}", {"name": "Acme"})
    for name in types:
        path = f"/v1/tenants/{TENANT}/channels/{name}"
        await api.call("PUT", path, {"type": name, "config": {}, "limits": UNLIMITED})
        await api.call("POST", f"{path}/enable")


async def post(api: Api, channel: str, people: int, **more: object) -> str:
    to = [email(number) for number in range(people)]
    posted = await api.notify(*to, title=channel, routing={"channels": [channel]}, **more)
    return str(posted["id"])


async def over(api: Api, notification: str, seconds: float = 60.0) -> None:
    async def ended() -> bool:
        found = await api.call("GET", f"/v1/notifications/{notification}")
        return bool(found["status"] != "accepted" and not found["counts"].get("queued"))

    await until(ended, seconds, every=0.02)


async def timed(api: Api, *, beside: tuple[str, ...] = ()) -> float:
    """Return the seconds that the good plugin's deliveries took, with the bad ones beside them."""
    await asyncio.gather(*(post(api, name, BAD) for name in beside))
    started = time.monotonic()
    await over(api, await post(api, "good", GOOD))
    return time.monotonic() - started


@pytest.mark.faults
@pytest.mark.alone
@pytest.mark.timeout(240)
async def test_a_good_plugin_keeps_its_pace_beside_misbehaving_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [str(install(tmp_path / "toys")), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    (tmp_path / "alone").mkdir()
    (tmp_path / "beside").mkdir()
    async with (
        gateway(tmp_path / "alone", plugins="good") as quiet,
        gateway(tmp_path / "beside", probe="/healthz") as loud,
        api_of(quiet.url) as alone,
        api_of(loud.url) as beside,
    ):
        await prepare(alone, "good")
        await prepare(beside, "good", *MISBEHAVING)
        await over(alone, await post(alone, "good", 20))
        await over(beside, await post(beside, "good", 20))
        pairs = [
            (await timed(alone), await timed(beside, beside=MISBEHAVING)) for _ in range(ROUNDS)
        ]
        ratio = min(one for one, _ in pairs) / min(other for _, other in pairs)
        print(f"\nbeside {len(MISBEHAVING)} misbehaving plugins: {ratio:.2f} of its pace alone")  # noqa: T201
        print([f"{one:.2f} s / {other:.2f} s" for one, other in pairs])  # noqa: T201
        found = await beside.deliveries(channel="good")
        assert Counter(each["state"] for each in found) == {"sent": GOOD * ROUNDS + 20}
        assert not any(each["maybe_duplicate"] for each in found)
        assert ratio >= LEAST_RATIO
        ready = (await beside.http.get("/readyz")).json()
        assert [name for name in AT_IMPORT if name not in str(ready)] == []


class TimeLapse:
    """A clock that runs faster than the machine's."""

    def __init__(self) -> None:
        self.began = datetime.now(UTC)
        self.zero = time.monotonic()

    def now(self) -> datetime:
        return self.began + timedelta(seconds=(time.monotonic() - self.zero) * FACTOR)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / FACTOR)


@contextlib.contextmanager
def installed(folder: Path) -> Iterator[Registry]:
    """Load the toys, and nothing else, in this process."""
    sys.path.insert(0, str(install(folder)))
    try:
        points = [point for point in entry_points(group=GROUP) if point.value.startswith("toy_")]
        yield load(CapturingLog(), points=points)
    finally:
        sys.path.remove(str(folder))
        for name in [name for name in sys.modules if name.startswith("toy_")]:
            del sys.modules[name]


ENDINGS: dict[str, tuple[str, str | None]] = {
    "good": ("sent", None),
    "hangs": ("expired", "expired"),
    "exits": ("failed", "plugin_error"),
    "garbage": ("failed", "plugin_error"),
    "mutates": ("sent", None),
    "exits-rendering": ("failed", "plugin_error"),
    "renders-garbage": ("failed", "plugin_error"),
}


@pytest.mark.faults
async def test_each_misdeed_ends_with_its_reason(tmp_path: Path, sqlite_url: str) -> None:
    clock = TimeLapse()
    with installed(tmp_path / "toys") as registry:
        assert {each.name for each in registry.broken} == set(AT_IMPORT)
        async with house(sqlite_url, clock=clock, registry=registry) as home:
            await prepare(home.api, *ENDINGS)
            expires = (clock.now() + timedelta(hours=2)).isoformat()
            sent = {name: await post(home.api, name, 2, expires_at=expires) for name in ENDINGS}
            for name, notification in sent.items():
                await over(home.api, notification)
                found = await home.api.deliveries(notification=notification)
                assert [(each["state"], each["reason"]) for each in found] == [ENDINGS[name]] * 2
            await errors_are_named(home.api)


async def errors_are_named(api: Api) -> None:
    """See what the attempts were called."""
    for name, error in (("exits", "plugin_error"), ("hangs", "uncertain")):
        [first, _] = await api.deliveries(channel=name)
        attempts: list[dict[str, Any]] = (await api.delivery(first["id"]))["attempts"]
        assert {each["error"] for each in attempts} == {error}, attempts
        assert len(attempts) == 6 or name == "hangs"
