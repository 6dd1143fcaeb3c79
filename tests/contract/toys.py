"""A small channel that keeps every rule, its platform, and how to break one thing of it."""

import asyncio
import html
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import httpx
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from gateway.plugin import (
    Batches,
    Card,
    Channel,
    ChannelType,
    Check,
    Clock,
    ContentError,
    Context,
    Degrades,
    DeliveryError,
    Identity,
    LoggedIn,
    LogsIn,
    Loss,
    Payload,
    Receipt,
    Recipient,
    RecipientError,
    RecipientKind,
    ResolvesInBulk,
    UncertainError,
    hookimpl,
    json_of,
)
from gateway.testing import Marks, Subject, module

HOST = "https://toy.example"
MAX_BYTES = 20_000
PEOPLE = ("li", "tan", "wang")


class Credential(BaseModel):
    model_config = ConfigDict(extra="forbid")

    app: str = Field(pattern="^[a-z]+$", description="The application's name.")
    secret: SecretStr = Field(description="The application's secret.")


class Good(Channel[Credential], ResolvesInBulk, Batches, Degrades, LogsIn):
    batch_limit = 10

    def __init__(self, credential: Credential, context: Context) -> None:
        super().__init__(credential, context)
        self.token: asyncio.Task[str] | None = None

    async def check(self) -> Sequence[Check]:
        await self.post("/check", {}, "ok")
        return [Check("token", "Token", "ok")]

    async def resolve(self, recipient: Recipient) -> Identity:
        (found,) = await self.resolve_many([recipient])
        if isinstance(found, DeliveryError):
            raise found
        return found

    def lookups(self, recipients: Sequence[Recipient]) -> Sequence[Sequence[Recipient]]:
        return [recipients]

    async def resolve_many(
        self, recipients: Sequence[Recipient]
    ) -> Sequence[Identity | DeliveryError]:
        answer = await self.post("/find", {"names": [each.id for each in recipients]}, "found")
        known = set(answer["found"])
        return [
            Identity(each.id, "toy") if each.id in known else RecipientError("nobody")
            for each in recipients
        ]

    def render(self, card: Card) -> Payload:
        payload = {"html": f"<h1>{inert(card.title)}</h1>{inert(card.text)}"}
        if len(json.dumps(payload, ensure_ascii=False).encode()) > MAX_BYTES:
            raise ContentError("too large")
        return payload

    def losses(self, card: Card) -> list[Loss]:
        actions = (("actions", at) for at in range(len(card.actions)))
        people = (("blocks", at) for at, block in enumerate(card.blocks) if block.type == "mention")
        return [Loss(loc, "text", "The toy shows text only.") for loc in (*people, *actions)]

    async def send(self, to: Identity, payload: Payload, *, key: str) -> Receipt:
        body = {"to": to.id, "key": key, **payload}
        return Receipt(str((await self.post("/send", body, "id"))["id"]))

    async def send_batch(
        self, to: Sequence[Identity], payload: Payload, *, key: str
    ) -> Sequence[Receipt | DeliveryError]:
        body = {"to": [each.id for each in to], **payload}
        answer = await self.post("/batch", body, "id", "unknown")
        lost = RecipientError("gone")
        receipt = Receipt(str(answer["id"]), batch=True)
        return [lost if each.id in answer["unknown"] else receipt for each in to]

    def login_url(self, redirect_uri: str, state: str) -> str:
        return f"{HOST}/login?{urlencode({'to': redirect_uri, 'state': state})}"

    async def identify(self, code: str, redirect_uri: str) -> LoggedIn:
        answer = await self.post("/who", {"code": code, "to": redirect_uri}, "who")
        if not answer["who"]:
            raise ContentError("log in again")
        return LoggedIn(Identity(str(answer["who"]), "toy"))

    async def post(self, path: str, body: object, *needed: str) -> Mapping[str, Any]:
        headers = {"authorization": f"Bearer {await self.login()}"}
        return json_of(await self.call(path, json=body, headers=headers), *needed)

    async def login(self) -> str:
        if self.token is None or (self.token.done() and self.token.exception()):
            self.token = asyncio.create_task(self.ask_for_token())
        return await asyncio.shield(self.token)

    async def ask_for_token(self) -> str:
        body = {"secret": self.credential.secret.get_secret_value()}
        token = json_of(await self.call("/token", json=body), "token")["token"]
        if not isinstance(token, str):
            raise UncertainError("no token")
        return token

    async def call(self, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own options
        return await self.http.post(HOST + path, extensions={"purpose": path.strip("/")}, **options)


def inert(text: str) -> str:
    return html.escape(text).replace("@", "&#64;")


def platform(_clock: Clock) -> httpx.MockTransport:
    def answer(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        path = request.url.path
        if path == "/token":
            good = body["secret"] == "canary-secret"
            return httpx.Response(200 if good else 401, json={"token": "canary-token"})
        if request.headers["authorization"] != "Bearer canary-token":
            return httpx.Response(401)
        named = body.get("names") or body.get("to") or []
        return httpx.Response(
            200,
            json={
                "ok": True,
                "id": "m1",
                "who": "li" if body.get("code") == "good" else None,
                "found": [each for each in named if each in PEOPLE],
                "unknown": [each for each in named if each not in PEOPLE],
            },
        )

    return httpx.MockTransport(answer)


def marks(payload: Payload) -> Marks:
    """Read HTML as the toy's platform does: tags and its own `@all` are more than text."""
    text = str(payload["html"]).removeprefix("<h1>").replace("</h1>", "", 1)
    tags = tuple(part for part in text.split("<")[1:])
    return Marks(mentions=("all",) if "@all" in text else (), buttons=tags)


def subject_of(channel: type[Good] = Good, **more: Any) -> Subject:  # noqa: ANN401 - a subject's own attributes
    """Return the toy, whole or with a channel that breaks something."""
    offer = ChannelType(
        "toy",
        more.pop("title", {"en": "Toy", "zh-CN": "玩具"}),
        more.pop("credential", Credential),
        channel,
        hosts=more.pop("hosts", frozenset({"toy.example"})),
    )
    values: dict[str, Any] = {
        "channel_type": offer,
        "config": {"app": "toy", "secret": "canary-secret"},
        "far_end": platform,
        "recipients": [Recipient(RecipientKind.USER, name) for name in PEOPLE],
        "stranger": Recipient(RecipientKind.USER, "nobody"),
        "nobody": Identity("nobody", "toy"),
        "plugin": module(channel_types=hookimpl(lambda: [offer])),
        "marks": marks,
        "max_bytes": MAX_BYTES,
        "key_in": lambda request: json.loads(request.content).get("key"),
        "is_token": lambda request: request.url.path == "/token",
        "hostile": [{"app": "../.."}],
    }
    return Subject(**{**values, **more})
