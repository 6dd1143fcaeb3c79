"""The public API as a plugin author uses it; mypy judges this file, nothing runs it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, assert_type

import httpx
from pydantic import BaseModel, SecretStr

from gateway.plugin import (
    ABILITIES,
    Audience,
    Batches,
    Browses,
    CallbackReply,
    CallbackRequest,
    Card,
    Channel,
    ChannelType,
    Check,
    Context,
    CredentialError,
    DeliveryError,
    GuideRequest,
    Identity,
    Limits,
    LoggedIn,
    LogsIn,
    Page,
    Payload,
    Person,
    QuotaExhaustedError,
    RateLimitedError,
    Reads,
    Recalls,
    Receipt,
    Receives,
    Recipient,
    RecipientError,
    RecipientKind,
    ResolvesInBulk,
    ScopeMissingError,
    SetupGuide,
    Updates,
    Uploads,
    error_for_status,
    hookimpl,
    json_of,
    raise_for_reply,
    retry_after,
)
from gateway.testing import (
    CapturingLog,
    ContractSuite,
    FakeClock,
    Marks,
    Report,
    ScriptedTransport,
    Subject,
    context_for,
    registry_of,
    run,
)


class Credential(BaseModel):
    secret: SecretStr
    room: str = "main"


class Everything(
    Channel[Credential], ResolvesInBulk, Batches, Updates, Recalls, Reads, Uploads, Browses,
    Receives, LogsIn,
):  # fmt: skip
    batch_limit = 20

    async def check(self) -> list[Check]:
        assert_type(self.credential, Credential)
        assert_type(self.http, httpx.AsyncClient)
        assert_type(self.context, Context)
        assert_type(self.context.clock.now(), datetime)
        self.context.log.info("checked", room=self.credential.room)
        return [Check("secret", "Secret", "ok")]

    async def resolve(self, recipient: Recipient) -> Identity:
        if recipient.kind is not RecipientKind.EMAIL:
            raise RecipientError("only addresses", gone=False, provider_code="404")
        return Identity(recipient.id, "email")

    def lookups(self, recipients: Sequence[Recipient]) -> list[Sequence[Recipient]]:
        return [recipients]

    async def resolve_many(
        self, recipients: Sequence[Recipient]
    ) -> Sequence[Identity | DeliveryError]:
        return [await self.resolve(each) for each in recipients]

    def render(self, card: Card) -> Payload:
        assert_type(card.text, str)
        return {"text": card.text, "urgent": card.severity == "critical"}

    async def send(self, to: Identity, payload: Payload, *, key: str) -> Receipt:
        reply = await self.http.post("https://x.example", json=dict(payload), headers={"key": key})
        raise_for_reply(reply)
        assert_type(error_for_status(reply), DeliveryError)
        assert_type(retry_after(reply), timedelta)
        return Receipt(str(json_of(reply, "id")["id"]), http_status=reply.status_code)

    async def send_batch(
        self, to: Sequence[Identity], payload: Payload, *, key: str
    ) -> list[Receipt | DeliveryError]:
        return [await self.send(each, payload, key=key) for each in to]

    async def update(self, message_id: str, payload: Payload, *, key: str) -> Receipt:
        return Receipt(message_id)

    async def recall(self, receipt: Receipt) -> None:
        raise RateLimitedError("slow down", retry_after=timedelta(seconds=3), scope="app")

    async def read_by(self, message_id: str) -> Sequence[Identity]:
        raise QuotaExhaustedError("no calls left", resets_at=datetime.now(UTC), http_status=400)

    async def upload(self, image: bytes, media_type: str) -> str:
        raise ScopeMissingError("not allowed", scopes=["im:resource"], fix_url="https://x.example")

    async def browse(self, query: str = "", cursor: str | None = None) -> Page:
        return Page((Person(Identity("1", "id"), "Li Wei"),), next_cursor=None)

    async def describe(self, identities: Sequence[Identity]) -> list[Person | DeliveryError]:
        return [Person(each, "Li Wei") for each in identities]

    def login_url(self, redirect_uri: str, state: str) -> str:
        return f"https://x.example/login?{redirect_uri}&{state}"

    async def identify(self, code: str, redirect_uri: str) -> LoggedIn:
        return LoggedIn(Identity(code, "id"), others=(Identity("1", "id"),), email="li@x.example")

    def receive(self, request: CallbackRequest) -> CallbackReply:
        if "signature" not in request.headers:
            raise CredentialError("no signature")
        return CallbackReply({"toast": "Done"})


def guide(request: GuideRequest) -> SetupGuide:
    return SetupGuide("an admin", 5, (), request.homepage_url, request.callback_url)


EVERYTHING = ChannelType(
    name="everything",
    title={"en": "Everything", "zh-CN": "全部"},
    credential=Credential,
    channel=Everything,
    audience=Audience.GROUP,
    limits=Limits(calls_per_second=5),
    hosts=frozenset({"x.example"}),
    guide=guide,
)


@hookimpl
def channel_types() -> list[ChannelType]:
    return [EVERYTHING]


@hookimpl
def rewrite_card(card: Card, channel_type: str) -> Card | None:
    return card.model_copy(update={"title": card.title.upper()}) if channel_type == "x" else None


@hookimpl
def delivery_finished(delivery_id: str, outcome: Receipt | DeliveryError) -> None:
    assert_type(outcome, Receipt | DeliveryError)


def far_end(clock: object) -> ScriptedTransport:
    return ScriptedTransport({"id": "1"}, httpx.Response(500), httpx.ConnectError("no"))


SUBJECT = Subject(
    channel_type=EVERYTHING,
    config={"secret": "canary"},
    far_end=far_end,
    recipients=[Recipient(RecipientKind.EMAIL, "li@x.example")],
    marks=lambda payload: Marks(mentions=tuple(payload)),
    key_in=lambda request: request.headers.get("key"),
)


class TestEverything(ContractSuite):
    subject = SUBJECT


async def tested() -> None:
    clock, log, transport = FakeClock(), CapturingLog(), ScriptedTransport({"id": "1"})
    channel = EVERYTHING.open(Credential(secret=SecretStr("x")), context_for(transport, clock, log))
    assert_type(channel, Channel[Any])
    assert_type(transport.requests, list[httpx.Request])
    assert_type(await run(SUBJECT), Report)
    assert_type(registry_of(EVERYTHING).offers["everything"].channel_type, ChannelType)
    assert set(ABILITIES) > set(EVERYTHING.capabilities) - {"guides"}


class Lacking(Channel[Credential]):
    async def check(self) -> list[Check]:
        return []


Lacking(Credential(secret=SecretStr("x")), context_for(ScriptedTransport()))  # type: ignore[abstract]
Check("id", "Label", "maybe")  # type: ignore[arg-type]
RateLimitedError("slow down", retry_after=3)  # type: ignore[arg-type]
CredentialError("no", reason="x")  # type: ignore[call-arg]
