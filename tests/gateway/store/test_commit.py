import asyncio
from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.store import Store, StoreUnavailableError
from gateway.store.commit import MAX_GROUP, GroupCommit
from gateway.store.schema import usage


class Disk:
    """Transactions that count, wait and fail as a test says."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.open.set()
        self.commits = 0
        self.gone: Exception | None = None

    async def commit(self, work: Callable[[Connection], Any]) -> Any:  # noqa: ANN401 - work's own
        await self.open.wait()
        if self.gone is not None:
            raise self.gone
        result = work(cast("Connection", None))
        self.commits += 1
        return result


def double(_connection: Connection, items: Sequence[int]) -> list[int]:
    if -1 in items:
        raise ValueError("-1 is refused")
    return [2 * item for item in items]


def text(_connection: Connection, items: Sequence[int]) -> list[str]:
    return [f"{item} of {len(items)}" for item in items]


def short(_connection: Connection, items: Sequence[int]) -> list[int]:
    return list(items)[1:]


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def sizes() -> list[int]:
    return []


@pytest.fixture
async def commits(disk: Disk, sizes: list[int]) -> GroupCommit:
    made = GroupCommit(disk, sizes.append)
    made.start()
    return made


async def waiting(commits: GroupCommit, disk: Disk, *items: int) -> list[asyncio.Task[int]]:
    """Let `items` wait together behind a commit that is under way."""
    disk.open.clear()
    first = asyncio.create_task(commits.submit(double, 0))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    tasks = [asyncio.create_task(commits.submit(double, item)) for item in items]
    await asyncio.sleep(0)
    return [first, *tasks]


async def test_what_waits_together_is_one_commit(
    commits: GroupCommit, disk: Disk, sizes: list[int]
) -> None:
    tasks = await waiting(commits, disk, *range(1, 101))
    disk.open.set()
    assert await asyncio.gather(*tasks) == [2 * item for item in range(101)]
    assert disk.commits == 2
    assert sizes == [1, 100]


async def test_a_group_has_a_largest_size(
    commits: GroupCommit, disk: Disk, sizes: list[int]
) -> None:
    tasks = await waiting(commits, disk, *range(MAX_GROUP + 7))
    disk.open.set()
    await asyncio.gather(*tasks)
    assert sizes == [1, MAX_GROUP, 7]


async def test_a_lone_write_waits_for_nobody(commits: GroupCommit, sizes: list[int]) -> None:
    for item in range(3):
        assert await commits.submit(double, item) == 2 * item
    assert sizes == [1, 1, 1]


async def test_items_of_one_operation_arrive_as_one_list_in_order(
    commits: GroupCommit, disk: Disk
) -> None:
    first = await waiting(commits, disk)
    told = [asyncio.create_task(commits.submit(text, item)) for item in (3, 1, 2)]
    mixed = asyncio.create_task(commits.submit(double, 4))
    await asyncio.sleep(0)
    disk.open.set()
    assert await asyncio.gather(*told) == ["3 of 3", "1 of 3", "2 of 3"]
    assert (await mixed, await first[0]) == (8, 0)


async def test_a_failing_write_does_not_harm_its_neighbours(
    commits: GroupCommit, disk: Disk
) -> None:
    tasks = await waiting(commits, disk, 1, -1, 2)
    disk.open.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [result for result in results if isinstance(result, int)] == [0, 2, 4]
    assert isinstance(results[2], ValueError)


async def test_an_operation_that_loses_an_item_fails_and_harms_nobody(
    commits: GroupCommit, disk: Disk
) -> None:
    first = await waiting(commits, disk, 5)
    lost = asyncio.create_task(commits.submit(short, 1))
    await asyncio.sleep(0)
    disk.open.set()
    assert await asyncio.gather(*first) == [0, 10]
    with pytest.raises(ValueError, match="zip"):
        await lost


async def test_a_store_that_is_gone_fails_all_of_the_group_and_may_come_back(
    commits: GroupCommit, disk: Disk
) -> None:
    tasks = await waiting(commits, disk, 1, 2, 3)
    disk.gone = StoreUnavailableError("the disk is full")
    disk.open.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(result, StoreUnavailableError) for result in results)
    disk.gone = None
    assert await commits.submit(double, 4) == 8


async def test_a_caller_who_gave_up_does_not_disturb_the_others(
    commits: GroupCommit, disk: Disk
) -> None:
    _, gone, stays = await waiting(commits, disk, 1, 2)
    gone.cancel()
    disk.open.set()
    assert await stays == 4
    assert await commits.submit(double, 5) == 10


async def test_closing_commits_what_waits_and_takes_no_more(
    commits: GroupCommit, disk: Disk
) -> None:
    tasks = await waiting(commits, disk, *range(1, 10))
    closing = asyncio.create_task(commits.aclose())
    await asyncio.sleep(0)
    with pytest.raises(StoreUnavailableError, match="closed"):
        await commits.submit(double, 99)
    disk.open.set()
    await closing
    assert await asyncio.gather(*tasks) == [2 * item for item in range(10)]


async def test_what_never_started_takes_nothing_and_closes(disk: Disk) -> None:
    idle = GroupCommit(disk)
    with pytest.raises(StoreUnavailableError, match="closed"):
        await idle.submit(double, 1)
    await idle.aclose()


def add(calls: int, month: str = "2026-01") -> Callable[[Connection], int]:
    row = {"tenant": "acme", "channel": f"c{calls}", "month": month, "purpose": "send"}
    return lambda c: c.execute(usage.insert().values(**row, calls=calls)).rowcount


async def stored(store: Store) -> list[int]:
    query = sa.select(usage.c.calls).order_by(usage.c.calls)
    return await store.read(lambda c: list(c.execute(query).scalars()))


async def test_on_a_real_database_many_writes_are_few_commits(store: Store) -> None:
    sizes: list[int] = []
    store._commits.observe = sizes.append
    assert await asyncio.gather(*(store.write(add(n)) for n in range(200))) == [1] * 200
    assert await stored(store) == list(range(200))
    assert sum(sizes) == 200
    assert len(sizes) <= 3


async def test_on_a_real_database_a_failing_write_is_undone_alone(store: Store) -> None:
    await store.write(add(5))
    results = await asyncio.gather(
        *(store.write(add(n)) for n in range(10)), return_exceptions=True
    )
    assert [type(each).__name__ for each in results if each != 1] == ["IntegrityError"]
    assert await stored(store) == list(range(10))


async def test_a_write_that_raises_of_itself_leaves_nothing_behind(store: Store) -> None:
    def half(connection: Connection) -> None:
        add(7)(connection)
        raise RuntimeError("changed my mind")

    with pytest.raises(RuntimeError, match="changed my mind"):
        await store.write(half)
    assert await stored(store) == []


async def test_a_closed_store_says_so(store: Store) -> None:
    await store._commits.aclose()
    with pytest.raises(StoreUnavailableError, match="closed"):
        await store.write(add(1))
