"""Writes that must happen, however long the store is away."""

from dataclasses import dataclass
from typing import TypeVar

from gateway.plugin import Clock, Log
from gateway.store import Store, StoreUnavailableError
from gateway.store.commit import Operation

T = TypeVar("T")
Item = TypeVar("Item")
STORE_RETRY_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Patience:
    """Asks the store again until it is back."""

    store: Store
    clock: Clock
    log: Log

    async def fold(self, operation: Operation[Item, T], item: Item) -> T:
        """Return what `Store.fold` returns, once it does."""
        while True:
            try:
                return await self.store.fold(operation, item)
            except StoreUnavailableError as error:
                self.log.warning("waiting for the store", error=str(error))
                await self.clock.sleep(STORE_RETRY_SECONDS)
