from datetime import timedelta

import pytest
from pydantic import SecretStr

from gateway.access import OWNER, Access, Principal
from gateway.models import Role
from gateway.store import Store, StoreUnavailableError
from gateway.store.audit import By
from gateway.testing.clock import FakeClock
from gateway.vault import Vault

KEY = "owner-key-of-the-tests-0123456789"


class Counting(Store):
    """Counts how often somebody reads."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.reads = 0
        self.down = False

    async def read(self, query):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        self.reads += 1
        return await self.store.read(query)

    async def write(self, change):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        if self.down:
            raise StoreUnavailableError("down")
        return await self.store.write(change)


@pytest.fixture
def counting(sqlite_store: Store) -> Counting:
    return Counting(sqlite_store)


@pytest.fixture
def access(counting: Counting, clock: FakeClock) -> Access:
    vault = Vault([b"k" * 32])
    return Access(counting, vault.pepper(vault.new_data_key()), clock, SecretStr(KEY))


def by(clock: FakeClock) -> By:
    return By("owner", "acme", clock.now())


async def test_the_owners_key_comes_from_the_settings(access: Access, counting: Counting) -> None:
    assert await access.principal(KEY) == OWNER
    assert await access.principal(KEY + "x") is None
    assert await access.principal("\ud800") is None
    assert counting.reads == 0


def test_a_short_owner_key_is_refused(sqlite_store: Store, clock: FakeClock) -> None:
    vault = Vault([b"k" * 32])
    with pytest.raises(ValueError, match="20 characters"):
        Access(sqlite_store, vault.pepper(vault.new_data_key()), clock, SecretStr("short"))


async def test_a_key_is_read_once_and_then_known(
    access: Access, counting: Counting, clock: FakeClock
) -> None:
    row, key = await access.create(by(clock), Role.SENDER)
    for _ in range(3):
        assert await access.principal(key) == Principal(row.id, Role.SENDER, "acme")
    assert counting.reads == 1
    await clock.advance(6)
    assert await access.principal(key) is not None
    assert counting.reads == 2


async def test_a_deleted_key_opens_nothing_from_then_on(access: Access, clock: FakeClock) -> None:
    row, key = await access.create(by(clock), Role.SENDER)
    assert await access.principal(key) is not None
    assert await access.delete(By("x", "other", clock.now()), row.id) is False
    assert await access.delete(by(clock), row.id) is True
    assert await access.principal(key) is None


async def test_a_key_deleted_elsewhere_ends_within_seconds(
    access: Access, clock: FakeClock
) -> None:
    from gateway.store.keys import delete_key  # noqa: PLC0415 - as another process would

    row, key = await access.create(by(clock), Role.SENDER)
    assert await access.principal(key) is not None
    await access.aclose()
    await access._store.write(lambda c: delete_key(c, "acme", row.id))
    await clock.advance(5)
    assert await access.principal(key) is None


async def test_a_key_ends_at_its_time_even_when_it_is_known(
    access: Access, clock: FakeClock
) -> None:
    until = clock.now() + timedelta(seconds=2)
    _, key = await access.create(by(clock), Role.SENDER, until)
    assert await access.principal(key) is not None
    await clock.advance(2)
    assert await access.principal(key) is None


async def test_the_last_use_is_written_at_most_once_a_minute(
    access: Access, clock: FakeClock
) -> None:
    _, key = await access.create(by(clock), Role.SENDER)
    uses = []
    for seconds in (0, 30, 29, 1):
        await clock.advance(seconds)
        assert await access.principal(key) is not None
        await access.aclose()
        uses.append((await access.keys("acme", None, 1))[0].last_used)
    assert uses[0] == uses[1] == uses[2]
    assert uses[3] == (uses[0] or 0) + 60_000


async def test_a_store_that_is_down_for_the_last_use_stops_nobody(
    access: Access, counting: Counting, clock: FakeClock
) -> None:
    _, key = await access.create(by(clock), Role.SENDER)
    counting.down = True
    assert await access.principal(key) is not None
    await access.aclose()
    assert (await access.keys("acme", None, 1))[0].last_used is None
