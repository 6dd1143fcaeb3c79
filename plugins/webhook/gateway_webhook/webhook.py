"""Any receiver of the standard's signed events (specification: "Standard Webhooks")."""

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
from standardwebhooks import Webhook

from gateway.plugin import (
    About,
    Audience,
    Card,
    Channel,
    ChannelType,
    Check,
    ContentError,
    Context,
    CredentialError,
    Degrades,
    DeliveryError,
    Envelopes,
    Identity,
    Loss,
    Payload,
    Receipt,
    Recipient,
    TemporaryError,
    error_for_status,
)
from gateway_lark.cards import dumps

from . import guide
from .group import identity_of
from .webhook_credential import WebhookCredential

NAME = "webhook"
TITLES = {"en": "Webhook", "zh-CN": "Webhook"}
EVENT = "notification"
CHECK_EVENT = "channel.check"
LABEL = "Receiver"
EXAMPLE = {
    "url": "https://receiver.example/notifications",
    "secret": f"whsec_{base64.b64encode(bytes(24)).decode()}",
}
# Receivers do their work before they answer, more often than platforms do.
ATTEMPT_SECONDS = 15
# What of the application's words a receiver hears, beside the card.
TOLD = ("type", "source", "subject", "time", "attributes", "metadata", "priority", "data")


class WebhookChannel(Channel[WebhookCredential], Envelopes, Degrades):
    """A channel to one receiver."""

    def __init__(self, credential: WebhookCredential, context: Context) -> None:
        super().__init__(credential, context)
        self._webhook = Webhook(credential.secret.get_secret_value())
        self._headers = {
            name: value.get_secret_value() for name, value in credential.headers.items()
        }

    async def check(self) -> Sequence[Check]:
        """Post a signed event of the type `channel.check`, which says nothing."""
        moment = int(self.context.clock.now().timestamp())
        body = {"type": CHECK_EVENT, "data": {}}
        try:
            reply = await self._post(body, key=f"check_{moment}", purpose="check")
        except httpx.HTTPError as error:
            detail = f"No answer came: {type(error).__name__}."
            return [Check("receiver", LABEL, "error", detail=detail)]
        if reply.is_success:
            return [Check("receiver", LABEL, "ok")]
        detail = f"The receiver answered HTTP {reply.status_code}."
        return [Check("receiver", LABEL, "error", detail=detail)]

    async def resolve(self, recipient: Recipient) -> Identity:
        """Return the receiver itself."""
        return identity_of(recipient)

    def render(self, card: Card) -> Payload:
        """Put the card into an event as it is, every text unchanged.

        Raises:
            ContentError: It holds what no JSON can carry.
        """
        payload = {"type": EVENT, "data": {"card": _dumped(card)}}
        dumps(payload)
        return payload

    def losses(self, card: Card) -> Sequence[Loss]:
        """Return nothing: a receiver gets the card as it is."""
        del card
        return ()

    def envelop(self, payload: Payload, about: About) -> Payload:
        """Add what the card is about: the notification as the application described it."""
        notification = {
            "id": about.notification,
            "created_at": stamp_of(about.created),
            **{name: about.request[name] for name in TOLD if name in about.request},
        }
        data = {"notification": notification, "delivery": about.delivery, **payload["data"]}
        return {**payload, "data": data}

    async def send(self, to: Identity, payload: Payload, *, key: str) -> Receipt:
        """Post the event; its id is `key`, by which the receiver knows a repeat."""
        del to
        reply = await self._post(payload, key=key, purpose="send")
        if not reply.is_success:
            raise error_of(reply)
        return Receipt(message_id=key, http_status=reply.status_code)

    async def _post(self, event: Mapping[str, Any], *, key: str, purpose: str) -> httpx.Response:
        now = self.context.clock.now().astimezone(UTC)
        body = dumps({"type": event.get("type", EVENT), "timestamp": stamp_of(now), **event})
        headers = {
            **self._headers,
            "Content-Type": "application/json; charset=utf-8",
            "Webhook-Id": key,
            "Webhook-Timestamp": str(int(now.timestamp())),
            "Webhook-Signature": self._webhook.sign(key, now, body),
        }
        return await self.http.request(
            "POST",
            self.credential.url,
            content=body.encode(),
            headers=headers,
            extensions={"purpose": purpose},
        )


def stamp_of(moment: datetime) -> str:
    """Return a time as the API writes it."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def error_of(reply: httpx.Response) -> DeliveryError:
    """Return what an answer other than 2xx stands for: try again, but for one that is gone.

    A receiver is the tenant's own: it is being deployed, or its secret is being changed, and a
    4xx today is no reason to lose what it will take tomorrow.
    """
    error = error_for_status(reply)
    if isinstance(error, ContentError | CredentialError):
        said = f"The receiver answered HTTP {reply.status_code}."
        return TemporaryError(said, http_status=reply.status_code)
    return error


def channel_type() -> ChannelType:
    """Return what the webhook offers."""
    return ChannelType(
        name=NAME,
        title=TITLES,
        credential=WebhookCredential,
        channel=WebhookChannel,
        audience=Audience.GROUP,
        host_fields=("url",),
        recipients=frozenset({"channel"}),
        attempt_seconds=ATTEMPT_SECONDS,
        guide=guide.for_webhook,
        example=EXAMPLE,
        emulator="gateway_webhook.emulator:create",
    )


def _dumped(card: Card) -> dict[str, Any]:
    try:
        return card.model_dump(mode="json")
    except (ValueError, RecursionError) as error:
        raise ContentError("The card holds a value that no JSON can carry.") from error
