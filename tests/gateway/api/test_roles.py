"""Every route of the document, asked by every role, by a stranger, and by another tenant."""

from itertools import product

import httpx
import pytest

from gateway.api.app import BODIES, create_api
from gateway.api.docs import openapi
from gateway.registry import PluginInfo
from tests.gateway.api.conftest import CHANNEL, LARK_BODY, World

T = "/v1/tenants/{tenant}"
C = f"{T}/channels/{{channel}}"
EVERYBODY = {"admin", "sender", "viewer"}
READ = {"admin", "viewer"}
SEND = {"admin", "sender"}
ADMIN = {"admin"}
ROUTES: dict[tuple[str, str], set[str]] = {
    ("POST", "/notify"): SEND,
    ("POST", "/v1/notify"): SEND,
    ("POST", "/v1/notify/batch"): SEND,
    ("GET", "/v1/notifications"): EVERYBODY,
    ("DELETE", "/v1/notifications"): SEND,
    ("GET", "/v1/notifications/{notification}"): EVERYBODY,
    ("DELETE", "/v1/notifications/{notification}"): SEND,
    ("GET", "/v1/notifications/{notification}/explain"): EVERYBODY,
    ("POST", "/v1/notifications/{notification}/update"): SEND,
    ("POST", "/v1/notifications/{notification}/recall"): SEND,
    ("GET", "/v1/deliveries"): EVERYBODY,
    ("GET", "/v1/deliveries/{delivery}"): EVERYBODY,
    ("POST", "/v1/deliveries/{delivery}/retry"): SEND,
    ("POST", "/v1/deliveries/retry"): SEND,
    ("GET", "/v1/events"): EVERYBODY,
    ("GET", "/v1/channel-types"): EVERYBODY,
    ("POST", "/v1/channel-types/detect"): EVERYBODY,
    ("GET", "/v1/channel-types/{type}"): EVERYBODY,
    ("GET", "/v1/channel-types/{type}/setup-guide"): EVERYBODY,
    ("GET", "/v1/channel-types/{type}/card-template"): EVERYBODY,
    ("GET", "/v1/tenants"): set(),
    ("GET", T): set(),
    ("PUT", T): set(),
    ("PATCH", T): set(),
    ("DELETE", T): set(),
    ("GET", f"{T}/api-keys"): READ,
    ("POST", f"{T}/api-keys"): ADMIN,
    ("DELETE", f"{T}/api-keys/{{key}}"): ADMIN,
    ("GET", f"{T}/channels"): READ,
    ("GET", C): READ,
    ("PUT", C): ADMIN,
    ("PATCH", C): ADMIN,
    ("DELETE", C): ADMIN,
    ("POST", f"{C}/enable"): ADMIN,
    ("POST", f"{C}/disable"): ADMIN,
    ("POST", f"{C}/check"): ADMIN,
    ("POST", f"{C}/test"): ADMIN,
    ("GET", f"{C}/draft"): READ,
    ("PUT", f"{C}/draft"): ADMIN,
    ("DELETE", f"{C}/draft"): ADMIN,
    ("POST", f"{C}/draft/apply"): ADMIN,
    ("POST", f"{C}/draft/check"): ADMIN,
    ("GET", f"{C}/setup-guide"): READ,
    ("GET", f"{C}/usage"): READ,
    ("GET", f"{C}/bindings"): READ,
    ("PUT", f"{C}/bindings/{{user}}"): ADMIN,
    ("DELETE", f"{C}/bindings/{{user}}"): ADMIN,
    ("GET", f"{C}/bindings.csv"): READ,
    ("POST", f"{C}/bindings/auto"): ADMIN,
    ("POST", f"{C}/bindings/import"): ADMIN,
    ("POST", f"{C}/bindings/{{user}}/resolve"): ADMIN,
    ("POST", f"{C}/bindings/{{user}}/login-link"): SEND,
    ("GET", f"{C}/directory"): READ,
    ("POST", f"{C}/members"): ADMIN,
    ("GET", f"{T}/users"): READ,
    ("GET", f"{T}/users.csv"): READ,
    ("POST", f"{T}/users/import"): ADMIN,
    ("GET", f"{T}/users/{{user}}"): READ,
    ("PUT", f"{T}/users/{{user}}"): ADMIN,
    ("PATCH", f"{T}/users/{{user}}"): ADMIN,
    ("DELETE", f"{T}/users/{{user}}"): ADMIN,
    ("GET", f"{T}/rules"): READ,
    ("POST", f"{T}/rules/test"): READ,
    ("GET", f"{T}/rules/{{rule}}"): READ,
    ("PUT", f"{T}/rules/{{rule}}"): ADMIN,
    ("PATCH", f"{T}/rules/{{rule}}"): ADMIN,
    ("DELETE", f"{T}/rules/{{rule}}"): ADMIN,
    ("GET", f"{T}/topics"): READ,
    ("GET", f"{T}/topics/{{topic}}"): READ,
    ("PUT", f"{T}/topics/{{topic}}"): ADMIN,
    ("PATCH", f"{T}/topics/{{topic}}"): ADMIN,
    ("DELETE", f"{T}/topics/{{topic}}"): ADMIN,
    ("GET", f"{T}/templates"): READ,
    ("GET", f"{T}/templates/{{template}}"): READ,
    ("GET", f"{T}/templates/{{template}}/versions"): READ,
    ("PUT", f"{T}/templates/{{template}}"): ADMIN,
    ("DELETE", f"{T}/templates/{{template}}"): ADMIN,
    ("POST", f"{T}/templates/{{template}}/preview"): READ,
    ("GET", f"{T}/audit-log"): READ,
}
OPEN = {("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/metrics")}
STREAM = ("GET", "/v1/events")
ASKED = [route for route in ROUTES if route != STREAM]


