"""Serves ASGI applications on sockets of our own, in one event loop, until a signal comes."""

import asyncio
import contextlib
import errno
import gc
import signal
import socket
from collections.abc import AsyncIterator, Coroutine, Iterator
from types import TracebackType
from typing import Any, TypeVar

import uvicorn
import uvloop
from starlette.applications import Starlette

T = TypeVar("T")
# Requests may end within this time; what the application has in flight ends with its lifespan.
DRAIN_SECONDS = 5
# How often the date in the head of every answer is written anew.
HEAD_SECONDS = 1
BACKLOG = 2048
TRIES = 200
SIGNALS = (signal.SIGINT, signal.SIGTERM)
# Each delivery makes many objects and hardly a cycle. Python's own thresholds had the collector
# walk through everything alive so often that it cost a quarter of a delivery's CPU.
COLLECT_AFTER = (10_000, 20, 20)


class PortTakenError(Exception):
    """Somebody else listens there, or the address is not ours to listen on."""


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on this address; port 0 takes any free one.

    Raises:
        PortTakenError: The address cannot be had; the sentence says why.
    """
    kind = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's delay off only where the protocol is named: without, an answer whose
    # head and body are two writes comes 40 ms late.
    sock = socket.socket(kind, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        raise PortTakenError(_why(host, port, error)) from error
    return sock


def listen_near(host: str, first: int) -> socket.socket:
    """Return a socket on `first`, or on the next free port above it."""
    for port in range(first, min(first + TRIES, 65536)):
        with contextlib.suppress(PortTakenError):
            return listen(host, port)
    return listen(host, 0)


def port_of(sock: socket.socket) -> int:
    """Return the port a socket listens on."""
    port: int = sock.getsockname()[1]
    return port


@contextlib.asynccontextmanager
async def serving(
    app: Starlette, sock: socket.socket, *, drain: int = DRAIN_SECONDS
) -> AsyncIterator[None]:
    """Serve `app` on `sock` while the body runs; what its start raises comes out as it is."""
    with contextlib.closing(sock):
        async with app.router.lifespan_context(app), _Server(_config(app, drain)).on(sock):
            yield


@contextlib.contextmanager
def stop_signal() -> Iterator[asyncio.Event]:
    """Yield what Ctrl-C and SIGTERM set; after the first one, another ends the process at once."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def heard() -> None:
        stop.set()
        _forget(loop)

    for each in SIGNALS:
        loop.add_signal_handler(each, heard)
    try:
        yield stop
    finally:
        _forget(loop)


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run `main` on uvloop, in a process that is a gateway and little else."""
    gc.set_threshold(*COLLECT_AFTER)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


def _forget(loop: asyncio.AbstractEventLoop) -> None:
    for each in SIGNALS:
        loop.remove_signal_handler(each)


class _Server(uvicorn.Server):
    """A server among several in one loop: signals and the lifespan are not its business."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ready = asyncio.Event()
        self._ended = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready.set()

    async def main_loop(self) -> None:
        """Keep the head of answers fresh until the end: theirs looks ten times a second for it."""
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), HEAD_SECONDS)

    def on(self, sock: socket.socket) -> "_Running":
        return _Running(self, sock)

    async def until_ready(self) -> None:
        await self._ready.wait()

    def end(self) -> None:
        self.should_exit = True
        self._ended.set()


class _Running:
    """Keeps a server in a task while the body of `async with` runs."""

    def __init__(self, server: _Server, sock: socket.socket) -> None:
        self._server = server
        self._sock = sock

    async def __aenter__(self) -> None:
        self._task = asyncio.create_task(self._server.serve([self._sock]), name="http")
        ready = asyncio.create_task(self._server.until_ready())
        await asyncio.wait({self._task, ready}, return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            ready.cancel()
            await self._task

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.end()
        await self._task


def _config(app: Starlette, drain: int) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=drain,
    )


def _why(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is taken: stop what listens there, or choose another port."
    return f"It is not possible to listen on {host}:{port}: {error.strerror or error}."
