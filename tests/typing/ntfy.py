"""ntfy: push to a topic on any ntfy server."""

from collections.abc import Sequence

from pydantic import BaseModel, Field, SecretStr

from gateway.plugin import (
    Card,
    Channel,
    ChannelType,
    Check,
    Identity,
    Payload,
    Receipt,
    Recipient,
    hookimpl,
    json_of,
)  # fmt: skip


class Credential(BaseModel):
    token: SecretStr = Field(description="An access token of the ntfy account.")
    server: str = Field("https://ntfy.sh", description="The server's address.")


class Ntfy(Channel[Credential]):
    async def check(self) -> Sequence[Check]:
        reply = await self.http.get(f"{self.credential.server}/v1/account", headers=self._login)
        json_of(reply, "username")
        return [Check("token", "Access token", "ok")]

    async def resolve(self, recipient: Recipient) -> Identity:
        return Identity(recipient.id, kind="topic")

    def render(self, card: Card) -> Payload:
        return {"title": card.title, "message": card.text}

    async def send(self, to: Identity, payload: Payload, *, key: str) -> Receipt:
        body = {"topic": to.id, **payload}
        reply = await self.http.post(self.credential.server, json=body, headers=self._login)
        return Receipt(message_id=str(json_of(reply, "id")["id"]))

    @property
    def _login(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.credential.token.get_secret_value()}"}


@hookimpl
def channel_types() -> list[ChannelType]:
    return [ChannelType("ntfy", "ntfy", Credential, Ntfy)]
