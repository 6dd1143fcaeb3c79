"""The parts below the API, put together: what accepts, keeps and delivers."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy import Connection

from gateway.access import Access
from gateway.amending import Amender
from gateway.changes import Changes
from gateway.clock import to_millis
from gateway.connections import Connections, Network
from gateway.credentials import Credentials
from gateway.egress import Call, Egress
from gateway.engine import Engine
from gateway.engine.embedded import EmbeddedEngine
from gateway.explain import Explainer
from gateway.facts import FactsReader
from gateway.lanes.acks import Acks
from gateway.lanes.flights import Flights
from gateway.lanes.host import Lanes
from gateway.lanes.media import Pictures
from gateway.lanes.patience import Patience
from gateway.lanes.preparing import Preparer
from gateway.lanes.slots import Slots
from gateway.lanes.standing import Standings
from gateway.lanes.tools import Tools
from gateway.plugin import Clock, Log
from gateway.registry import Registry
from gateway.router import Router, Signals
from gateway.settings import Settings
from gateway.store import Store, StoreUnavailableError
from gateway.store.accept import forget_keys
from gateway.store.installation import first_value
from gateway.telemetry import Metrics, Redactor
from gateway.vault import Pepper, Vault, load_or_create_key_file, parse_keys

PEPPER = "pepper"
TIDY_SECONDS = 600.0
ENGINE_RETRY_SECONDS = 1.0
_log: Log = structlog.get_logger("gateway.core")


@dataclass(frozen=True, slots=True)
class Core:
    """Everything that works without HTTP in front."""

    settings: Settings
    clock: Clock
    store: Store
    registry: Registry
    network: Network
    redactor: Redactor
    metrics: Metrics
    credentials: Credentials
    access: Access
    connections: Connections
    engine: Engine
    lanes: Lanes
    router: Router
    amender: Amender
    changes: Changes

    async def work(self) -> None:
        """Deliver until cancelled; calls in the air end, and what they did is written down."""
        tidy = asyncio.create_task(self._tidy(), name="tidy")
        try:
            await self._deliver()
        finally:
            tidy.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await tidy

    async def aclose(self) -> None:
        """Close what is open; call after `work` has ended."""
        await self.access.aclose()
        await self.network.egress.aclose()
        await self.store.aclose()

    async def _tidy(self) -> None:
        while True:
            await self.clock.sleep(TIDY_SECONDS)
            with contextlib.suppress(StoreUnavailableError):
                await self.store.write(self._forget_keys)

    async def _deliver(self) -> None:
        while True:
            try:
                return await self.engine.run(self.lanes.own)
            except StoreUnavailableError as error:
                _log.warning("the engine waits for the store", error=str(error))
                await self.clock.sleep(ENGINE_RETRY_SECONDS)

    def _forget_keys(self, connection: Connection) -> int:
        return forget_keys(connection, to_millis(self.clock.now()))


@dataclass(frozen=True, slots=True)
class Given:
    """What a core is built from: settings, and the parts that tests like to own."""

    settings: Settings
    clock: Clock
    store: Store
    registry: Registry
    egress: Egress
    redactor: Redactor = field(default_factory=Redactor)
    metrics: Metrics = field(default_factory=Metrics.create)
    engine: Callable[[Store], Engine] = EmbeddedEngine


async def assemble(given: Given) -> Core:
    """Put the parts together; the store must have been started.

    Raises:
        EncryptionKeyError: The keys that seal credentials are missing or malformed.
    """
    vault = Vault(_keys(given.settings))
    pepper = await _pepper(given.store, vault)
    credentials = Credentials(given.store, vault, given.redactor)
    settings = given.settings
    public = settings.base_url if settings.public_url else None
    network = Network(given.egress, settings.egress_allow, public)
    changes = Changes()
    connections = Connections(
        store=given.store,
        registry=given.registry,
        network=network,
        clock=given.clock,
        log=_channel_log,
        unseal=credentials.unseal,
        observe=_observer(given.metrics),
    )
    engine = given.engine(given.store)
    lanes = _lanes(given, connections, network, engine, changes)
    return Core(
        settings=given.settings,
        clock=given.clock,
        store=given.store,
        registry=given.registry,
        network=network,
        redactor=given.redactor,
        metrics=given.metrics,
        credentials=credentials,
        access=Access(given.store, pepper, given.clock, given.settings.owner_key),
        connections=connections,
        engine=engine,
        lanes=lanes,
        router=_router(given, connections, engine, lanes, changes),
        amender=Amender(
            given.store,
            given.registry,
            given.clock,
            engine.wake,
            lanes.withdrawing,
            changes.tell,
        ),
        changes=changes,
    )


def _lanes(
    given: Given, connections: Connections, network: Network, engine: Engine, changes: Changes
) -> Lanes:
    log: Log = structlog.get_logger("gateway.lanes")
    # Acks tell the lanes, and the lanes work with the acks: the one knot that is tied late.
    acks = Acks(given.store, given.clock, log)
    tools = Tools(
        store=given.store,
        clock=given.clock,
        log=log,
        registry=given.registry,
        connections=connections,
        slots=Slots(given.settings.concurrency),
        acks=acks,
        flights=Flights(),
        standings=Standings(Patience(given.store, given.clock, log), connections),
        preparer=Preparer(given.store, Pictures(given.store, network, given.clock, log)),
        metrics=given.metrics,
        clean=given.redactor.clean,
    )
    lanes = Lanes(tools, engine, changes.tell)
    acks.heard = lanes.heard
    return lanes


def _router(
    given: Given, connections: Connections, engine: Engine, lanes: Lanes, changes: Changes
) -> Router:
    signals = Signals(
        wake=engine.wake,
        withdrawing=lanes.withdrawing,
        accepted=given.metrics.accepted.inc,
        changed=changes.tell,
    )
    facts = FactsReader(given.store, given.registry, given.clock)
    explainer = Explainer(given.store, given.clock, facts, connections, given.registry)
    return Router(given.store, given.clock, facts, explainer, signals)


def _keys(settings: Settings) -> tuple[bytes, ...]:
    if settings.encryption_keys is not None:
        return parse_keys(settings.encryption_keys.get_secret_value())
    path = settings.sqlite_path
    if path is None:
        return ()
    return (load_or_create_key_file(path.with_name(path.name + ".key")),)


async def _pepper(store: Store, vault: Vault) -> Pepper:
    wrapped = await store.write(lambda c: first_value(c, PEPPER, vault.new_data_key()))
    return vault.pepper(wrapped)


def _observer(metrics: Metrics) -> Callable[[str, Call], None]:
    def observe(channel_type: str, call: Call) -> None:
        metrics.call(channel_type, call.purpose, call.status, call.duration)

    return observe


def _channel_log(tenant: str, channel: str) -> Any:  # noqa: ANN401 - structlog's own loggers
    return structlog.get_logger("gateway.channel").bind(tenant=tenant, channel=channel)
