"""The memory of `gateway serve` as it is installed, with its plugins, empty and with a backlog."""

import asyncio
import contextlib
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import psutil

from bench.processes import END_SECONDS, START_SECONDS, process
from gateway.serving import listen, port_of

RESULTS = Path(__file__).parent / "results"
GATEWAY = str(Path(sys.executable).with_name("gateway"))
OWNER_KEY = "an-owner-key-for-the-benches"
# A backlog as it comes about: a post of 10,000 leaves 25 MB more behind, see accept.10000.
PER_POST = 1_000
MEGA = 1_000_000
# Nobody listens there: the first calls fail, the circuit opens, and the rest stays queued.
NOWHERE = "http://127.0.0.1:1"
CREDENTIAL = {"app_id": "cli_0123456789abcdef", "app_secret": "x" * 32, "api_base": NOWHERE}


async def resident(deliveries: int, settle: float) -> tuple[float, float, float]:
    """Return MB of the empty process, with the backlog it accepted, and started anew with it."""
    with tempfile.TemporaryDirectory(dir=RESULTS) as folder:
        async with _gateway(Path(folder)) as (http, own):
            empty = _mega(own)
            await _fill(http, deliveries)
            await asyncio.sleep(settle)
            filled = _mega(own)
        async with _gateway(Path(folder)) as (_, own):
            await asyncio.sleep(settle)
            return empty, filled, _mega(own)


def _mega(own: psutil.Process) -> float:
    return float(own.memory_info().rss) / MEGA


@contextlib.asynccontextmanager
async def _gateway(folder: Path) -> AsyncIterator[tuple[httpx.AsyncClient, psutil.Process]]:
    environment = {
        "GATEWAY_DATABASE_URL": f"sqlite:///{folder / 'gateway.db'}",
        "GATEWAY_OWNER_KEY": OWNER_KEY,
        "GATEWAY_EGRESS_ALLOW": "127.0.0.0/8",
        "GATEWAY_LOG_LEVEL": "error",
    }
    port = _free_port()
    async with (
        process(GATEWAY, "serve", "--port", str(port), **environment) as child,
        _client(port) as http,
    ):
        await _until_healthy(http)
        try:
            yield http, psutil.Process(child.pid)
        finally:
            child.send_signal(signal.SIGINT)


def _client(port: int) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {OWNER_KEY}"}
    base = f"http://127.0.0.1:{port}"
    return httpx.AsyncClient(base_url=base, headers=headers, timeout=END_SECONDS, trust_env=False)


def _free_port() -> int:
    with contextlib.closing(listen("127.0.0.1", 0)) as sock:
        return port_of(sock)


async def _until_healthy(http: httpx.AsyncClient) -> None:
    async with asyncio.timeout(START_SECONDS):
        while True:
            with contextlib.suppress(httpx.TransportError):
                if (await http.get("/healthz")).is_success:
                    return
            await asyncio.sleep(0.1)


async def _fill(http: httpx.AsyncClient, deliveries: int) -> None:
    await _call(http, "PUT", "/v1/tenants/acme", {"name": "Acme"})
    channel = "/v1/tenants/acme/channels/lark"
    await _call(http, "PUT", channel, {"type": "lark", "config": CREDENTIAL})
    await _call(http, "POST", f"{channel}/enable", None)
    for start in range(0, deliveries, PER_POST):
        people = range(start, min(start + PER_POST, deliveries))
        to = [{"email": f"p{number}@example.com"} for number in people]
        card = {"title": f"Card {start}", "summary": "Ready."}
        body = {"tenant": "acme", "type": "bench", "to": to, "card": card}
        await _call(http, "POST", "/v1/notify", body)


async def _call(http: httpx.AsyncClient, method: str, path: str, body: object) -> None:
    reply = await http.request(method, path, json=body)
    if reply.is_error:
        raise RuntimeError(f"{method} {path}: {reply.status_code} {reply.text}")


async def help_seconds() -> float:
    """Return how long `gateway --help` takes."""
    started = time.perf_counter()
    async with process(GATEWAY, "--help") as child:
        assert child.stdout is not None
        async with asyncio.timeout(START_SECONDS):
            await child.stdout.read()
            await child.wait()
    return time.perf_counter() - started
