"""A platform that answers nonsense, too much, too late or not at all."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.faults.stage import (
    LOOK_UP,
    MESSAGES,
    TENANT,
    TOKEN,
    Api,
    Gateway,
    Platform,
    api_of,
    email,
    gateway,
    house,
    platform,
    until,
)

MEGABYTE = 1024 * 1024
MOST_GROWTH = 40.0
FIRST_ATTEMPT = 45.0
AGAIN = 30.0
HELD = ("credential", "scope_missing")
OVER = ("recipient", "content")


@dataclass(frozen=True)
class Case:
    """One broken endpoint: how, what the attempt is called, and how many calls 3 s may see."""

    path: str
    kind: str
    error: str
    most_calls: int = 1


ODD = ("html", "truncated_json", "empty", "status:500", "gzip_bomb", "trickle", "huge", "reset")
SEND_CASES = (
    *(Case(MESSAGES, kind, "uncertain") for kind in (*ODD, "hang")),
    Case(MESSAGES, "status:503", "temporary"),
    Case(MESSAGES, "rate_limit", "rate_limited", 4),
    Case(MESSAGES, "bad_code:230013", "recipient"),
    Case(MESSAGES, "bad_code:230025", "content"),
    Case(MESSAGES, "bad_code:99991672", "scope_missing"),
)
# Without a token nothing was sent, whatever the answer looked like.
TOKEN_CASES = (
    *(Case(TOKEN, kind, "temporary", 3) for kind in (*ODD, "hang", "status:503")),
    Case(TOKEN, "rate_limit", "rate_limited", 4),
    Case(TOKEN, "bad_code:10014", "credential"),
)
LOOK_UP_CASES = (
    *(Case(LOOK_UP, kind, "uncertain") for kind in ("html", "reset")),
    Case(LOOK_UP, "status:503", "temporary"),
)
SHORT = (
    Case(MESSAGES, "html", "uncertain"),
    Case(MESSAGES, "huge", "uncertain"),
    Case(MESSAGES, "reset", "uncertain"),
    Case(MESSAGES, "rate_limit", "rate_limited", 4),
    Case(TOKEN, "gzip_bomb", "temporary", 3),
    Case(TOKEN, "bad_code:10014", "credential"),
)


@pytest.mark.parametrize(
    "cases",
    [
        pytest.param(SHORT, id="short"),
        pytest.param(
            (*SEND_CASES, *TOKEN_CASES, *LOOK_UP_CASES), id="full", marks=pytest.mark.faults
        ),
    ],
)
async def test_a_broken_platform_is_named_waited_for_and_never_believed(
    tmp_path: Path, cases: tuple[Case, ...]
) -> None:
    async with gateway(tmp_path) as served, api_of(served.url) as api:
        await warmed_up(api)
        async with growing(served) as growth:
            troubles = (trouble(api, number, case) for number, case in enumerate(cases))
            secrets = [secret for found in await asyncio.gather(*troubles) for secret in found]
    grown = max(growth) / MEGABYTE
    print(f"\n{len(cases)} faults at once: the gateway grew by {grown:.1f} MB")  # noqa: T201
    assert grown < MOST_GROWTH
    log = served.log.read_text()
    assert [secret for secret in secrets if secret in log] == []
    assert "Traceback" not in log


async def warmed_up(api: Api) -> None:
    """Deliver once, so that everything is loaded."""
    async with platform() as lark:
        lark.emulator.add_people(1)
        await api.prepare(lark)
        posted = await api.notify(email(1))
        await api.until(posted["deliveries"][0]["id"], "sent")


async def trouble(api: Api, number: int, case: Case) -> list[str]:
    """Let one platform break and heal; return the secrets that were about."""
    async with platform() as lark:
        lark.emulator.add_people(2)
        name = f"lark-{number}"
        await api.channel(name, lark)
        lark.break_down(case.path, case.kind)
        posted = await api.notify(email(1), title=name, routing={"channels": [name]})
        await asyncio.sleep(3)
        assert lark.calls(case.path) <= case.most_calls, (case, lark.calls(case.path))
        key = posted["deliveries"][0]["id"]
        await refused(api, key, case)
        assert lark.emulator.messages == []
        await heals(api, lark, name, key, case)
        secrets = [lark.config["app_secret"], *lark.emulator.tokens]
        shown = json.dumps(await api.delivery(key))
        assert [secret for secret in secrets if secret in shown] == []
        return secrets


async def refused(api: Api, key: str, case: Case) -> None:
    """See the first attempt and how it is called."""
    found: dict[str, Any] = {}

    async def tried() -> bool:
        found.update(await api.delivery(key))
        return bool(found["attempts"])

    await until(tried, FIRST_ATTEMPT, every=0.2)
    assert found["attempts"][0]["error"] == case.error, (case, found)
    assert found["state"] != "sent", case
    assert found["maybe_duplicate"] is (case.error == "uncertain"), (case, found)


async def heals(api: Api, lark: Platform, name: str, key: str, case: Case) -> None:
    """See it work again: the same delivery, or another one where this one has failed."""
    lark.mend()
    if case.error in HELD:
        assert (await api.delivery(key))["state"] == "held", case
        report = await api.call("POST", f"/v1/tenants/{TENANT}/channels/{name}/check")
        assert report["ok"], (case, report)
    if case.error in OVER:
        assert (await api.delivery(key))["state"] == "failed", case
        posted = await api.notify(email(2), title=name, routing={"channels": [name]})
        key = posted["deliveries"][0]["id"]
    await api.until(key, "sent", AGAIN)
    assert len(lark.emulator.messages) == 1, case


@contextlib.asynccontextmanager
async def growing(served: Gateway) -> AsyncIterator[list[int]]:
    """Watch how much memory the gateway takes beyond what it has now."""
    process = psutil.Process(served.pid)
    before = process.memory_info().rss
    growth = [0]

    async def watch() -> None:
        while True:
            growth.append(process.memory_info().rss - before)
            await asyncio.sleep(0.05)

    watching = asyncio.create_task(watch())
    yield growth
    watching.cancel()


@pytest.mark.parametrize(
    "kind",
    [
        "reset",
        pytest.param("html", marks=pytest.mark.faults),
        pytest.param("empty", marks=pytest.mark.faults),
        pytest.param("status:500", marks=pytest.mark.faults),
        pytest.param("hang", marks=pytest.mark.faults),
        pytest.param("huge", marks=pytest.mark.faults),
    ],
)
async def test_an_answer_lost_after_the_work_was_done_shows_nobody_a_second_card(
    sqlite_url: str, kind: str
) -> None:
    async with platform() as lark, house(sqlite_url) as home:
        lark.emulator.add_people(1)
        await home.api.prepare(lark)
        lark.break_down(MESSAGES, kind, processed=True, times=1)
        posted = await home.api.notify(email(1))
        found = await home.api.until(posted["deliveries"][0]["id"], "sent", 40)
        assert found["maybe_duplicate"] is True
        assert [each["error"] for each in found["attempts"]] == ["uncertain", None]
        assert list(lark.uuids.values()) == [2]
        assert len(lark.emulator.messages) == 1
        assert lark.emulator.duplicates() == []
