"""The store is locked, full or read-only: nothing is accepted, lost or sent twice meanwhile."""

import asyncio
import contextlib
import json
import os
import resource
import sqlite3
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from gateway.lanes.calls import key_of
from gateway.request import NotifyRequest
from gateway.store.sqlite import SqliteDatabase
from tests.faults.stage import (
    HOST,
    OWNER_KEY,
    TENANT,
    Api,
    Gateway,
    Platform,
    api_of,
    email,
    gateway,
    house,
    note,
    platform,
    serve_command,
    until,
)

ANSWERED_WITHIN = 3.5
BACK_WITHIN = 5.0
STOPPED_WITHIN = 20.0
IN_FLIGHT = 40


async def refused(api: Api, title: str) -> None:
    """Post once and see a 503 that says when to come back, soon."""
    began = time.monotonic()
    reply = await api.http.post("/notify", json=note(email(1), title=title))
    took = time.monotonic() - began
    assert reply.status_code == 503, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json()["code"] == "store_unavailable"
    assert int(reply.headers["Retry-After"]) >= 1
    assert took < ANSWERED_WITHIN


async def back(api: Api, title: str) -> str:
    """Post until it is accepted and return the delivery."""
    found: list[str] = []

    async def accepted() -> bool:
        reply = await api.http.post("/notify", json=note(email(1), title=title))
        if reply.status_code == 202:
            found.append(reply.json()["deliveries"][0]["id"])
        return bool(found)

    await until(accepted, BACK_WITHIN)
    return found[0]


async def trouble(
    api: Api, lark: Platform, breaks: contextlib.AbstractContextManager[None]
) -> None:
    """Break the store under calls in flight, mend it, and see everything sent exactly once."""
    posted = await asyncio.gather(
        *(api.notify(email(1 + n % 9), title=f"Before {n}") for n in range(IN_FLIGHT))
    )
    await until(lambda: some_sent(lark), 10)
    with breaks:
        ends = time.monotonic() + 5
        await asyncio.gather(*(refused(api, f"Never {n}") for n in range(8)))
        while time.monotonic() < ends:
            await refused(api, "Never")
    keys = [each["deliveries"][0]["id"] for each in posted]
    keys.append(await back(api, "After"))
    for key in keys:
        await api.until(key, "sent", 30)
    assert len(await api.deliveries()) == len(keys)
    assert len(lark.emulator.messages) == len(keys)
    assert lark.repeated == {}
    assert lark.emulator.duplicates() == []


async def some_sent(lark: Platform) -> bool:
    return len(lark.uuids) >= IN_FLIGHT // 4


@contextlib.asynccontextmanager
async def ready(folder: Path) -> AsyncIterator[tuple[Gateway, Api, Platform]]:
    async with (
        platform(enforce_limits=False, latency=0.3) as lark,
        gateway(folder) as served,
        api_of(served.url) as api,
    ):
        lark.emulator.add_people(10)
        await api.prepare(lark)
        yield served, api, lark


@contextlib.contextmanager
def locked(database: Path) -> Iterator[None]:
    """Hold the database as somebody else's transaction would."""
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA busy_timeout=5000")
    connection.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


@contextlib.contextmanager
def no_room(pid: int) -> Iterator[None]:
    """Let no file of the process grow beyond a page, as on a full disk."""
    soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, hard))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))


