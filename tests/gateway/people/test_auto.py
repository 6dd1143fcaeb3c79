"""What was judged is written as it was judged, or not at all."""

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.models import Identity
from gateway.people.auto import Matches
from gateway.people.matching import Outcome, Verdict
from gateway.store import Store
from gateway.store.audit import By, list_audit
from gateway.store.bindings import put_bindings, read_user_bindings
from gateway.store.schema import channel, tenant
from gateway.store.users import put_users
from gateway.testing.clock import FakeClock
from tests.gateway.store.rows import a_user, bound

ACME = By("key_1", "acme", FakeClock().now())


def matched(user: str, identity: str) -> Verdict:
    return Verdict(user, Outcome.MATCHED, Identity(identity, "open_id"), "email")


def furnish(connection: Connection) -> None:
    own = {"id": "acme", "regions": [], "data_key": b"k", "created": 1, "updated": 1}
    connection.execute(sa.insert(tenant).values(**own))
    row = {"tenant": "acme", "name": "lark", "type": "lark", "config": {}, "limits": {}}
    row |= {"label": "", "lane": "l", "health": "unchecked", "health_since": 1}
    connection.execute(sa.insert(channel).values(**row, created=1, updated=1))
    put_users(connection, [a_user(name) for name in "abcdz"])


async def test_what_changed_since_it_was_judged_is_left_alone(store: Store) -> None:
    await store.write(furnish)
    looked_up = bound("user:d", "ou_old", method="resolved")
    await store.write(lambda c: put_bindings(c, [looked_up]))
    judged = await store.read(lambda c: read_user_bindings(c, "acme", "lark"))
    meanwhile = [bound("user:b", "ou_new"), bound("user:z", "ou_c")]
    await store.write(lambda c: put_bindings(c, meanwhile))
    verdicts = [matched(user, f"ou_{user}") for user in ("a", "b", "c", "d", "gone")]
    told = await store.write(Matches(ACME, "lark", judged, {}, verdicts).write)
    assert [each.outcome.value for each in told] == [
        *("matched", "conflicts", "conflicts", "matched", "conflicts"),
    ]
    assert {each.reason for each in told} == {None, "changed_meanwhile"}
    rows = await store.read(lambda c: read_user_bindings(c, "acme", "lark"))
    assert {key: (row.identity, row.method) for key, row in rows.items()} == {
        "user:a": ("ou_a", "auto"),
        "user:b": ("ou_new", "manual"),
        "user:d": ("ou_d", "auto"),
        "user:z": ("ou_c", "manual"),
    }
    lines = {each.target: each for each in await store.read(lambda c: list_audit(c, "acme"))}
    assert set(lines) == {"lark/a", "lark/d"}
    assert (lines["lark/d"].before or {})["id"] == "ou_old"
