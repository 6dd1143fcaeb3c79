"""Two channel types as a third party would write them: one call each, and a hundred per call."""

from collections.abc import Sequence

from pydantic import BaseModel, SecretStr

from gateway.plugin import (
    Batches,
    Card,
    Channel,
    ChannelType,
    Check,
    Context,
    DeliveryError,
    Identity,
    Payload,
    Receipt,
    Recipient,
    raise_for_reply,
)


class Credential(BaseModel):
    url: str
    token: SecretStr = SecretStr("")


class Push(Channel[Credential]):
    def __init__(self, credential: Credential, context: Context) -> None:
        super().__init__(credential, context)
        self.headers = {"Authorization": f"Bearer {credential.token.get_secret_value()}"}

    async def check(self) -> Sequence[Check]:
        return [Check("token", "Token", "ok")]

    async def resolve(self, recipient: Recipient) -> Identity:
        return Identity(recipient.id, kind="topic")

    def render(self, card: Card) -> Payload:
        return {"title": card.title, "message": card.summary or ""}

    async def send(self, to: Identity, payload: Payload, *, key: str) -> Receipt:
        body = {"topic": to.id, "key": key, **payload}
        reply = await self.http.post(self.credential.url, json=body, headers=self.headers)
        raise_for_reply(reply)
        return Receipt(message_id=reply.json()["id"])


class PushMany(Push, Batches):
    batch_limit = 100

    async def send_batch(
        self, to: Sequence[Identity], payload: Payload, *, key: str
    ) -> Sequence[Receipt | DeliveryError]:
        body = {"topics": [one.id for one in to], "key": key, **payload}
        reply = await self.http.post(self.credential.url, json=body, headers=self.headers)
        raise_for_reply(reply)
        message_id = reply.json()["id"]
        return [Receipt(message_id=message_id, batch=True) for _ in to]


PUSH = ChannelType("push", "Push", Credential, Push)
PUSH_MANY = ChannelType("push-many", "Push to many", Credential, PushMany)