@contextlib.contextmanager
def filled(folder: Path) -> Iterator[None]:
    """Fill the file system to its last block."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"\0" * 4096)
    try:
        yield
    finally:
        filler.unlink()


async def test_a_locked_store_accepts_nothing_and_loses_nothing(tmp_path: Path) -> None:
    async with ready(tmp_path) as (served, api, lark):
        await trouble(api, lark, locked(served.database))


@pytest.mark.faults
async def test_a_stop_while_the_store_is_locked_ends_in_time_and_flags_what_it_sent(
    tmp_path: Path,
) -> None:
    async with ready(tmp_path) as (served, api, lark):
        posts = (api.notify(email(1 + n % 9), title=f"Card {n}") for n in range(IN_FLIGHT))
        posted = await asyncio.gather(*posts)
        await until(lambda: some_sent(lark), 10)
        with locked(served.database):
            began = time.monotonic()
            assert await served.stop() == 0
            assert time.monotonic() - began < STOPPED_WITHIN
        await served.start()
        keys = [each["deliveries"][0]["id"] for each in posted]
        found = [await api.until(key, "sent", 30) for key in keys]
        flagged = {key_of([each["id"]]) for each in found if each["maybe_duplicate"]}
        assert set(lark.repeated) <= flagged
        assert len(lark.emulator.messages) == IN_FLIGHT
        assert lark.emulator.duplicates() == []
        assert "Traceback" not in served.log.read_text()


@pytest.mark.faults
async def test_a_store_that_may_not_grow_accepts_nothing_and_loses_nothing(tmp_path: Path) -> None:
    async with ready(tmp_path) as (served, api, lark):
        await trouble(api, lark, no_room(served.pid))


@pytest.mark.faults
async def test_a_full_disk_accepts_nothing_and_loses_nothing(tmp_path: Path) -> None:
    disk = tmp_path / "data"
    disk.mkdir()
    with small_disk(disk):
        async with ready(tmp_path) as (_, api, lark):
            await trouble(api, lark, filled(disk))


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("may not mount a file system here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


async def test_a_read_only_store_accepts_nothing_and_goes_on_once_it_may_write(
    sqlite_url: str,
) -> None:
    async with platform() as lark, house(sqlite_url) as home:
        lark.emulator.add_people(2)
        await home.api.prepare(lark)
        database = home.parts.store.database
        assert isinstance(database, SqliteDatabase)
        read_only(database, 1)
        await refused(home.api, "Never")
        read_only(database, 0)
        key = await back(home.api, "After")
        await home.api.until(key, "sent")
        assert len(await home.api.deliveries()) == 1


def read_only(database: SqliteDatabase, value: int) -> None:
    """Let the writing connection fail as it does on a read-only file."""

    def turn() -> None:
        connection = database._writer_engine.raw_connection()
        connection.cursor().execute(f"PRAGMA query_only={value}")
        connection.close()

    database._writer.submit(turn).result()


@pytest.mark.faults
async def test_a_gateway_on_a_read_only_disk_says_so_and_ends(tmp_path: Path) -> None:
    disk = tmp_path / "data"
    disk.mkdir()
    with small_disk(disk):
        async with gateway(tmp_path) as served:
            assert await served.stop() == 0
        remount(disk, "ro")
        code, said = await run(f"sqlite:///{disk / 'gateway.db'}")
    assert code == 1
    assert "Traceback" not in said
    assert "Read-only file system" in said


def remount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)


async def test_a_gateway_that_may_not_write_its_store_says_so_and_ends(tmp_path: Path) -> None:
    (tmp_path / "in-the-way").write_text("a file where a folder is needed")
    code, said = await run(f"sqlite:///{tmp_path / 'in-the-way' / 'gateway.db'}")
    assert code == 1
    assert "Traceback" not in said
    assert "in-the-way" in said


@pytest.mark.faults
async def test_a_second_process_on_the_same_file_is_refused_in_plain_words(tmp_path: Path) -> None:
    async with gateway(tmp_path) as served, api_of(served.url) as api:
        code, said = await run(served.environment["GATEWAY_DATABASE_URL"])
        assert code == 1
        assert "another gateway already works on this database" in said
        assert "PostgreSQL" in said
        assert "Traceback" not in said
        assert (await api.http.get("/readyz")).status_code == 200
        await served.kill()
        await served.start()  # the lock ends with the process, however that ended


async def run(database_url: str) -> tuple[int, str]:
    """Try to start a gateway and return its exit code and what it said."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GATEWAY_")}
    environment |= {
        "GATEWAY_DATABASE_URL": database_url,
        "GATEWAY_HOST": HOST,
        "GATEWAY_PORT": "0",
        "GATEWAY_OWNER_KEY": OWNER_KEY,
    }
    process = await asyncio.create_subprocess_exec(
        *serve_command(),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode or 0, said.decode()


async def test_a_notification_is_delivered_from_either_database(database_url: str) -> None:
    async with platform(enforce_limits=False) as lark, house(database_url) as home:
        lark.emulator.add_people(64)
        await home.api.prepare(lark)
        posts = (home.api.notify(email(n + 1), title=f"Card {n}") for n in range(64))
        posted = await asyncio.gather(*posts)
        for each in posted:
            found = await home.api.until(each["deliveries"][0]["id"], "sent")
            assert [one["error"] for one in found["attempts"]] == [None]
            assert found["maybe_duplicate"] is False
        assert len(lark.emulator.messages) == 64
        assert lark.repeated == {}


async def test_64_accepts_at_once_share_a_few_commits(database_url: str) -> None:
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    async with platform() as lark, house(database_url) as home:
        await home.api.prepare(lark)
        wanted = [
            NotifyRequest.model_validate(note(email(n), title="Later", send_at=later))
            for n in range(64)
        ]
        before = await commits(home.api)
        accepted = await asyncio.gather(
            *(home.parts.router.accept(TENANT, each) for each in wanted)
        )
        assert await commits(home.api) - before <= 4
        ids = {json.loads(each.answer)["id"] for each in accepted}
        assert len(ids) == 64
        assert {each["notification"] for each in await home.api.deliveries()} == ids


async def commits(api: Api) -> float:
    """Return how many commits there have been, by the gateway's own metrics."""
    reply: httpx.Response = await api.http.get("/metrics")
    lines = [line for line in reply.text.splitlines() if "store_commit_rows_count " in line]
    assert len(lines) == 1, lines
    return float(lines[0].rsplit(" ", 1)[1])
