"""Every bench: a name, what it measures against what, and how far it should get."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench import memory, stub
from bench.figures import Figure, Goal, Measure, paired, quantile
from bench.house import LanePlan, names_in_one_shard
from bench.load import post, post_once
from bench.parts import TENANTS, notification
from bench.processes import measured, served


@dataclass(frozen=True)
class Sizes:
    """How much of everything; small ones show that the benches work."""

    rounds: int = 3
    seconds: float = 4.0
    rows: int = 4_000
    deliveries: int = 12_000
    lanes: int = 5_000
    slow: int = 1_000
    idle: int = 200
    queued: int = 100_000
    recipients: int = 10_000
    settle: float = 6.0


SMALL = Sizes(1, 0.3, 128, 200, 40, 40, 5, 200, 100, 0.2)
Bench = Callable[[Sizes], Awaitable[Sequence[Figure]]]


async def http_accept(sizes: Sizes) -> Sequence[Figure]:
    """Durable accepts over HTTP, against the same application with a store that keeps nothing."""
    async with (
        served("serve", url="http://127.0.0.1:1", persists=True, worker=False) as durable,
        served("serve", url="http://127.0.0.1:1", persists=False, worker=False) as forgetful,
    ):
        await asyncio.gather(*(_load(server, 0.5)() for server in (durable, forgetful)))
        found = await paired(
            _load(durable, sizes.seconds), _load(forgetful, sizes.seconds), sizes.rounds
        )
    return [Figure("http.accept", "/s", *found, Goal(0.5))]


def _load(server: dict[str, Any], seconds: float) -> Measure:
    return _rate("load", **server, seconds=seconds)


def _rate(name: str, **arguments: object) -> Measure:
    async def measure() -> float:
        return float((await measured(name, **arguments))["rate"])

    return measure


async def store_lift(sizes: Sizes) -> Sequence[Figure]:
    """Group commit at 64 callers, against a commit for each write."""
    together = _rate("store", rows=sizes.rows, grouped=True)
    apart = _rate("store", rows=sizes.rows // 2, grouped=False)
    found = await paired(together, apart, sizes.rounds)
    return [Figure("store.lift", "/s", *found, Goal(5))]


async def client(sizes: Sizes) -> Sequence[Figure]:
    """Our client with all its checks, against aiohttp alone, at 64 calls in flight."""
    async with served("stub") as platform:
        url = f"http://127.0.0.1:{platform['port']}/push/bare"
        loops = [
            _rate("bare", url=url, calls=sizes.deliveries, client=name)
            for name in ("egress", "aiohttp")
        ]
        found = await paired(loops[0], loops[1], sizes.rounds)
    return [Figure("client", "/s", *found, Goal(0.6, judged=False))]


async def deliver_embedded(sizes: Sizes) -> Sequence[Figure]:
    """Deliveries from 20 lanes, one call each, against bare loops that store and check nothing.

    One with the same client, and one with the client that most would take; ours is twice as
    fast, which makes the first ratio the harder one.
    """
    async with served("stub") as platform:
        url = f"http://127.0.0.1:{platform['port']}/push/bare"
        backlog = _plans(platform["port"], TENANTS, sizes.deliveries)
        deliveries = _delivered(platform["port"], backlog)
        found = {
            client: await paired(
                deliveries,
                _rate("bare", url=url, calls=sizes.deliveries, client=client),
                sizes.rounds,
            )
            for client in ("egress", "httpx-aiohttp")
        }
    return [
        Figure("deliver.embedded", "/s", *found["egress"], Goal(0.7)),
        Figure("deliver.embedded.httpx", "/s", *found["httpx-aiohttp"], Goal(0.7, judged=False)),
    ]


async def deliver_many(sizes: Sizes) -> Sequence[Figure]:
    """The same backlog on thousands of lanes, against 20."""
    async with served("stub") as platform:
        port = platform["port"]
        many = _delivered(port, _plans(port, sizes.lanes, sizes.deliveries))
        few = _delivered(port, _plans(port, TENANTS, sizes.deliveries))
        found = await paired(many, few, sizes.rounds)
    return [Figure("deliver.many", "/s", *found, Goal(0.6))]


async def deliver_neighbours(sizes: Sizes) -> Sequence[Figure]:
    """Nine lanes beside a slow one in their shard, against the nine alone."""
    async with served("stub") as platform:
        port = platform["port"]
        *names, slow = names_in_one_shard("t0", 10)
        each = sizes.deliveries // len(names)
        nine = [LanePlan("t0", name, _url(port, "lane", name), each) for name in names]
        spent = LanePlan("t0", slow, _url(port, "slow", slow), sizes.slow, calls_per_second=1)
        hangs = LanePlan("t0", slow, _url(port, "hanging", slow), sizes.slow)
        alone = _delivered(port, nine)
        beside = {
            name: await paired(_delivered(port, nine, tenth), alone, sizes.rounds)
            for name, tenth in (("spent", spent), ("hanging", hangs))
        }
    return [
        Figure(f"deliver.neighbours.{name}", "/s", *found, Goal(0.9))
        for name, found in beside.items()
    ]


async def deliver_batch(sizes: Sizes) -> Sequence[Figure]:
    """The process's CPU for each delivery at 100 per call, against one per call."""
    async with served("stub") as platform:
        port = platform["port"]
        found = await paired(
            _cpu(port, sizes, "push-many", 100), _cpu(port, sizes, "push", 1), sizes.rounds
        )
    return [Figure("deliver.batch", "µs", *found, Goal(0.15, at_least=False))]


