import httpx
import pytest

from gateway.checks import CheckReport, _remember
from gateway.plugin import Check
from gateway.store.audit import By
from tests.gateway.api.conftest import CHANNEL, LARK_BODY, World

GOOD = Check("token", "Credential", "ok")
PUBLISHED = Check("publication", "Published version", "ok", required=False)
AWAITED = Check("publication", "Published version", "missing", pending_review=True)


@pytest.fixture
async def channel(admin: httpx.AsyncClient) -> httpx.AsyncClient:
    await admin.put(CHANNEL, json=LARK_BODY)
    return admin


def finds(world: World, *lines: Check) -> None:
    world.connections.channel.found = lambda: lines


async def reviewed(client: httpx.AsyncClient) -> list[tuple[object, object]]:
    """Return what each recorded review was and became, the newest first."""
    log = (await client.get("/v1/tenants/acme/audit-log")).json()["items"]
    found = [each for each in log if each["action"] == "channel.review"]
    return [(one["before"]["pending_review"], one["after"]["pending_review"]) for one in found]


async def test_an_admin_says_that_a_review_is_awaited_and_since_when_is_kept(
    channel: httpx.AsyncClient, world: World
) -> None:
    assert (await channel.get(CHANNEL)).json()["pending_review"] is False
    said = (await channel.patch(CHANNEL, json={"pending_review": True})).json()
    assert (said["pending_review"], said["version"]) == (True, 1)
    since = said["pending_review_since"]
    assert since is not None
    await world.clock.advance(60)
    again = (await channel.patch(CHANNEL, json={"pending_review": True, "label": "Ours"})).json()
    assert again["pending_review_since"] == since
    over = (await channel.patch(CHANNEL, json={"pending_review": False})).json()
    assert (over["pending_review"], over["pending_review_since"]) == (False, None)


async def test_a_put_that_does_not_speak_of_it_leaves_it_and_one_that_does_sets_it(
    channel: httpx.AsyncClient,
) -> None:
    told = await channel.put(CHANNEL, json={**LARK_BODY, "pending_review": True})
    assert told.json()["pending_review"] is True
    silent = await channel.put(CHANNEL, json=LARK_BODY)
    assert silent.json()["pending_review"] is True
    assert (await channel.patch(CHANNEL, json={"pending_review": None})).json()[
        "pending_review"
    ] is False
    assert (await channel.patch(CHANNEL, json={"pending_review": "yes"})).status_code == 422


async def test_the_audit_log_has_what_an_admin_said(channel: httpx.AsyncClient) -> None:
    await channel.patch(CHANNEL, json={"pending_review": True})
    change = (await channel.get("/v1/tenants/acme/audit-log")).json()["items"][0]
    assert change["action"] == "channel.put"
    assert (change["before"]["pending_review"], change["after"]["pending_review"]) == (False, True)


async def test_another_application_awaits_no_review_of_the_former_one(
    channel: httpx.AsyncClient,
) -> None:
    await channel.patch(CHANNEL, json={"pending_review": True})
    other = {"app_id": "cli_2", "app_secret": "canary-secret-2"}
    assert (await channel.patch(CHANNEL, json={"config": other})).json()["pending_review"] is False


async def test_guide_and_check_tell_of_it(channel: httpx.AsyncClient, world: World) -> None:
    told = (await channel.patch(CHANNEL, json={"pending_review": True})).json()
    since = told["pending_review_since"]
    finds(world, Check("token", "Credential", "error"))
    for shown in (
        (await channel.get(f"{CHANNEL}/setup-guide")).json(),
        (await channel.post(f"{CHANNEL}/check")).json(),
    ):
        assert (shown["pending_review"], shown["pending_review_since"]) == (True, since)


async def test_a_check_that_finds_all_granted_and_published_ends_it(
    channel: httpx.AsyncClient, world: World
) -> None:
    await channel.patch(CHANNEL, json={"pending_review": True})
    finds(world, GOOD, PUBLISHED)
    assert (await channel.post(f"{CHANNEL}/check")).json()["pending_review"] is False
    assert (await channel.get(CHANNEL)).json()["pending_review"] is False
    assert await reviewed(channel) == [(True, False)]
    await channel.post(f"{CHANNEL}/check")
    assert await reviewed(channel) == [(True, False)]


@pytest.mark.parametrize(
    "line",
    [
        Check("scope:send", "Send", "missing"),
        Check("scope:send", "Send", "unknown"),
        Check("publication", "Published version", "unknown", required=False),
    ],
    ids=["missing", "unknown", "unpublished"],
)
async def test_a_check_that_does_not_prove_all_of_it_leaves_it(
    channel: httpx.AsyncClient, world: World, line: Check
) -> None:
    await channel.patch(CHANNEL, json={"pending_review": True})
    finds(world, GOOD, line)
    assert (await channel.post(f"{CHANNEL}/check")).json()["pending_review"] is True
    assert await reviewed(channel) == []


async def test_a_check_sets_it_where_the_platform_tells_of_a_review(
    channel: httpx.AsyncClient, world: World
) -> None:
    finds(world, GOOD, AWAITED)
    report = (await channel.post(f"{CHANNEL}/check")).json()
    assert (report["pending_review"], report["checks"][1]["pending_review"]) == (True, True)
    shown = (await channel.get(CHANNEL)).json()
    assert shown["pending_review_since"] == report["pending_review_since"]
    assert await reviewed(channel) == [(False, True)]
    finds(world, GOOD, PUBLISHED)
    await channel.post(f"{CHANNEL}/check")
    assert await reviewed(channel) == [(True, False), (False, True)]


async def test_a_review_said_while_a_check_runs_is_judged_by_what_it_finds(
    channel: httpx.AsyncClient, world: World
) -> None:
    by = By("test", "acme", world.clock.now())
    row = (await world.parts.channels.get("acme", "lark")).row
    await channel.patch(CHANNEL, json={"config": {"edition": "paid"}, "pending_review": True})
    finds(world, GOOD, PUBLISHED)
    old = CheckReport((GOOD, PUBLISHED), 1, by.now)
    since = await world.store.write(lambda c: _remember(c, by, row, old))
    assert since is not None
    assert (await channel.get(CHANNEL)).json()["pending_review"] is True
