import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from gateway.api import Changes
from gateway.api.events import QUIET_POLLS, Feed, event, stream
from gateway.store import Store
from gateway.store.history import read_delivery
from tests.gateway.api.conftest import World
from tests.gateway.store.rows import add_delivery


async def admitted() -> bool:
    return True


async def seen(feed: Feed) -> list[str]:
    return [row.id async for row in feed.news()]


async def test_a_feed_tells_each_change_once_and_only_its_tenants(store: Store) -> None:
    feed = Feed(store, "acme", (0, ""))
    await store.write(lambda c: add_delivery(c, "dlv_2", updated=10))
    await store.write(lambda c: add_delivery(c, "dlv_x", updated=10, tenant="other"))
    assert await seen(feed) == ["dlv_2"]
    assert await seen(feed) == []
    await store.write(lambda c: add_delivery(c, "dlv_3", updated=2_000))
    assert await seen(feed) == ["dlv_3"]


async def test_a_change_that_is_committed_late_is_still_told(store: Store) -> None:
    feed = Feed(store, "acme", (0, ""))
    await store.write(lambda c: add_delivery(c, "dlv_2", updated=5_000))
    assert await seen(feed) == ["dlv_2"]
    await store.write(lambda c: add_delivery(c, "dlv_1", updated=4_500))
    assert await seen(feed) == ["dlv_1"]


async def test_a_feed_goes_on_behind_where_it_broke_off(store: Store) -> None:
    for number in (1, 2, 3):
        await store.write(lambda c, n=number: add_delivery(c, f"dlv_{n}", updated=7))  # type: ignore[misc]
    assert await seen(Feed(store, "acme", (7, "dlv_1"))) == ["dlv_2", "dlv_3"]


async def test_a_feed_reads_on_over_many_pages(store: Store) -> None:
    def fill(connection: object) -> None:
        for number in range(450):
            add_delivery(connection, f"dlv_{number:03}", updated=number // 300)  # type: ignore[arg-type]

    await store.write(fill)
    assert len(await seen(Feed(store, None, (0, "")))) == 450


async def test_an_event_carries_its_place_and_the_delivery(sqlite_store: Store) -> None:
    await sqlite_store.write(lambda c: add_delivery(c, "dlv_1", updated=7, state="sent"))
    row = await sqlite_store.read(lambda c: read_delivery(c, "acme", "dlv_1"))
    assert row is not None
    first, second, third = event(row).strip().split("\n")
    assert (first, second) == ("id: 7-dlv_1", "event: delivery")
    assert json.loads(third.removeprefix("data: "))["state"] == "sent"


async def test_a_change_wakes_the_stream_and_closing_ends_it(sqlite_store: Store) -> None:
    changes = Changes()
    lines = stream(Feed(sqlite_store, "acme", (0, "")), changes, admitted)
    assert (await anext(lines)).startswith("retry:")
    waiting = asyncio.create_task(anext(lines))
    await sqlite_store.write(lambda c: add_delivery(c, "dlv_1"))
    changes.tell()
    assert "dlv_1" in await waiting
    changes.close()
    assert [line async for line in lines] == []


class Hasty(Changes):
    """Never waits, so that a quiet minute takes no time."""

    async def wait(self, seconds: float, mark: asyncio.Event | None = None) -> None:
        await asyncio.sleep(0)


async def test_a_quiet_stream_beats_and_ends_with_its_key(sqlite_store: Store) -> None:
    asked = 0

    async def once() -> bool:
        nonlocal asked
        asked += 1
        return asked < 2

    lines = [line async for line in stream(Feed(sqlite_store, "acme", (0, "")), Hasty(), once)]
    assert lines[1:] == [": \n\n"] * 2
    assert QUIET_POLLS > 1


async def lines_of(world: World, headers: dict[str, str], query: bytes = b"") -> AsyncIterator[str]:
    """Speak ASGI to the stream: httpx would wait for its end."""
    chunks: asyncio.Queue[dict[str, object]] = asyncio.Queue()
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": "/v1/events", "headers": raw}
    scope |= {"query_string": query, "http_version": "1.1", "root_path": ""}
    never = asyncio.Event()

    async def receive() -> dict[str, object]:
        await never.wait()
        return {"type": "http.disconnect"}

    task = asyncio.create_task(world.app(scope, receive, chunks.put))  # type: ignore[arg-type]
    start = await chunks.get()
    assert start["status"] == 200
    while (chunk := await chunks.get()).get("more_body"):
        body = chunk["body"]
        assert isinstance(body, bytes)
        yield body.decode()
    await task


@pytest.mark.parametrize(
    ("headers", "query"),
    [({"Last-Event-ID": "7-dlv_1"}, b""), ({}, b"tenant=acme&lastEventId=7-dlv_1")],
    ids=["by the header", "by the address"],
)
async def test_last_event_id_resumes_over_http(
    world: World, headers: dict[str, str], query: bytes
) -> None:
    rows = [f"dlv_{number}" for number in (1, 2)]
    for name in rows:
        await world.store.write(lambda c, n=name: add_delivery(c, n, updated=7))  # type: ignore[misc]
    key = world.keys["acme", "viewer"]
    lines = lines_of(world, {"Authorization": f"Bearer {key}", **headers}, query)
    assert (await anext(lines)).startswith("retry:")
    assert (await anext(lines)).startswith("id: 7-dlv_2\n")
    world.parts.changed.close()
    assert [line async for line in lines] == []
