"""A gateway, an emulated platform of one brand on a port, and an organisation of some size."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI
from starlette.applications import Starlette

from gateway.serving import listen, port_of, serving
from gateway_dingtalk.emulator import create as create_dingtalk
from gateway_lark.emulator import create as create_lark
from tests.faults.stage import HOST, TENANT, house, until

USERS = f"/v1/tenants/{TENANT}/users"
LARKS = frozenset({"lark", "feishu"})


@dataclass
class Company:
    """A tenant with one channel, and the platform behind it."""

    brand: str
    http: httpx.AsyncClient
    emulator: Any
    config: dict[str, Any]
    app: FastAPI

    @property
    def channel(self) -> str:
        return f"/v1/tenants/{TENANT}/channels/{self.brand}"

    @property
    def bindings(self) -> str:
        return f"{self.channel}/bindings"

    def calls(self, word: str = "") -> int:
        """Count the provider calls whose path holds a word, tokens left out."""
        counted = self.emulator.calls.items()
        return sum(n for key, n in counted if word in key and not key.endswith(TOKENS))

    def identity(self, user_id: str) -> dict[str, str]:
        """Return who somebody is on the platform, as the channel names people."""
        if self.brand not in LARKS:
            return {"kind": "user_id", "id": user_id}
        person = self.emulator.people[user_id]
        return {"kind": "open_id", "id": self.emulator.open_id(self.config["app_id"], person)}

    def forbid(self, *scopes: str) -> None:
        """Take permissions from the application."""
        app = self.emulator.apps[self.config["app_id" if self.brand in LARKS else "app_key"]]
        granted = app.scopes if self.brand in LARKS else app.permissions
        granted.difference_update(scopes)

    async def call(self, method: str, path: str, body: object = None, **params: Any) -> Any:  # noqa: ANN401 - any JSON
        reply = await self.http.request(method, path, json=body, params=params)
        assert reply.is_success, (method, path, reply.status_code, reply.text)
        return reply.json() if reply.content else None

    async def user(self, user: str, **fields: object) -> None:
        await self.call("PUT", f"{USERS}/{user}", fields)

    async def auto(self, **body: object) -> Any:  # noqa: ANN401 - any JSON
        return await self.call("POST", f"{self.bindings}/auto", body)

    async def bound(self, **params: Any) -> dict[str, Any]:  # noqa: ANN401 - any query
        found = await self.call("GET", self.bindings, limit=200, **params)
        return {each["user"]: each for each in found["items"]}

    async def everybody(self, query: str = "") -> list[dict[str, Any]]:
        people: list[dict[str, Any]] = []
        params: dict[str, str] = {"query": query}
        while True:
            page = await self.call("GET", f"{self.channel}/directory", **params)
            people += page["items"]
            if page["next_cursor"] is None:
                return people
            params["cursor"] = page["next_cursor"]

    async def send(self, user: str, title: str = "Hi") -> dict[str, Any]:
        """Notify a user and return the delivery once it has ended."""
        return await self.send_to(f"user:{user}", title)

    async def send_to(self, to: object, title: str = "Hi") -> dict[str, Any]:
        """Notify somebody in any form of `to` and return the delivery once it has ended."""
        note = {"tenant": TENANT, "type": "t", "to": [to], "card": {"title": title}}
        sent = await self.call("POST", "/notify", note)
        (delivery,) = sent["deliveries"]

        async def ended() -> bool:
            nonlocal delivery
            delivery = await self.call("GET", f"/v1/deliveries/{delivery['id']}")
            return delivery["state"] not in {"queued", "held"}

        await until(ended, 20)
        return dict(delivery)

    async def audited(self) -> list[dict[str, Any]]:
        found = await self.call("GET", f"/v1/tenants/{TENANT}/audit-log", limit=200)
        return list(found["items"])


TOKENS = ("/tenant_access_token/internal", "/oauth2/accessToken")


def make(brand: str) -> Starlette:
    create = create_lark if brand in LARKS else create_dingtalk
    return create(brand=brand)


@contextlib.asynccontextmanager
async def company(
    database_url: str, brand: str = "lark", **settings: object
) -> AsyncIterator[Company]:
    """Serve a platform and a gateway, with one enabled channel between them."""
    app = make(brand)
    sock = listen(HOST, 0)
    bases = ("api_base",) if brand in LARKS else ("api_base", "oapi_base")
    url = f"http://{HOST}:{port_of(sock)}"
    config = {**app.state.demo["config"], **dict.fromkeys(bases, url)}
    limits = {"user_window_seconds": 0}
    async with serving(app, sock, drain=1), house(database_url, **settings) as home:
        made = Company(brand, home.api.http, app.state.emulator, config, home.app)
        await made.call("PUT", f"/v1/tenants/{TENANT}", {"name": "Acme"})
        await made.call("PUT", made.channel, {"type": brand, "config": config, "limits": limits})
        await made.call("POST", f"{made.channel}/enable")
        yield made
