"""A query parameter that nobody declared is refused: a misspelt filter would list everything."""

import httpx
import pytest

from tests.gateway.api.conftest import World

ACME = "/v1/tenants/acme"


@pytest.mark.parametrize(
    "path",
    [
        *("/v1/deliveries", "/v1/notifications", "/v1/channel-types", "/v1/events"),
        *(f"{ACME}/users", f"{ACME}/rules", f"{ACME}/topics", f"{ACME}/templates"),
        *(f"{ACME}/api-keys", f"{ACME}/audit-log", f"{ACME}/channels", f"{ACME}/users.csv"),
    ],
)
async def test_a_misspelt_parameter_is_named(admin: httpx.AsyncClient, path: str) -> None:
    refused = await admin.get(f"{path}?sate=failed&sate=held&tenant=acme&1=2")
    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (422, "validation_failed")
    assert [each["loc"] for each in problem["errors"]] == [["query", "sate"], ["query", "1"]]
    assert {each["type"] for each in problem["errors"]} == {"extra_forbidden"}


async def test_the_refusal_tells_which_there_are(admin: httpx.AsyncClient) -> None:
    problem = (await admin.get(f"{ACME}/users?q=li")).json()
    said = problem["errors"][0]["message"]
    assert said == "there is no such parameter; known: cursor, limit, query, tenant"


async def test_a_withdrawal_by_a_misspelt_key_withdraws_nothing(admin: httpx.AsyncClient) -> None:
    refused = await admin.delete("/v1/notifications?cancelation_key=k&cancellation_key=k")
    assert refused.json()["errors"][0]["loc"] == ["query", "cancelation_key"]


async def test_a_misspelt_dry_run_imports_nothing(admin: httpx.AsyncClient) -> None:
    refused = await admin.post(f"{ACME}/users/import?dryrun=true", content=b"id\r\nli\r\n")
    assert refused.json()["errors"][0]["loc"] == ["query", "dryrun"]
    assert (await admin.get(f"{ACME}/users")).json()["items"] == []


async def test_who_may_not_ask_hears_that_first(world: World) -> None:
    async with world.client(None) as nobody, world.as_role("viewer") as viewer:
        assert (await nobody.get("/v1/deliveries?x=1")).status_code == 401
        assert (await viewer.get("/v1/tenants/other/users?x=1")).status_code == 404
        assert (await viewer.get("/v1/tenants?x=1")).status_code == 403


async def test_what_says_everything_in_its_body_takes_any_address(
    admin: httpx.AsyncClient,
) -> None:
    body = {"type": "t", "to": [], "card": {"title": "T"}}
    assert (await admin.post("/v1/notify?utm_source=x", json=body)).status_code == 202


async def test_health_is_for_everybody_and_takes_any_address(world: World) -> None:
    async with world.client(None) as nobody:
        assert (await nobody.get("/healthz?from=lb")).status_code == 200


async def test_a_load_balancer_may_ask_for_the_status_alone(world: World) -> None:
    async with world.client(None) as nobody:
        for path in ("/healthz", "/readyz"):
            answer = await nobody.head(path)
            assert (answer.status_code, answer.content) == (200, b"")
        world.broken["engine"] = "stopped"
        assert (await nobody.head("/healthz")).status_code == 200
        answer = await nobody.head("/readyz")
        assert (answer.status_code, answer.content) == (503, b"")
        assert answer.headers["Retry-After"] == "1"


@pytest.mark.parametrize("path", ["/notify", "/v1/notify", "/v1/notify/batch"])
async def test_a_dry_run_in_the_address_is_not_taken_for_a_post_in_earnest(
    admin: httpx.AsyncClient, path: str
) -> None:
    body = {"type": "t", "to": ["user:li"], "card": {"title": "T"}}
    refused = await admin.post(f"{path}?dry_run=true", json=body)
    assert (refused.status_code, refused.json()["errors"][0]["loc"]) == (422, ["query", "dry_run"])
    assert (await admin.get("/v1/notifications")).json()["items"] == []
