"""Two tenants side by side: neither ever sees the other, and nobody sees a secret."""

import json

import pytest

from gateway.plugin import Check
from gateway.store.audit import AuditRow, add_audit
from tests.gateway.api.conftest import NOTIFY, World
from tests.gateway.api.test_roles import ROUTES, STREAM
from tests.gateway.store.rows import add_attempt, add_delivery, add_notification

SECRETS = {"app_secret": "canary-app-secret", "encrypt_key": "canary-encrypt-key"}


@pytest.fixture
async def filled(world: World) -> World:
    """Give both tenants one of everything, each marked with its tenant's name."""
    for tenant in ("acme", "other"):
        mark = f"mark-{tenant}"
        async with world.as_role("admin", tenant) as admin:
            path = f"/v1/tenants/{tenant}"
            config = {"app_id": mark, **SECRETS}
            body = {"type": "lark", "config": config, "label": mark}
            assert (await admin.put(f"{path}/channels/lark", json=body)).status_code == 201
            user = {"display_name": mark}
            assert (await admin.put(f"{path}/users/{mark}", json=user)).status_code == 201
            identity = {"identity": {"kind": "open_id", "id": mark}}
            bound = await admin.put(f"{path}/channels/lark/bindings/{mark}", json=identity)
            assert bound.status_code == 201
            topic = {"members": [f"user:{mark}"]}
            assert (await admin.put(f"{path}/topics/{mark}", json=topic)).status_code == 201
            rule = {"recipients": [{"topic": mark}]}
            assert (await admin.put(f"{path}/rules/{mark}", json=rule)).status_code == 201
        ids = {"tenant": tenant, "recipient": mark}
        await world.store.write(lambda c: add_notification(c, f"ntf_{tenant}", tenant=tenant))  # noqa: B023 - awaited here
        await world.store.write(
            lambda c: add_delivery(c, f"dlv_{tenant}", notification=f"ntf_{tenant}", **ids)  # noqa: B023 - awaited here
        )
        await world.store.write(lambda c: add_attempt(c, f"att_{tenant}", delivery=f"dlv_{tenant}"))  # noqa: B023 - awaited here
        row = AuditRow(f"aud_{tenant}", tenant, 1, mark, "x", mark)
        await world.store.write(lambda c: add_audit(c, row))  # noqa: B023 - awaited here
    return world


def addressed(path: str, tenant: str, things: str) -> str:
    names = {"tenant": tenant, "channel": "lark", "type": "lark", "user": f"mark-{things}"}
    names |= dict.fromkeys(("rule", "topic", "template"), f"mark-{things}")
    ids = {"notification": f"ntf_{things}", "delivery": f"dlv_{things}", "key": "key_none"}
    return path.format(**names, **ids)


@pytest.mark.parametrize("role", ["admin", "sender", "viewer"])
async def test_no_answer_ever_tells_of_the_other_tenant(filled: World, role: str) -> None:
    async with filled.as_role(role) as client:
        for (method, path), tenant in ((r, t) for r in ROUTES for t in ("acme", "other")):
            if (method, path) == STREAM or method in {"PUT", "DELETE"}:
                continue
            answer = await client.request(method, addressed(path, tenant, "other"), json=NOTIFY)
            assert "mark-other" not in answer.text, (method, path)
            assert "canary" not in answer.text, (method, path)


async def test_what_is_ones_own_is_there(filled: World) -> None:
    async with filled.as_role("viewer") as client:
        for path in ("/v1/notifications/{notification}", "/v1/deliveries/{delivery}"):
            own = await client.get(addressed(path, "acme", "acme"))
            assert own.status_code == 200
            assert (await client.get(addressed(path, "acme", "other"))).status_code == 404
        for path in ("/v1/notifications", "/v1/deliveries", "/v1/tenants/acme/users"):
            items = (await client.get(path)).json()["items"]
            assert len(items) == 1
            assert "other" not in json.dumps(items)


async def test_changing_what_is_anothers_changes_nothing(filled: World) -> None:
    async with filled.as_role("admin") as client, filled.client() as owner:
        before = (await owner.get("/v1/deliveries")).json()
        for path in ("/v1/notifications/ntf_other", "/v1/tenants/other/users/mark-other"):
            assert (await client.delete(path)).status_code == 404
        assert (await client.post("/v1/deliveries/dlv_other/retry")).status_code == 404
        assert (await owner.get("/v1/deliveries")).json() == before
        assert (await owner.get("/v1/tenants/other/users/mark-other")).status_code == 200


async def test_an_owner_sees_all_and_narrows_to_one(filled: World) -> None:
    async with filled.client() as owner:
        for path in ("/v1/deliveries", "/v1/notifications"):
            assert len((await owner.get(path)).json()["items"]) == 2
            one = (await owner.get(f"{path}?tenant=other")).json()["items"]
            assert [each["tenant"] for each in one] == ["other"]
        tenants = (await owner.get("/v1/tenants?tenant=acme")).json()["items"]
        assert [each["id"] for each in tenants] == ["acme"]


async def test_no_answer_and_no_row_in_the_clear_holds_a_secret(filled: World) -> None:
    def leaky() -> list[Check]:
        return [
            Check("token", f"Token {SECRETS['app_secret']}", "error", detail="canary-encrypt-key")
        ]

    filled.connections.channel.found = leaky
    base = "/v1/tenants/acme/channels/lark"
    async with filled.client() as owner:
        answers = [
            await owner.get(base),
            await owner.get("/v1/tenants/acme/channels"),
            await owner.post(f"{base}/check"),
            await owner.get(base),
            await owner.put(base, json={"type": "lark", "config": {**SECRETS, "app_id": 5}}),
            await owner.patch(base, json={"config": {"bogus": 1, **SECRETS}}),
            await owner.post(f"{base}/enable"),
            await owner.get(f"{base}/setup-guide"),
            await owner.get("/v1/tenants/acme/audit-log"),
            await owner.delete(base),
            await owner.get("/v1/tenants/acme/audit-log"),
        ]
    assert [a.status_code for a in answers] == [
        200,
        200,
        200,
        200,
        422,
        422,
        200,
        200,
        200,
        204,
        200,
    ]
    assert [a.url.path for a in answers if "canary" in a.text] == []
    assert filled.redactor.clean("x canary-app-secret") == "x ***"
