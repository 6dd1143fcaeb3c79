"""What runs in a process of its own: `python -m bench.parts NAME`, a line of JSON in and out.

A part that serves prints where it listens and ends when its standard input does; the others
print what they measured.
"""

import asyncio
import contextlib
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import httpx
import structlog

from bench import stub
from bench.held import assembled
from bench.house import TEXT, LanePlan, acceptances, furnish, house, settings_for
from bench.load import post, press
from gateway.api.app import create_api
from gateway.app import parts_of
from gateway.core import Core
from gateway.egress import Egress, EgressPolicy
from gateway.models import Role
from gateway.plugin import raise_for_reply
from gateway.serving import listen, port_of, run, serving
from gateway.store import Store, open_store
from gateway.store.accept import Acceptance, accept
from gateway.store.audit import By

Answer = dict[str, Any]
DEADLINE = 120.0
WORKERS = 64
TENANTS = 20
RESULTS = Path(__file__).parent / "results"


class Unwritten(Store):
    """A store like any other, but what is folded into a commit is answered and forgotten."""

    async def fold(self, operation: Any, item: Any) -> Any:  # noqa: ANN401 - as the store's
        del operation, item


@contextlib.contextmanager
def _folder() -> Any:  # noqa: ANN401 - an iterator of a path
    """Yield a folder on the project's disk: in memory an fsync would cost nothing."""
    RESULTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=RESULTS) as name:
        yield Path(name)


def _say(answer: Answer) -> None:
    print(json.dumps(answer), flush=True)


async def _until_told() -> None:
    await asyncio.to_thread(sys.stdin.read)


async def serve_stub() -> None:
    server, port = await stub.listening()
    _say({"port": port})
    await _until_told()
    server.close()


async def serve(url: str, *, persists: bool, worker: bool) -> None:
    """Serve the whole API with a warm tenant `t0`, a key, and a channel to the stub."""
    with _folder() as folder:
        opened = open_store(settings_for(folder).database_url)
        store = opened if persists else Unwritten(opened.database)
        async with house(folder, store) as core, _working(core, wanted=worker):
            await furnish(core, [LanePlan("t0", "push", f"{url}/push/idle/0", deliveries=1)])
            _, key = await core.access.create(By("bench", "t0", core.clock.now()), Role.SENDER)
            sock = listen("127.0.0.1", 0)
            app = create_api(parts_of(core, structlog.get_logger(), worker=worker))
            async with serving(app, sock):
                _say({"port": port_of(sock), "key": key})
                await _until_told()


@contextlib.asynccontextmanager
async def _working(core: Core, *, wanted: bool = True) -> AsyncIterator[None]:
    if not wanted:
        yield
        return
    work = asyncio.create_task(core.work())
    try:
        yield
    finally:
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work
        await core.lanes.tools.acks.drain()


async def load(port: int, key: str, seconds: float) -> None:
    """Post one notification for one person again and again on 64 connections."""
    request = post("/v1/notify", key, notification("p0"))
    done = await press(port, request, WORKERS, seconds)
    assert not done.refused, f"{done.refused} requests were refused"
    _say({"rate": done.accepted / seconds})


def notification(*people: str) -> bytes:
    """Return a body of about a kilobyte, and more with many recipients."""
    card = {"title": "Figures are ready", "summary": TEXT, "blocks": [_BLOCK]}
    to = [{"email": f"{person}@example.com"} for person in people]
    body = {"type": "bench", "to": to, "card": card, "metadata": {"origin": "bench"}}
    return json.dumps(body).encode()


_BLOCK = {"type": "markdown", "text": f"**Look** at them. {TEXT}"}


async def deliver(plans: Sequence[Answer], awaited: int, stub_port: int) -> None:
    """Deliver a backlog; measure the stub's group `lane` from its first call to its last."""
    with _folder() as folder:
        async with house(folder) as core:
            await furnish(core, [LanePlan(**plan) for plan in plans])
            await stub.ask(stub_port, "/reset")
            used = time.process_time()
            async with _working(core):
                group = await stub.arrived(stub_port, "lane", awaited)
                used = time.process_time() - used
                await stub.ask(stub_port, "/release")
    rate = (group["calls"] - 1) / max(1e-9, group["last"] - group["first"])
    _say({"rate": rate, "cpu": used, "repeated": group["calls"] - group["distinct"]})


