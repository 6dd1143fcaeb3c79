"""The API over a real store, a real vault, and fakes for what is not its own."""

import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, SecretStr

from gateway.access import Access
from gateway.amending import Amender
from gateway.api import Changes, Parts, create_api
from gateway.channel_config import Networks
from gateway.channels import Channels
from gateway.checks import Checks
from gateway.clock import to_millis
from gateway.connections import NotConfiguredError
from gateway.credentials import Credentials
from gateway.directory import Directory
from gateway.drafts import Drafts
from gateway.house_rules import HouseRules
from gateway.models import Audience, Recipient, Role
from gateway.people.asking import Asking
from gateway.people.parts import people
from gateway.plugin import (
    Card,
    Channel,
    ChannelType,
    Check,
    GuideRequest,
    GuideScope,
    GuideStep,
    Identity,
    Limits,
    LoggedIn,
    LogsIn,
    Payload,
    Receipt,
    SetupGuide,
)
from gateway.previewing import Previews
from gateway.problems import Problem, ProblemError, invalid
from gateway.registry import Offer, PluginInfo, Registry, load
from gateway.request import NotifyRequest
from gateway.store import Store
from gateway.store.audit import By
from gateway.store.channels import ChannelRow, read_channel
from gateway.telemetry import Metrics, Redactor
from gateway.templates import Templates
from gateway.tenants import TenantBody, Tenants
from gateway.testing.clock import FakeClock
from gateway.topics import Topics
from gateway.vault import Vault
from tests.gateway.store.rows import add_delivery

OWNER_KEY = "owner-key-of-the-tests-0123456789"
PUBLIC = "https://gw.example.com"


class SilentLog:
    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, Any]]] = []

    def info(self, event: str, **fields: object) -> None:
        self.lines.append((event, fields))

    def warning(self, event: str, **fields: object) -> None:
        self.lines.append((event, fields))


class LarkConfig(BaseModel):
    model_config = ConfigDict(extra="forbid")

    app_id: str
    app_secret: SecretStr
    encrypt_key: SecretStr | None = None
    edition: str | None = None
    api_base: str = "https://open.larksuite.com"


class RobotConfig(BaseModel):
    webhook_url: SecretStr
    secret: SecretStr | None = None
    headers: dict[str, str] | None = None


class FakeChannel(Channel[Any]):
    """A channel whose check is what the test says."""

    def __init__(self, found: Callable[[], Sequence[Check]] = lambda: ()) -> None:
        self.found = found

    async def check(self) -> Sequence[Check]:
        return self.found()

    async def resolve(self, recipient: Recipient) -> Identity:
        return Identity("ou_1", "open_id")

    def render(self, card: Card) -> Payload:
        return {}

    async def send(self, to: Identity, payload: Payload, *, key: str) -> Receipt:
        return Receipt("om_1")


class PersonChannel(FakeChannel, LogsIn):
    """One that people log in on; `told` is who the platform says it was."""

    told: LoggedIn | Exception = LoggedIn(Identity("ou_1", "open_id"))

    def login_url(self, redirect_uri: str, state: str) -> str:
        query = urlencode({"redirect_uri": redirect_uri, "state": state})
        return f"https://accounts.example.com/authorize?{query}"

    async def identify(self, code: str, redirect_uri: str) -> LoggedIn:
        if isinstance(self.told, Exception):
            raise self.told
        return self.told


def guide(request: GuideRequest) -> SetupGuide:
    return SetupGuide(
        performer="admin",
        minutes=10,
        steps=(GuideStep("app", "Create", f"App {request.config.get('app_id')}"),),
        homepage_url=request.homepage_url,
        callback_url=request.callback_url,
        scopes=tuple(GuideScope(f"s:{f}", "why", "https://d", f) for f in sorted(request.features)),
    )


LARK = ChannelType(
    "lark",
    {"en": "Lark", "zh-CN": "飞书国际版"},
    LarkConfig,
    PersonChannel,
    limits=Limits(user_window_seconds=600, calls_per_second=50),
    hosts=frozenset({"open.larksuite.com"}),
    host_fields=("api_base",),
    app_field="app_id",
    identity_kinds=("open_id", "user_id"),
    uncounted=frozenset({"token"}),
    guide=guide,
)
ROBOT = ChannelType(
    "lark-robot",
    "Robot",
    RobotConfig,
    FakeChannel,
    audience=Audience.GROUP,
    hosts=frozenset({"open.larksuite.com"}),
    host_fields=("webhook_url",),
    app_field="webhook_url",
    identity_kinds=("open_id",),
    detect=lambda text: {"webhook_url": text} if "/hook/" in text else None,
)


