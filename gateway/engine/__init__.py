"""Who owns which shard of lanes: the port, and what stands behind it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

__all__ = ["Engine", "EngineStats", "Handler", "Lease"]


@dataclass(eq=False, slots=True)
class Lease:
    """The right to work one shard.

    Attributes:
        shard: Which.
        epoch: Grows with every owner; every ack names it, so that a former owner's is refused.
        clean: Whether the owner before acknowledged everything it sent; once this one has
            stopped, whether it did.
        lost: True once somebody else owns the shard: make no further provider call.
    """

    shard: int
    epoch: int
    clean: bool
    lost: bool = False
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """Tell the owner that there may be something to do."""
        self._woken.set()

    async def wait(self) -> None:
        """Wait until somebody wakes the owner."""
        await self._woken.wait()
        self._woken.clear()


Handler = Callable[[Lease], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class EngineStats:
    """How many shards this process owns, and whether it works at all."""

    name: str
    running: bool
    shards: int


class Engine(Protocol):
    """Carries the ownership of shards; never one job per delivery."""

    def wake(self, shards: Iterable[int]) -> None:
        """Tell the owners of `shards`, wherever they are; losing this is harmless."""

    async def run(self, handler: Handler) -> None:
        """Own shards and let `handler` work each, until cancelled."""

    def stats(self) -> EngineStats:
        """Tell how it is."""
