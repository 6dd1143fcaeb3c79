"""The composition root: the only place where the parts meet."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta

import structlog
from fastapi import FastAPI
from sqlalchemy import Connection, select

from gateway import registry as plugins
from gateway.api import Parts
from gateway.api.app import bare_api
from gateway.channels import Channels
from gateway.checks import Checks
from gateway.clock import SystemClock
from gateway.core import Core, Given, assemble
from gateway.directory import Directory
from gateway.drafts import Drafts
from gateway.egress import Egress
from gateway.house_rules import HouseRules
from gateway.people.asking import Asking
from gateway.people.parts import People, people
from gateway.plugin import Clock, Log
from gateway.previewing import Previews
from gateway.registry import Registry
from gateway.settings import Settings
from gateway.store import Store, StoreUnavailableError, open_store
from gateway.store.schema import installation
from gateway.telemetry import Metrics, Redactor
from gateway.templates import Templates
from gateway.tenants import Tenants
from gateway.topics import Topics

SLOW_STORE = timedelta(seconds=2)


def build_app(
    settings: Settings,
    *,
    worker: bool = True,
    clock: Clock | None = None,
    registry: Registry | None = None,
    redactor: Redactor | None = None,
) -> FastAPI:
    """Make the whole gateway as one application; its lifespan opens and closes everything.

    Args:
        settings: What the operator set.
        worker: Whether this process also delivers.
        clock: The time; the machine's own by default.
        registry: The plugins; every installed one that the settings allow by default.
        redactor: Hears of every secret that is opened: the one that cleans the log's lines.

    Raises (when its lifespan starts):
        StoreLockedError: Another process works on this SQLite file.
        EncryptionKeyError: The keys that seal credentials are missing or malformed.
    """
    time = clock or SystemClock()
    log: Log = structlog.get_logger("gateway")

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        found = registry or plugins.load(log, allowed=settings.plugins)
        hidden = redactor or Redactor()
        async with running(settings, time, found, hidden, worker=worker) as core:
            app.state.parts = parts_of(core, log, worker=worker)
            try:
                yield
            finally:
                core.changes.close()

    return bare_api(time, log, lifespan)


@contextlib.asynccontextmanager
async def running(
    settings: Settings, clock: Clock, registry: Registry, redactor: Redactor, *, worker: bool
) -> AsyncIterator[Core]:
    """Open the store, put the core together, and deliver while the body runs."""
    metrics = Metrics.create()
    for secret in (settings.owner_key, settings.encryption_keys):
        if secret is not None:
            redactor.learn(secret.get_secret_value())
    store = open_store(settings.database_url, metrics.commit_rows.observe)
    await store.start(deliver=worker)
    given = Given(settings, clock, store, registry, Egress(), redactor, metrics)
    core = await assemble(given)
    try:
        async with _delivering(core) if worker else contextlib.nullcontext():
            yield core
    finally:
        await core.aclose()


@contextlib.asynccontextmanager
async def _delivering(core: Core) -> AsyncIterator[None]:
    work = asyncio.create_task(core.work(), name="engine")
    try:
        yield
    finally:
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work


def parts_of(core: Core, log: Log, *, worker: bool) -> Parts:
    """Return what the API is made of."""
    channels = Channels(
        store=core.store,
        registry=core.registry,
        credentials=core.credentials,
        changed=core.lanes.changed,
        allow=core.settings.egress_allow,
    )
    drafts = Drafts(core.store, channels)
    return Parts(
        store=core.store,
        registry=core.registry,
        access=core.access,
        tenants=Tenants(core.store, core.credentials, core.lanes.changed, core.settings.regions),
        channels=channels,
        drafts=drafts,
        checks=Checks(
            store=core.store,
            channels=channels,
            drafts=drafts,
            connections=core.connections,
            credentials=core.credentials,
            changed=core.lanes.changed,
            books=core.lanes,
        ),
        directory=Directory(core.store, core.registry),
        people=_people(core),
        rules=HouseRules(core.store, core.registry),
        topics=Topics(core.store, core.registry),
        templates=Templates(core.store),
        previews=Previews(core.store, core.registry, core.connections, core.clock),
        router=core.router,
        amender=core.amender,
        connections=core.lanes,
        ready=_readiness(core, worker=worker),
        metrics=core.metrics.render,
        clock=core.clock,
        log=log,
        changed=core.changes,
        base_url=core.settings.base_url,
    )


def _people(core: Core) -> People:
    asking = Asking(core.store, core.connections, core.lanes, core.clock, core.redactor.clean)
    home = core.settings.base_url
    return people(core.store, core.registry, asking, core.credentials, home)


def _readiness(core: Core, *, worker: bool) -> Callable[[], Awaitable[Mapping[str, str | None]]]:
    async def ready() -> Mapping[str, str | None]:
        stats = core.engine.stats()
        engine = None if stats.running or not worker else "it does not run"
        return {"store": await _store_state(core.store), "engine": engine}

    return ready


async def _store_state(store: Store) -> str | None:
    try:
        async with asyncio.timeout(SLOW_STORE.total_seconds()):
            await store.read(_ask)
    except (StoreUnavailableError, TimeoutError):
        return "it does not answer"
    return None


def _ask(connection: Connection) -> None:
    connection.execute(select(installation.c.name).limit(1)).all()
