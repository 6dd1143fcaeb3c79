from dataclasses import replace

from gateway.store import Store
from gateway.store.channels import add_channel, delete_channel, read_channel, set_review
from gateway.store.drafts import (
    DraftRow,
    delete_draft,
    drafts_of,
    put_draft,
    read_draft,
    read_draft_secrets,
)
from tests.gateway.store.test_channels import LARK

DRAFT = DraftRow(
    tenant="acme",
    channel="lark",
    label="New",
    config={"app_id": "cli_2"},
    limits={"monthly_quota": 5},
    base_version=1,
    base_label="",
    revision=1,
    created=1,
    updated=1,
)


async def test_a_draft_comes_back_as_it_was_put_and_only_to_its_tenant(store: Store) -> None:
    sealed = {"app_secret": b"sealed", "encrypt_key": None}
    await store.write(lambda c: put_draft(c, DRAFT, sealed))
    assert await store.read(lambda c: read_draft(c, "acme", "lark")) == DRAFT
    assert await store.write(lambda c: read_draft(c, "acme", "lark", lock=True)) == DRAFT
    assert await store.read(lambda c: read_draft_secrets(c, "acme", "lark")) == sealed
    assert await store.read(lambda c: drafts_of(c, "acme")) == {"lark": DRAFT}
    assert await store.read(lambda c: read_draft(c, "other", "lark")) is None
    assert await store.read(lambda c: drafts_of(c, "other")) == {}


async def test_a_draft_put_again_is_another_one_with_its_own_secrets(store: Store) -> None:
    await store.write(lambda c: put_draft(c, DRAFT, {"app_secret": b"sealed"}))
    again = replace(DRAFT, revision=2, updated=2, config={})
    await store.write(lambda c: put_draft(c, again, {"encrypt_key": b"other"}))
    assert await store.read(lambda c: read_draft(c, "acme", "lark")) == again
    secrets = await store.read(lambda c: read_draft_secrets(c, "acme", "lark"))
    assert secrets == {"encrypt_key": b"other"}


async def test_a_draft_goes_with_its_secrets_alone_or_with_its_channel(store: Store) -> None:
    await store.write(lambda c: add_channel(c, LARK))
    await store.write(lambda c: put_draft(c, DRAFT, {"app_secret": b"sealed"}))
    assert await store.write(lambda c: delete_draft(c, "acme", "lark")) is True
    assert await store.write(lambda c: delete_draft(c, "acme", "lark")) is False
    assert await store.read(lambda c: read_draft_secrets(c, "acme", "lark")) == {}
    await store.write(lambda c: put_draft(c, DRAFT, {"app_secret": b"sealed"}))
    await store.write(lambda c: delete_channel(c, "acme", "lark"))
    assert await store.read(lambda c: drafts_of(c, "acme")) == {}
    assert await store.read(lambda c: read_draft_secrets(c, "acme", "lark")) == {}


async def test_a_review_is_remembered_since_when_and_forgotten(store: Store) -> None:
    await store.write(lambda c: add_channel(c, LARK))
    for since in (7, None):
        await store.write(lambda c, since=since: set_review(c, LARK, since))  # type: ignore[misc]
        row = await store.read(lambda c: read_channel(c, "acme", "lark"))
        assert row == replace(LARK, review_since=since)