def _cpu(port: int, sizes: Sizes, kind: str, per_call: int) -> Measure:
    each = max(per_call, sizes.deliveries // TENANTS // per_call * per_call)
    plans = [
        LanePlan(f"t{number}", "push", _url(port, "lane", number), each, kind, equal=True)
        for number in range(TENANTS)
    ]
    deliveries = TENANTS * each

    async def measure() -> float:
        found = await _deliver(port, plans, deliveries // per_call)
        return float(found["cpu"]) / deliveries * 1e6

    return measure


def _plans(port: int, lanes: int, deliveries: int) -> list[LanePlan]:
    each = max(1, deliveries // lanes)
    return [
        LanePlan(f"t{number % TENANTS}", f"c{number}", _url(port, "lane", number), each)
        for number in range(lanes)
    ]


def _url(port: int, group: str, lane: object) -> str:
    return f"http://127.0.0.1:{port}/push/{group}/{lane}"


def _delivered(port: int, plans: Sequence[LanePlan], beside: LanePlan | None = None) -> Measure:
    """Return the rate of `plans`, with one more lane at work that does not count."""
    awaited = sum(plan.deliveries for plan in plans)
    everything = [*plans, beside] if beside else plans

    async def measure() -> float:
        return float((await _deliver(port, everything, awaited))["rate"])

    return measure


async def _deliver(port: int, plans: Sequence[LanePlan], awaited: int) -> dict[str, Any]:
    told = [asdict(plan) for plan in plans]
    found: dict[str, Any] = await measured("deliver", plans=told, awaited=awaited, stub_port=port)
    if found["repeated"]:
        raise RuntimeError(f"{found['repeated']} deliveries reached the stub twice")
    return found


async def idle_latency(sizes: Sizes) -> Sequence[Figure]:
    """From the 202 to the request at the platform, one notification at a time."""
    async with served("stub") as platform:
        port = platform["port"]
        url = f"http://127.0.0.1:{port}"
        async with served("serve", url=url, persists=True, worker=True) as gateway:
            request = post("/v1/notify", gateway["key"], notification("p0"))
            await _latency(port, gateway["port"], request)
            seen = [await _latency(port, gateway["port"], request) for _ in range(sizes.idle)]
    millis = [1000 * seconds for seconds in seen]
    return [
        Figure("idle.latency.p50", "ms", quantile(millis, 0.5), goal=_told(5)),
        Figure("idle.latency.p99", "ms", quantile(millis, 0.99), goal=_told(25)),
    ]


async def _latency(stub_port: int, port: int, request: bytes) -> float:
    before = (await stub.ask(stub_port, "/groups")).get("idle", {"calls": 0})["calls"]
    await post_once(port, request)
    answered = time.monotonic()
    return float((await stub.arrived(stub_port, "idle", before + 1))["last"]) - answered


async def memory_queued(sizes: Sizes) -> Sequence[Figure]:
    """The resident memory of `gateway serve`, empty and with many queued deliveries."""
    empty, filled, anew = await memory.resident(sizes.queued, sizes.settle)
    return [
        Figure("memory.empty", "MB", empty),
        Figure("memory.queued", "MB", filled, goal=Goal(120, at_least=False)),
        Figure("memory.restarted", "MB", anew, goal=Goal(120, at_least=False)),
    ]


async def digest_held(sizes: Sizes) -> Sequence[Figure]:
    """Digests of everything a lane holds: all for one person, or a few for each of many."""
    found = {
        "one": await measured("digest", deliveries=sizes.queued, people=1),
        "many": await measured("digest", deliveries=sizes.queued, people=sizes.queued // 4),
    }
    return [
        Figure(f"digest.held.{name}.{what}", unit, told[what], goal=goal)
        for name, told in found.items()
        for what, unit, goal in (
            ("seconds", "s", _told(60)),
            ("megabytes", "MB", Goal(60, at_least=False)),
            ("cards", "", None),
        )
    ]


async def cli_help(sizes: Sizes) -> Sequence[Figure]:
    """How long `gateway --help` takes."""
    seconds = [await memory.help_seconds() for _ in range(sizes.rounds)]
    return [Figure("cli.help", "s", statistics.median(seconds))]


async def accept_many(sizes: Sizes) -> Sequence[Figure]:
    """One POST with ten thousand recipients, until its 202."""
    people = [f"p{number}" for number in range(sizes.recipients)]
    async with served("serve", url="http://127.0.0.1:1", persists=True, worker=False) as gateway:
        request = post("/v1/notify", gateway["key"], notification(*people))
        seconds = [await post_once(gateway["port"], request) for _ in range(sizes.rounds)]
    return [Figure("accept.10000", "s", statistics.median(seconds), goal=_told(1))]


def _told(value: float) -> Goal:
    return Goal(value, at_least=False, judged=False)


BENCHES: dict[str, Bench] = {
    "http.accept": http_accept,
    "accept.10000": accept_many,
    "store.lift": store_lift,
    "client": client,
    "deliver.embedded": deliver_embedded,
    "deliver.many": deliver_many,
    "deliver.neighbours": deliver_neighbours,
    "deliver.batch": deliver_batch,
    "idle.latency": idle_latency,
    "memory": memory_queued,
    "digest.held": digest_held,
    "cli.help": cli_help,
}
