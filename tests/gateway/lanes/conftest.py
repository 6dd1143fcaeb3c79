"""A whole core on SQLite with toy channels, the real clock, and nothing of HTTP."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest
import sqlalchemy as sa

from gateway.clock import SystemClock, to_millis
from gateway.core import Core, Given, assemble
from gateway.egress import Egress
from gateway.plugin import ChannelType, Clock
from gateway.request import NotifyRequest
from gateway.settings import Settings
from gateway.store import open_store
from gateway.store.schema import attempt, channel, delivery, tenant, user
from gateway.store.standing import shard_of
from gateway.testing.registry import registry_of


@dataclass
class House:
    """A running core, and what tests do with it."""

    core: Core
    worker: asyncio.Task[None] | None = None

    async def tenant(self, name: str = "acme") -> None:
        now = to_millis(self.core.clock.now())
        row = {
            "id": name,
            "regions": [],
            "data_key": self.core.credentials.new_data_key(),
            "created": now,
            "updated": now,
        }
        await self.core.store.write(lambda c: c.execute(tenant.insert().values(**row)))

    async def channel(  # noqa: PLR0913 - a row of the table, each column by its name
        self,
        name: str = "toy",
        kind: str = "toy",
        *,
        tenant: str = "acme",
        enabled: bool = True,
        limits: dict[str, int] | None = None,
        lane: str | None = None,
    ) -> str:
        now = to_millis(self.core.clock.now())
        key = lane or f"{tenant}/{name}"
        row = {
            "tenant": tenant,
            "name": name,
            "type": kind,
            "config": {},
            "limits": limits or {},
            "enabled": enabled,
            "lane": key,
            "health": "unchecked",
            "health_since": now,
            "created": now,
            "updated": now,
        }
        await self.core.store.write(lambda c: c.execute(channel.insert().values(**row)))
        return key

    async def set_channel(self, name: str = "toy", tenant: str = "acme", **values: object) -> None:
        await self.core.store.write(
            lambda c: c.execute(
                channel.update()
                .where(channel.c.tenant == tenant, channel.c.name == name)
                .values(**values)
            )
        )
        await self.core.lanes.changed(tenant, name)

    async def user(self, name: str, tenant: str = "acme", **fields: object) -> None:
        now = to_millis(self.core.clock.now())
        row = {
            "tenant": tenant,
            "id": name,
            "departments": [],
            "preferences": {},
            "created": now,
            "updated": now,
            **fields,
        }
        await self.core.store.write(lambda c: c.execute(user.insert().values(**row)))

    async def post(self, *to: str, title: str = "Hi", tenant: str = "acme", **more: object) -> str:
        body = {"type": "test", "to": [_to(one) for one in to], "card": {"title": title}, **more}
        accepted = await self.core.router.accept(tenant, NotifyRequest.model_validate(body))
        return str(json.loads(accepted.answer)["id"])

    async def deliveries(self, **where: object) -> list[sa.Row]:
        query = sa.select(delivery).order_by(delivery.c.id)
        for name, value in where.items():
            query = query.where(delivery.c[name] == value)
        return await self.core.store.read(lambda c: list(c.execute(query)))

    async def attempts(self) -> list[sa.Row]:
        query = sa.select(attempt).order_by(attempt.c.id)
        return await self.core.store.read(lambda c: list(c.execute(query)))

    async def until(self, check: Callable[[], Awaitable[bool]], seconds: float = 20.0) -> None:
        async with asyncio.timeout(seconds):
            while not await check():  # noqa: ASYNC110 - the store tells nobody
                await asyncio.sleep(0.01)

    async def until_over(self, seconds: float = 20.0) -> None:
        async def over() -> bool:
            return all(row.due is None for row in await self.deliveries())

        await self.until(over, seconds)

    def start(self) -> None:
        self.worker = asyncio.create_task(self.core.work())

    async def stop(self) -> None:
        if self.worker is not None:
            self.worker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.worker
            self.worker = None


def _to(text: str) -> object:
    kind, _, value = text.partition(":")
    return text if kind == "user" else {kind: value}


Build = Callable[..., Awaitable[House]]


@pytest.fixture
async def build(sqlite_url: str) -> AsyncIterator[Build]:
    """Yield what builds a running house; everything is closed afterwards."""
    houses: list[House] = []

    async def make(
        *types: ChannelType,
        start: bool = True,
        hooks: tuple[object, ...] = (),
        clock: Clock | None = None,
        url: str = sqlite_url,
        **settings: object,
    ) -> House:
        store = open_store(url)
        await store.start()
        given = Given(
            settings=Settings(database_url=sqlite_url, **settings),
            clock=clock or SystemClock(),
            store=store,
            registry=registry_of(*types, hooks=hooks),
            egress=Egress(),
        )
        house = House(await assemble(given))
        houses.append(house)
        await house.tenant()
        if start:
            house.start()
        return house

    yield make
    for house in houses:
        await house.stop()
        await house.core.aclose()


__all__ = ["House", "shard_of"]
