"""ntfy: push to a topic on any ntfy server."""

import re
from collections.abc import Sequence

import httpx
from pydantic import BaseModel, Field, SecretStr

from gateway import plugin as sdk


class Credential(BaseModel):
    token: SecretStr = Field(description="An access token of the ntfy account.")
    server: str = Field("https://ntfy.sh", description="The server's address.")


class Ntfy(sdk.Channel[Credential]):
    async def check(self) -> Sequence[sdk.Check]:
        sdk.json_of(await self._call("check", "/v1/account"), "username")
        return [sdk.Check("token", "Access token", "ok")]

    async def resolve(self, recipient: sdk.Recipient) -> sdk.Identity:
        if not re.fullmatch(r"[-_A-Za-z0-9]{1,64}", recipient.id):
            raise sdk.RecipientError("a topic has letters, digits, - and _, 64 at most")
        return sdk.Identity(recipient.id, kind="topic")

    def render(self, card: sdk.Card) -> sdk.Payload:
        body = card.text.removeprefix(card.title).strip()
        return {"title": card.title, "message": body or card.title}

    async def send(self, to: sdk.Identity, payload: sdk.Payload, *, key: str) -> sdk.Receipt:
        reply = await self._call("send", "/", {"topic": to.id, **payload})
        return sdk.Receipt(message_id=str(sdk.json_of(reply, "id")["id"]))

    async def _call(self, purpose: str, path: str, body: object = None) -> httpx.Response:
        login = {"Authorization": f"Bearer {self.credential.token.get_secret_value()}"}
        url, told = self.credential.server.rstrip("/") + path, {"purpose": purpose}
        method = "POST" if body else "GET"
        return await self.http.request(method, url, json=body, headers=login, extensions=told)


@sdk.hookimpl
def channel_types() -> list[sdk.ChannelType]:
    titles, emulator = {"en": "ntfy", "zh-CN": "ntfy"}, "gateway_ntfy.emulator:create"
    hosts, fields = frozenset({"ntfy.sh"}), ("server",)
    return [
        sdk.ChannelType(
            "ntfy", titles, Credential, Ntfy, hosts=hosts, host_fields=fields, emulator=emulator
        )
    ]