def address(path: str, tenant: str = "acme") -> str:
    names = {"tenant": tenant, "channel": "lark", "type": "lark", "user": "nobody"}
    names |= {"rule": "none", "topic": "none", "template": "none"}
    return path.format(**names, notification="ntf_none", delivery="dlv_none", key="key_none")


def test_the_table_lists_every_route_of_the_document(world: World) -> None:
    document = openapi(create_api(world.parts), BODIES)
    found = {(m.upper(), path) for path, methods in document["paths"].items() for m in methods}
    assert found == set(ROUTES) | OPEN


@pytest.mark.parametrize("role", ["owner", "admin", "sender", "viewer"])
async def test_each_role_may_do_what_the_table_says_and_nothing_else(
    world: World, role: str
) -> None:
    wrong = []
    async with world.client() as owner, world.as_role(role) as client:
        for method, path in ASKED:
            await owner.put("/v1/tenants/acme", json={})
            await owner.put(CHANNEL, json=LARK_BODY)
            status = (await client.request(method, address(path), content=b"{}")).status_code
            allowed = role == "owner" or role in ROUTES[method, path]
            if (status in {401, 403}) == allowed:
                wrong.append((method, path, status))
    assert wrong == []


@pytest.mark.parametrize("key", [None, "nonsense", "gwk_" + "a" * 43 + "_00000000"])
async def test_a_stranger_is_401_everywhere_whatever_is_sent(world: World, key: str | None) -> None:
    async with world.client(key) as client:
        for (method, path), body in product(ROUTES, [b"{", b"{}"]):
            answer = await client.request(method, address(path), content=body)
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), path
            assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("role", ["admin", "sender", "viewer"])
async def test_another_tenant_does_not_exist_even_before_role_and_body(
    world: World, role: str
) -> None:
    async with world.as_role(role) as client:
        answers: dict[str, httpx.Response] = {}
        for method, path in (route for route in ROUTES if "{tenant}" in route[1]):
            for tenant in ("other", "no-such-tenant"):
                answers[tenant] = await client.request(
                    method, address(path, tenant), content=b"{not json"
                )
                assert answers[tenant].status_code == 404, (method, path)
            assert answers["other"].json() == answers["no-such-tenant"].json()


@pytest.mark.parametrize(
    "path", ["/v1/deliveries", "/v1/notifications", "/v1/events", "/v1/channel-types"]
)
async def test_a_list_is_never_narrowed_to_another_tenant(world: World, path: str) -> None:
    async with world.as_role("viewer") as client:
        for query in ("tenant=other", "tenant=acme&tenant=other", "tenant=other&tenant=other"):
            assert (await client.get(f"{path}?{query}")).status_code == 404


async def test_health_and_metrics_need_no_key(world: World) -> None:
    async with world.client(None) as client:
        assert (await client.get("/healthz")).json() == {"status": "ok"}
        ready = {"status": "ready", "checks": {"store": "ok"}, "plugins": {}}
        assert (await client.get("/readyz")).json() == ready
        assert "gateway_notifications_accepted" in (await client.get("/metrics")).text
        assert "/notify" in (await client.get("/docs")).text
        world.parts.registry.plugins.append(PluginInfo("toy", "toy", "1", error="ValueError: no"))
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
        assert answer.json()["plugins"] == {"toy": "ValueError: no"}
        world.broken["engine"] = "stopped"
        answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
    assert answer.json()["checks"] == {"store": "ok", "engine": "stopped"}
    assert answer.headers["Retry-After"] == "1"