@dataclass
class Counter:
    total: int = 0


@dataclass
class FakeLive:
    row: ChannelRow
    channel_type: ChannelType
    channel: FakeChannel
    limits: Limits
    calls: Counter
    deadline: timedelta = timedelta(seconds=5)


@dataclass
class FakeConnections:
    store: Store
    events: list[tuple[str, str]] = field(default_factory=list)
    channel: FakeChannel = field(default_factory=PersonChannel)
    calls: Counter = field(default_factory=Counter)
    tested: list[Recipient] = field(default_factory=list)
    drafted: list[tuple[ChannelRow, Mapping[str, Any]]] = field(default_factory=list)
    booked: list[ChannelRow] = field(default_factory=list)
    versions: list[int | None] = field(default_factory=list)

    async def live(self, tenant: str, name: str, version: int | None = None) -> FakeLive:
        self.versions.append(version)
        row = await self.store.read(lambda c: read_channel(c, tenant, name))
        if row is None:
            raise NotConfiguredError("there is no such channel")
        return FakeLive(row, LARK, self.channel, LARK.limits, self.calls)

    async def opened(self, row: ChannelRow, secrets: Mapping[str, Any]) -> FakeLive:
        self.drafted.append((row, secrets))
        return FakeLive(row, LARK, self.channel, LARK.limits, self.calls)

    async def gate(self, live: FakeLive) -> "FakeConnections":
        return self

    @asynccontextmanager
    async def call(self, purpose: str, live: FakeLive) -> AsyncIterator[None]:
        yield

    async def write_usage(self, lives: Iterable[FakeLive]) -> None:
        self.booked += [live.row for live in lives]

    async def changed(self, tenant: str, name: str) -> None:
        self.events.append((tenant, name))

    async def test(self, tenant: str, channel: str, recipient: Recipient) -> Mapping[str, Any]:
        self.tested.append(recipient)
        return {"ok": True, "answer": {"code": 0}}


@dataclass
class FakeAccepted:
    answer: str
    replayed: bool = False


@dataclass
class FakeRouter:
    store: Store
    accepted: list[tuple[str, NotifyRequest, str | None, str]] = field(default_factory=list)
    seen: dict[tuple[str, str], str] = field(default_factory=dict)

    async def accept(
        self,
        tenant: str,
        request: NotifyRequest,
        *,
        idempotency_key: str | None = None,
        body_digest: str = "",
    ) -> FakeAccepted:
        if request.type == "store.down":
            from gateway.store import StoreUnavailableError  # noqa: PLC0415 - this one case

            raise StoreUnavailableError("disk /secret/path is full")
        if request.type == "bug":
            raise RuntimeError("a bug with canary-secret")
        if request.template:
            raise invalid(["body", "template"], "no such template", code="unknown_template")
        known = self.seen.setdefault((tenant, idempotency_key or ""), body_digest)
        if idempotency_key and known != body_digest:
            raise invalid(["header", "Idempotency-Key"], "other body", code="idempotency_mismatch")
        replayed = any(key == idempotency_key for _, _, key, _ in self.accepted if key)
        self.accepted.append((tenant, request, idempotency_key, body_digest))
        return FakeAccepted(json.dumps(_answer(tenant)), replayed)

    async def accept_many(
        self, tenant: str, items: Sequence[tuple[NotifyRequest, str | None, str]]
    ) -> list[FakeAccepted | Problem]:
        answers: list[FakeAccepted | Problem] = []
        for request, key, digest in items:
            try:
                answers.append(
                    await self.accept(tenant, request, idempotency_key=key, body_digest=digest)
                )
            except ProblemError as error:
                answers.append(error.problem)
        return answers

    async def preview(self, tenant: str, request: NotifyRequest) -> Mapping[str, Any]:
        return {"tenant": tenant, "recipients": []}

    async def judge(self, tenant: str, request: NotifyRequest) -> Mapping[str, Any]:
        return {"status": "accepted", "reason": None, "counts": {}, "rules": [], "deliveries": []}

    async def explain(self, tenant: str, notification_id: str) -> Mapping[str, Any]:
        return {"id": notification_id, "tenant": tenant, "recipients": []}

    async def cancel(self, tenant: str, notification_id: str) -> int:
        return 1

    async def cancel_by_key(self, tenant: str, key: str) -> int:
        if key == "nothing":
            raise ProblemError("nothing_to_cancel")
        return 2

    async def retry(self, tenant: str, delivery_id: str) -> str:
        again = f"{delivery_id}r{len(self.accepted)}"
        await self.store.write(
            lambda c: add_delivery(c, again, tenant=tenant, retry_of=delivery_id)
        )
        return again


