"""What becomes of a login, by what is known of the user and of the person."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from gateway.models import Identity
from gateway.people.connecting import (
    Connecting,
    Somebody,
    Standing,
    found,
    judge,
    seen,
    whose,
)
from gateway.store import Store
from gateway.store.audit import By, list_audit
from gateway.store.bindings import BindingRow, put_bindings, read_user_bindings
from gateway.store.schema import channel, tenant
from gateway.store.users import put_users
from gateway.testing.clock import FakeClock
from tests.conftest import started
from tests.gateway.store.rows import a_user, bound

ME = Identity("ou_me", "open_id")
SOMEBODY = Somebody(ME, frozenset({ME, Identity("me", "user_id")}), frozenset({"me@example.com"}))
ACME = By("login", "acme", FakeClock().now())


def mine(identity: str = "ou_me", **more: object) -> BindingRow:
    return replace(bound("user:a", identity), **more)  # type: ignore[arg-type]  # any column


@pytest.mark.parametrize(
    ("row", "holders", "standing"),
    [
        (None, [], Standing.CONNECTED),
        (None, ["b"], Standing.TAKEN),
        (mine(), [], Standing.ALREADY),
        (mine(), ["b"], Standing.ALREADY),
        (mine("me", identity_kind="user_id"), [], Standing.ALREADY),
        (mine("ou_other"), [], Standing.OTHER),
        (mine("me"), [], Standing.OTHER),
        (mine(method="resolved"), [], Standing.CONNECTED),
        (mine("ou_other", method="resolved"), [], Standing.CONNECTED),
        (mine("ou_other", method="resolved"), ["b"], Standing.TAKEN),
        (mine(stale_since=1), [], Standing.CONNECTED),
        (mine(stale_since=1), ["b"], Standing.TAKEN),
        (mine("ou_other", stale_since=1), [], Standing.OTHER),
        (mine(identity=None, identity_kind=None, unbound=True), [], Standing.CONNECTED),
        (mine(identity=None, identity_kind=None, method="resolved"), [], Standing.CONNECTED),
    ],
)
def test_nobodys_decision_is_overwritten(
    row: BindingRow | None, holders: list[str], standing: Standing
) -> None:
    assert judge(row, holders, SOMEBODY) is standing


def test_a_user_is_who_has_the_person_or_one_of_the_addresses() -> None:
    users = [
        ("a", "ME@example.com", None),
        ("b", None, "+6591230001"),
        ("c", "c@example.com", None),
    ]
    assert whose(SOMEBODY, [], users) == ["a"]
    assert whose(SOMEBODY, ["c", "c"], users) == ["c"]
    both = Somebody(ME, SOMEBODY.names, SOMEBODY.addresses | {"+6591230001"})
    assert whose(both, [], users) == ["a", "b"]
    assert whose(Somebody(ME, SOMEBODY.names), [], [*users, ("d", "", "")]) == []


def test_a_link_notices_every_decision_and_no_look_up() -> None:
    looked_up = [None, mine(method="resolved"), mine("ou_2", method="resolved")]
    decided = [
        *(mine(), mine("ou_2"), mine(since=2), mine(method="login")),
        mine(identity=None, identity_kind=None, unbound=True),
    ]
    assert [row is not None and row.chosen for row in looked_up] == [False] * 3
    user = a_user("a")
    assert len({seen(user, row) for row in looked_up}) == 1
    assert len({seen(user, row) for row in (None, *decided)}) == 1 + len(decided)
    assert seen(replace(user, created=2), None) != seen(user, None)


def furnish(connection: Connection) -> None:
    own = {"id": "acme", "regions": [], "data_key": b"k", "created": 1, "updated": 1}
    connection.execute(sa.insert(tenant).values(**own))
    row = {"tenant": "acme", "name": "lark", "type": "lark", "config": {}, "limits": {}}
    row |= {"label": "", "lane": "l", "health": "unchecked", "health_since": 1, "enabled": True}
    connection.execute(sa.insert(channel).values(**row, created=1, updated=1))
    put_users(connection, [a_user("a", email="me@example.com"), a_user("b")])


def connecting(somebody: Somebody = SOMEBODY, **more: Any) -> Connecting:  # noqa: ANN401 - any of its fields
    return Connecting(**{"by": ACME, "channel": "lark", "somebody": somebody, "user": "a", **more})


async def test_a_binding_is_written_with_its_line_in_the_audit_log(store: Store) -> None:
    await store.write(furnish)
    assert await store.read(lambda c: found(c, ACME, "lark", SOMEBODY)) == ["a"]
    ending = await store.write(connecting().write)
    assert (ending.standing, ending.user) == (Standing.CONNECTED, "a")
    (row,) = (await store.read(lambda c: read_user_bindings(c, "acme", "lark"))).values()
    assert (row.who, row.method, row.since) == (ME, "login", ACME.now)
    (line,) = await store.read(lambda c: list_audit(c, "acme"))
    assert (line.actor, line.action, line.target) == ("login", "binding.put", "lark/a")


async def test_whatever_changed_meanwhile_stops_a_login(store: Store) -> None:
    await store.write(furnish)
    elsewhere = Somebody(ME, SOMEBODY.names, frozenset({"moved@example.com"}))
    endings = [
        await store.write(connecting(elsewhere).write),
        await store.write(connecting(channel="none").write),
        await store.write(connecting(user="gone").write),
        await store.write(connecting(user="gone", seen="x").write),
        await store.write(connecting(seen="of another time").write),
    ]
    assert [each.standing for each in endings] == [
        *(Standing.NOBODY, Standing.DISABLED, Standing.NOBODY, Standing.USED, Standing.USED),
    ]
    assert await store.read(lambda c: read_user_bindings(c, "acme", "lark")) == {}
    assert await store.read(lambda c: list_audit(c, "acme")) == []


async def test_a_person_whom_another_user_was_given_stays_there(store: Store) -> None:
    await store.write(furnish)
    given = replace(bound("user:b", "me"), identity_kind="user_id")
    await store.write(lambda c: put_bindings(c, [given]))
    ending = await store.write(connecting(seen=seen(a_user("a"), None)).write)
    assert (ending.standing, ending.user) == (Standing.TAKEN, "a")
    assert await store.read(lambda c: found(c, ACME, "lark", SOMEBODY)) == ["b"]
    again = await store.write(connecting(user="b").write)
    assert (again.standing, again.user) == (Standing.ALREADY, "b")


@pytest.fixture
async def postgres_store(postgres_url: str) -> AsyncIterator[Store]:
    async with aclosing(await started(postgres_url)) as opened:
        yield opened


async def waits(store: Store) -> bool:
    """Tell whether a transaction waits for another one's lock."""
    query = sa.text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    return bool(await store.read(lambda c: c.execute(query).scalar()))


@pytest.mark.parametrize(("user", "standing"), [("a", Standing.OTHER), ("b", Standing.TAKEN)])
async def test_of_two_processes_one_binds_and_the_other_sees_it(
    postgres_store: Store, postgres_url: str, user: str, standing: Standing
) -> None:
    store = postgres_store
    await store.write(furnish)
    you = Identity("ou_you", "open_id")
    changes = {
        "a": connecting(Somebody(you, frozenset({you}), SOMEBODY.addresses)),
        "b": connecting(user="b", seen=seen(a_user("b"), None)),
    }
    engine = create_async_engine(
        "postgresql+asyncpg://" + postgres_url.split("://", 1)[1], poolclass=NullPool
    )
    async with engine.begin() as other:
        first = await other.run_sync(connecting().write)
        late = asyncio.create_task(store.write(changes[user].write))
        while not (late.done() or await waits(store)):
            pass
    assert (first.standing, (await late).standing) == (Standing.CONNECTED, standing)
