from dataclasses import replace
from typing import Any

import pytest

from gateway.store import Store
from gateway.store.bindings import list_bindings, put_binding
from gateway.store.channels import (
    ChannelChange,
    ChannelRow,
    add_channel,
    change_channel,
    delete_channel,
    list_channels,
    put_secrets,
    read_channel,
    read_secrets,
    secrets_set,
    set_enabled,
    set_health,
)
from tests.gateway.store.rows import bound

LARK = ChannelRow(
    tenant="acme",
    name="lark",
    type="lark",
    label="",
    config={"app_id": "cli_1"},
    limits={},
    enabled=False,
    version=1,
    lane="acme/lark:cli_1",
    health="ok",
    health_since=1,
    created=1,
    updated=1,
    hold_reason="credential_invalid",
    hold_until=9,
    hold_tries=2,
)
SAME = ChannelChange(LARK.label, LARK.config, LARK.limits, LARK.lane)


async def test_a_channel_comes_back_as_it_was_added_and_only_to_its_tenant(store: Store) -> None:
    await store.write(lambda c: add_channel(c, LARK))
    assert await store.read(lambda c: read_channel(c, "acme", "lark")) == LARK
    assert await store.read(lambda c: read_channel(c, "other", "lark")) is None
    assert await store.read(lambda c: list_channels(c, "other")) == []
    assert await store.write(lambda c: read_channel(c, "acme", "lark", lock=True)) == LARK


@pytest.mark.parametrize(
    "change",
    [
        {"config": {"app_id": "cli_2"}},
        {"limits": {"monthly_quota": 5}},
        {"sealed": {"app_secret": b"sealed"}},
        {"sealed": {"app_secret": None}},
    ],
    ids=str,
)
async def test_a_real_change_bumps_the_version_and_ends_a_hold(
    store: Store, change: dict[str, Any]
) -> None:
    await store.write(lambda c: add_channel(c, LARK))
    changed = replace(SAME, **change)
    assert await store.write(lambda c: change_channel(c, LARK, changed, 7)) == 2
    row = await store.read(lambda c: read_channel(c, "acme", "lark"))
    assert row is not None
    assert (row.version, row.hold_reason, row.hold_until, row.hold_tries) == (2, None, None, 0)
    assert row.health == ("ok" if "limits" in change else "unchecked")


async def test_another_label_changes_nothing_that_runs(store: Store) -> None:
    await store.write(lambda c: add_channel(c, LARK))
    changed = replace(SAME, label="Ours")
    assert await store.write(lambda c: change_channel(c, LARK, changed, 7)) == 1
    row = await store.read(lambda c: read_channel(c, "acme", "lark"))
    assert row == replace(LARK, label="Ours", updated=7)


async def test_switching_a_channel_bumps_no_version(store: Store) -> None:
    await store.write(lambda c: add_channel(c, LARK))
    assert await store.write(lambda c: set_enabled(c, "acme", "lark", enabled=True, now=5))
    assert not await store.write(lambda c: set_enabled(c, "other", "lark", enabled=True, now=5))
    row = await store.read(lambda c: read_channel(c, "acme", "lark"))
    assert row == replace(LARK, enabled=True, updated=5)


async def test_a_passed_check_ends_a_hold_and_a_failed_one_does_not(store: Store) -> None:
    await store.write(lambda c: add_channel(c, LARK))
    await store.write(lambda c: set_health(c, LARK, "failing", "token", 5))
    failing = await store.read(lambda c: read_channel(c, "acme", "lark"))
    assert failing is not None
    assert (failing.health, failing.health_since, failing.hold_tries) == ("failing", 5, 2)
    await store.write(lambda c: set_health(c, failing, "ok", None, 6))
    passed = await store.read(lambda c: read_channel(c, "acme", "lark"))
    assert passed is not None
    assert (passed.health, passed.health_since, passed.hold_tries) == ("ok", 6, 0)


async def test_the_health_of_an_older_configuration_is_not_kept(store: Store) -> None:
    await store.write(lambda c: add_channel(c, LARK))
    await store.write(lambda c: set_health(c, replace(LARK, version=0), "failing", "x", 5))
    assert await store.read(lambda c: read_channel(c, "acme", "lark")) == LARK


async def test_secrets_are_set_kept_and_removed_one_by_one(store: Store) -> None:
    await store.write(lambda c: put_secrets(c, "acme", "lark", {"a": b"1", "b": b"2"}))
    await store.write(lambda c: put_secrets(c, "acme", "lark", {"a": b"3", "b": None}))
    await store.write(lambda c: put_secrets(c, "other", "lark", {"z": b"9"}))
    assert await store.read(lambda c: read_secrets(c, "acme", "lark")) == {"a": b"3"}
    assert await store.read(lambda c: secrets_set(c, "acme")) == {"lark": ["a"]}


async def test_deleting_a_channel_takes_its_secrets_and_bindings(store: Store) -> None:
    await store.write(lambda c: add_channel(c, LARK))
    await store.write(lambda c: put_secrets(c, "acme", "lark", {"a": b"1"}))
    await store.write(lambda c: put_binding(c, bound("user:li")))
    assert await store.write(lambda c: delete_channel(c, "acme", "lark"))
    assert not await store.write(lambda c: delete_channel(c, "acme", "lark"))
    assert await store.read(lambda c: read_secrets(c, "acme", "lark")) == {}
    assert await store.read(lambda c: list_bindings(c, "acme", "lark")) == []