def _answer(tenant: str) -> dict[str, Any]:
    return {
        "id": "ntf_1",
        "status": "accepted",
        "tenant": tenant,
        "counts": {"recipients": 1, "deliveries": 1, "suppressed": 0},
        "deliveries": [],
        "links": {"self": "/v1/notifications/ntf_1", "explain": "/v1/notifications/ntf_1/explain"},
        "warnings": [],
    }


@dataclass
class World:
    """Everything a test may look into."""

    app: FastAPI
    parts: Parts
    store: Store
    clock: FakeClock
    log: SilentLog
    router: FakeRouter
    connections: FakeConnections
    redactor: Redactor
    keys: dict[tuple[str, str], str] = field(default_factory=dict)
    broken: dict[str, str | None] = field(default_factory=dict)

    def client(self, key: str | None = OWNER_KEY) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        transport = httpx.ASGITransport(self.app)
        return httpx.AsyncClient(transport=transport, base_url=PUBLIC, headers=headers)

    def as_role(self, role: str, tenant: str = "acme") -> httpx.AsyncClient:
        return self.client(OWNER_KEY if role == "owner" else self.keys[tenant, role])


@asynccontextmanager
async def made(store: Store, allow: Networks = ()) -> AsyncIterator[World]:
    """Yield a world with two tenants, acme and other, and a key for each role in both."""
    clock, log, redactor = FakeClock(), SilentLog(), Redactor()
    vault = Vault([b"k" * 32])
    credentials = Credentials(store, vault, redactor)
    connections, router = FakeConnections(store), FakeRouter(store)
    registry = registry_of(LARK, ROBOT)
    channels = Channels(
        store=store,
        registry=registry,
        credentials=credentials,
        changed=connections.changed,
        allow=allow,
    )
    drafts = Drafts(store, channels)
    access = Access(store, vault.pepper(vault.new_data_key()), clock, SecretStr(OWNER_KEY))
    broken: dict[str, str | None] = {"store": None}

    # Nobody here answers questions about people: that takes a live channel.
    asking = Asking(store, connections, connections, clock, redactor.clean)  # type: ignore[arg-type]

    async def ready() -> Mapping[str, str | None]:
        return broken

    parts = Parts(
        store=store,
        registry=registry,
        access=access,
        tenants=Tenants(store, credentials, connections.changed),
        channels=channels,
        drafts=drafts,
        checks=Checks(
            store=store,
            channels=channels,
            drafts=drafts,
            connections=connections,
            credentials=credentials,
            changed=connections.changed,
            books=connections,
        ),
        directory=Directory(store, registry),
        people=people(store, registry, asking, credentials, PUBLIC),
        rules=HouseRules(store, registry),
        topics=Topics(store, registry),
        templates=Templates(store),
        previews=Previews(store, registry, connections, clock),  # type: ignore[arg-type]  # a fake
        router=router,
        amender=Amender(store, registry, clock, _nobody, _nothing_flies, lambda: None),
        connections=connections,
        ready=ready,
        metrics=Metrics.create().render,
        clock=clock,
        log=log,
        changed=Changes(),
        base_url=PUBLIC,
    )
    app = create_api(parts)
    world = World(app, parts, store, clock, log, router, connections, redactor, broken=broken)
    for tenant in ("acme", "other"):
        by = By("test", tenant, clock.now())
        await parts.tenants.put(by, tenant, TenantBody(name=tenant))
        for role in (Role.ADMIN, Role.SENDER, Role.VIEWER):
            world.keys[tenant, role] = (await access.create(by, role))[1]
    yield world
    await access.aclose()


def _nobody(_shards: Iterable[int]) -> None:
    """Wake nobody."""


@contextmanager
def _nothing_flies(_notification: str) -> Iterator[frozenset[str]]:
    yield frozenset()


def registry_of(*types: ChannelType) -> Registry:
    registry = load(SilentLog(), points=())
    info = PluginInfo("fake", "gateway-fake", "1.0")
    registry.offers.update({each.name: Offer(each, info) for each in types})
    return registry


@pytest.fixture
async def world(sqlite_store: Store) -> AsyncIterator[World]:
    async with made(sqlite_store) as everything:
        yield everything


@pytest.fixture
async def owner(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with world.client() as client:
        yield client


@pytest.fixture
async def admin(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with world.as_role("admin") as client:
        yield client


def millis(world: World) -> int:
    return to_millis(world.clock.now())


LARK_BODY = {"type": "lark", "config": {"app_id": "cli_1", "app_secret": "canary-secret-1"}}
CHANNEL = "/v1/tenants/acme/channels/lark"
NOTIFY = {"type": "t", "to": ["user:li"], "card": {"title": "Hello"}}
