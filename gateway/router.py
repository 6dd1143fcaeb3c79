"""Accepts notifications: facts, rules, rows, one commit; and takes them back."""

import asyncio
import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from sqlalchemy import Connection

from gateway import accepting
from gateway.clock import to_millis
from gateway.explain import Explainer
from gateway.facts import FactsReader
from gateway.ids import new_id
from gateway.plugin import Clock
from gateway.problems import Problem, ProblemError, invalid
from gateway.request import NotifyRequest
from gateway.store import Store
from gateway.store.accept import Replay, accept
from gateway.store.changes import (
    Again,
    Cancellation,
    again,
    cancel,
    is_tenants,
    with_cancellation_key,
)
from gateway.store.retrying import waiting_copy
from gateway.store.standing import shard_of

Withdrawing = Callable[[str], AbstractContextManager[frozenset[str]]]


@dataclass(frozen=True, slots=True)
class Accepted:
    """The 202's body as JSON text, and whether it was given before."""

    answer: str
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Signals:
    """Whom the router tells: the engine of due shards, the lanes of what is taken back."""

    wake: Callable[[Iterable[int]], None]
    withdrawing: Withdrawing
    accepted: Callable[[], None]
    changed: Callable[[], None]


class Router:
    """Turns requests into rows; nobody is told before they are on disk."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        facts: FactsReader,
        explainer: Explainer,
        signals: Signals,
    ) -> None:
        self._store = store
        self._clock = clock
        self._facts = facts
        self._signals = signals
        self.explain = explainer.explain
        self.preview = explainer.preview
        self.judge = explainer.judge

    async def accept(
        self,
        tenant: str,
        request: NotifyRequest,
        *,
        idempotency_key: str | None = None,
        body_digest: str = "",
    ) -> Accepted:
        """Store one notification and return the answer once it is on disk.

        Raises:
            ProblemError: The request names what the tenant does not have, or the key was used
                with another body.
            StoreUnavailableError: Nothing was accepted.
        """
        facts = await self._facts.read(tenant, request)
        routed = accepting.route(tenant, request, facts, self._clock.now())
        answer = json.dumps(accepting.answer_for(routed), ensure_ascii=False)
        once = accepting.once_key(routed, idempotency_key, body_digest, answer)
        replay = await self._store.fold(accept, accepting.acceptance(request, routed, once))
        if replay is not None:
            return _replayed(replay, body_digest)
        self._signals.accepted()
        self._signals.wake({shard_of(str(row["key"])) for row in routed.lanes})
        return Accepted(answer)

    async def accept_many(
        self, tenant: str, items: Sequence[tuple[NotifyRequest, str | None, str]]
    ) -> list[Accepted | Problem]:
        """Judge each by itself; those that are accepted share a commit."""
        return await asyncio.gather(*(self._accept_one(tenant, *item) for item in items))

    async def cancel(self, tenant: str, notification_id: str) -> int:
        """Withdraw what has not gone yet and return how many deliveries that were.

        Raises:
            ProblemError: There is no such notification, or nothing left to cancel.
        """
        known = await self._store.read(lambda c: is_tenants(c, tenant, notification_id))
        if not known:
            raise ProblemError("not_found", "there is no such notification")
        return await self._cancel(tenant, [notification_id])

    async def cancel_by_key(self, tenant: str, key: str) -> int:
        """Withdraw what has not gone yet of everything that carries `key`.

        Raises:
            ProblemError: Nothing is left to cancel.
        """
        ids = await self._store.read(lambda c: with_cancellation_key(c, tenant, key))
        return await self._cancel(tenant, ids)

    async def retry(self, tenant: str, delivery_id: str) -> str:
        """Queue a copy of an ended delivery and return its id.

        Raises:
            ProblemError: The delivery has not ended, or its copy waits already.
        """
        now = self._clock.now()
        copy = Again(
            tenant,
            delivery_id,
            new_id("dlv", now),
            to_millis(now),
            to_millis(now + accepting.LIFETIME),
        )
        lane = await self._store.write(lambda c: _once_more(c, copy))
        if lane is None:
            raise ProblemError("conflict", "only a delivery that has ended can be tried again")
        self._signals.wake([shard_of(lane)])
        self._signals.changed()
        return copy.new_id

    async def _accept_one(
        self, tenant: str, request: NotifyRequest, key: str | None, digest: str
    ) -> Accepted | Problem:
        try:
            return await self.accept(tenant, request, idempotency_key=key, body_digest=digest)
        except ProblemError as error:
            return error.problem

    async def _cancel(self, tenant: str, ids: Sequence[str]) -> int:
        counts = [await self._withdraw(tenant, one) for one in ids]
        if not sum(counts):
            raise ProblemError("nothing_to_cancel")
        self._signals.changed()
        return sum(counts)

    async def _withdraw(self, tenant: str, notification_id: str) -> int:
        with self._signals.withdrawing(notification_id) as too_late:
            now = to_millis(self._clock.now())
            what = Cancellation(tenant, [notification_id], too_late, now)
            return await self._store.write(lambda c: cancel(c, what))


def _once_more(connection: Connection, copy: Again) -> str | None:
    waiting = waiting_copy(connection, copy.tenant, copy.delivery)
    if waiting is not None:
        raise ProblemError("conflict", f"it is being tried again already, as {waiting}")
    return again(connection, copy)


def _replayed(replay: Replay, digest: str) -> Accepted:
    if replay.digest != digest:
        message = "the key was used with another body"
        raise invalid(["header", "Idempotency-Key"], message, code="idempotency_mismatch")
    return Accepted(replay.answer, replayed=True)
