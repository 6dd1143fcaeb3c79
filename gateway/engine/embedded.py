"""The engine of a single process: it owns every shard, and tasks and events are all it takes."""

import asyncio
import contextlib
from collections.abc import Iterable

from gateway.engine import EngineStats, Handler, Lease
from gateway.models import SHARDS
from gateway.store import Store, StoreUnavailableError
from gateway.store.window import leave_shards, take_shards


class EmbeddedEngine:
    """Owns all shards of a database that only this process works on."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._leases: dict[int, Lease] = {}

    def wake(self, shards: Iterable[int]) -> None:
        """Tell the owners of `shards`."""
        for shard in shards:
            if lease := self._leases.get(shard):
                lease.wake()

    async def run(self, handler: Handler) -> None:
        """Take every shard and work it until cancelled; then leave them clean."""
        taken = await self._store.write(lambda c: take_shards(c, range(SHARDS)))
        self._leases = {
            shard: Lease(shard, epoch, clean) for shard, (epoch, clean) in taken.items()
        }
        try:
            async with asyncio.TaskGroup() as group:
                for lease in self._leases.values():
                    group.create_task(_awaited(handler, lease), name=f"shard-{lease.shard}")
        finally:
            await self._leave()

    def stats(self) -> EngineStats:
        """Tell how it is."""
        return EngineStats("embedded", bool(self._leases), len(self._leases))

    async def _leave(self) -> None:
        epochs = {lease.shard: lease.epoch for lease in self._leases.values() if lease.clean}
        self._leases = {}
        # Without the store they stay as after a crash: the next owner flags what may be double.
        with contextlib.suppress(StoreUnavailableError):
            await asyncio.shield(self._store.write(lambda c: leave_shards(c, epochs)))


async def _awaited(handler: Handler, lease: Lease) -> None:
    await handler(lease)
