"""A whole core on SQLite with the bench's channels, furnished with lanes and a backlog."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench.push import PUSH, PUSH_MANY
from gateway.accepting import acceptance, route
from gateway.clock import SystemClock, to_millis
from gateway.core import Core, Given, assemble
from gateway.egress import Egress
from gateway.models import Audience
from gateway.request import NotifyRequest
from gateway.rules import ChannelFacts, Facts
from gateway.settings import Settings
from gateway.store import Store, open_store
from gateway.store.accept import Acceptance, accept
from gateway.store.schema import binding, channel, secret, tenant
from gateway.store.standing import shard_of
from gateway.store.tenants import read_tenant
from gateway.testing.registry import registry_of

TEXT = "The quarterly figures are ready to be looked at. " * 8


@dataclass(frozen=True)
class LanePlan:
    """One channel with a lane of its own, and what waits on it."""

    tenant: str
    name: str
    url: str
    deliveries: int
    kind: str = "push"
    calls_per_second: int = 0
    equal: bool = False

    @property
    def key(self) -> str:
        return f"{self.tenant}/{self.name}"


def settings_for(folder: Path) -> Settings:
    """Return what an operator would set, with this machine's own addresses opened."""
    url = f"sqlite:///{folder / 'gateway.db'}"
    return Settings(database_url=url, egress_allow=(ip_network("127.0.0.0/8"),))


@contextlib.asynccontextmanager
async def house(folder: Path, store: Store | None = None) -> AsyncIterator[Core]:
    """Put a core together, with a given store where that matters, and close it afterwards."""
    settings = settings_for(folder)
    store = store or open_store(settings.database_url)
    await store.start()
    registry = registry_of(PUSH, PUSH_MANY)
    core = await assemble(Given(settings, SystemClock(), store, registry, Egress()))
    try:
        yield core
    finally:
        await core.aclose()


async def furnish(core: Core, plans: Sequence[LanePlan]) -> None:
    """Make tenants, channels, bindings and the backlog."""
    await _tenants(core, {plan.tenant for plan in plans})
    await _channels(core, plans)
    bindings = [row for plan in plans for row in _bindings(core, plan)]
    await _insert(core, binding, bindings)
    for plan in plans:
        await asyncio.gather(*(core.store.fold(accept, one) for one in acceptances(core, plan)))


def acceptances(core: Core, plan: LanePlan) -> list[Acceptance]:
    """Return what waits on a lane as the store takes it."""
    return [_acceptance(core, plan, request) for request in _requests(plan)]


async def _tenants(core: Core, names: set[str]) -> None:
    now = to_millis(core.clock.now())
    rows = [
        {
            "id": name,
            "regions": [],
            "data_key": core.credentials.new_data_key(),
            "created": now,
            "updated": now,
        }
        for name in sorted(names)
    ]
    await _insert(core, tenant, rows)


async def _channels(core: Core, plans: Sequence[LanePlan]) -> None:
    now = to_millis(core.clock.now())
    await _insert(core, channel, [_channel(plan, now) for plan in plans])
    await _insert(core, secret, [await _secret(core, plan) for plan in plans])


def _channel(plan: LanePlan, now: int) -> dict[str, Any]:
    limits = {"calls_per_second": plan.calls_per_second} if plan.calls_per_second else {}
    return {
        "tenant": plan.tenant,
        "name": plan.name,
        "type": plan.kind,
        "config": {"url": plan.url},
        "limits": limits,
        "enabled": True,
        "lane": plan.key,
        "health": "ok",
        "health_since": now,
        "created": now,
        "updated": now,
    }


async def _secret(core: Core, plan: LanePlan) -> dict[str, Any]:
    owner = await core.store.read(lambda c: read_tenant(c, plan.tenant))
    assert owner is not None
    sealed = core.credentials.seal(owner, plan.name, {"token": "bench-token"})
    return {
        "tenant": plan.tenant,
        "channel": plan.name,
        "field": "token",
        "sealed": sealed["token"],
    }


async def _insert(core: Core, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    await core.store.write(lambda c: c.execute(table.insert(), rows))


def _bindings(core: Core, plan: LanePlan) -> Iterator[dict[str, Any]]:
    now = to_millis(core.clock.now())
    for number in range(plan.deliveries):
        yield {
            "tenant": plan.tenant,
            "channel": plan.name,
            "recipient": f"email:p{number}@example.com",
            "identity_kind": "topic",
            "identity": f"p{number}",
            "method": "manual",
            "since": now,
        }


def _requests(plan: LanePlan) -> Iterator[NotifyRequest]:
    people = [f"p{number}@example.com" for number in range(plan.deliveries)]
    groups = [people] if plan.equal else [[person] for person in people]
    for number, group in enumerate(groups):
        yield NotifyRequest.model_validate(
            {
                "type": "bench",
                "to": [{"email": person} for person in group],
                "card": {"title": f"{plan.key} {number}", "summary": TEXT},
            }
        )


def _acceptance(core: Core, plan: LanePlan, request: NotifyRequest) -> Acceptance:
    facts = ChannelFacts(plan.name, plan.key, enabled=True, audience=Audience.PERSON)
    known = Facts({plan.name: facts}, {}, {}, {})
    routed = route(plan.tenant, request, known, core.clock.now())
    return acceptance(request, routed, None)


def names_in_one_shard(owner: str, count: int) -> list[str]:
    """Return channel names of a tenant whose lanes all fall into one shard."""
    wanted = shard_of(f"{owner}/n0")
    names = (f"n{number}" for number in itertools.count())
    mine = (name for name in names if shard_of(f"{owner}/{name}") == wanted)
    return list(itertools.islice(mine, count))