async def bare(url: str, calls: int, client: str) -> None:
    """Call the stub from 64 workers that do nothing else, with our client or with another."""
    async with asyncio.timeout(DEADLINE):
        _say({"rate": await CLIENTS[client](url, calls)})


async def _egress(url: str, calls: int) -> float:
    egress = Egress()
    http = egress.client(EgressPolicy(allow=settings_for(Path()).egress_allow))
    rate = await _posting(http, url, calls)
    await egress.aclose()
    return rate


async def _httpx_aiohttp(url: str, calls: int) -> float:
    """The usual way to make httpx fast, with the one deadline that it has."""
    import aiohttp  # noqa: PLC0415 - only to compare with
    from httpx_aiohttp import AiohttpTransport  # noqa: PLC0415 - only to compare with

    connector = aiohttp.TCPConnector(limit=0)
    transport = AiohttpTransport(client=lambda: aiohttp.ClientSession(connector=connector))
    async with httpx.AsyncClient(transport=transport, trust_env=False, timeout=10) as http:
        return await _posting(http, url, calls)


async def _posting(http: httpx.AsyncClient, url: str, calls: int) -> float:
    headers = {"Authorization": "Bearer bench-token"}

    async def call(number: int) -> None:
        reply = await http.post(f"{url}/{number % TENANTS}", json=_body(number), headers=headers)
        raise_for_reply(reply)
        assert reply.json()["id"]

    return calls / await _from_workers(call, calls)


async def _aiohttp(url: str, calls: int) -> float:
    import aiohttp  # noqa: PLC0415 - only to compare with

    headers = {"Authorization": "Bearer bench-token"}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:

        async def call(number: int) -> None:
            where = f"{url}/{number % TENANTS}"
            async with http.post(where, json=_body(number), headers=headers) as reply:
                reply.raise_for_status()
                assert (await reply.json())["id"]

        return calls / await _from_workers(call, calls)


CLIENTS: dict[str, Callable[[str, int], Awaitable[float]]] = {
    "egress": _egress,
    "aiohttp": _aiohttp,
    "httpx-aiohttp": _httpx_aiohttp,
}


def _body(number: int) -> Answer:
    return {"topic": f"p{number}", "key": f"{number:032}", "title": str(number), "message": TEXT}


async def _from_workers(call: Callable[[int], Awaitable[None]], calls: int) -> float:
    numbers = iter(range(calls))

    async def work() -> None:
        for number in numbers:
            await call(number)

    started = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(WORKERS)))
    return time.perf_counter() - started


async def store(rows: int, *, grouped: bool) -> None:
    """Accept notifications from 64 callers: in common commits, or each in its own."""
    with _folder() as folder:
        async with house(folder) as core:
            kept = core.store
            items = acceptances(core, LanePlan("t0", "push", "", deliveries=rows))

            async def write(item: Acceptance) -> None:
                if grouped:
                    await kept.fold(accept, item)
                else:
                    await kept.database.commit(lambda c: accept(c, [item]))

            async def call(number: int) -> None:
                await write(items[number])

            _say({"rate": rows / await _from_workers(call, rows)})


async def digest(deliveries: int, people: int) -> None:
    """Make digests of everything that a lane holds."""
    with _folder() as folder:
        async with house(folder) as core:
            _say(await assembled(core, deliveries, people))


PARTS: dict[str, Callable[..., Coroutine[Any, Any, None]]] = {
    "stub": serve_stub,
    "serve": serve,
    "load": load,
    "deliver": deliver,
    "bare": bare,
    "store": store,
    "digest": digest,
}

if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    run(PARTS[sys.argv[1]](**json.loads(sys.stdin.readline())))
