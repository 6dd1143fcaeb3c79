"""Several servers share one loop; what their start raises comes out as it is."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gateway.serving import (
    PortTakenError,
    listen,
    listen_near,
    port_of,
    run,
    serving,
    stop_signal,
)

LOCAL = "127.0.0.1"


async def hello(_: Request) -> Response:
    return PlainTextResponse("hello")


def app(log: list[str], *, broken: bool = False) -> Starlette:
    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        if broken:
            raise LookupError("no store")
        log.append("open")
        yield
        log.append("closed")

    return Starlette(routes=[Route("/", hello)], lifespan=lifespan)


async def ask(sock: socket.socket) -> str:
    async with httpx.AsyncClient(trust_env=False) as http:
        return (await http.get(f"http://{LOCAL}:{port_of(sock)}/")).text


async def test_two_applications_answer_in_one_loop() -> None:
    log: list[str] = []
    first, second = listen(LOCAL, 0), listen(LOCAL, 0)
    async with serving(app(log), first), serving(app(log), second):
        assert [await ask(first), await ask(second)] == ["hello", "hello"]
    assert log == ["open", "open", "closed", "closed"]


async def test_what_the_start_raises_comes_out_and_the_port_is_free_again() -> None:
    sock = listen(LOCAL, 0)
    port = port_of(sock)
    with pytest.raises(LookupError, match="no store"):
        async with serving(app([], broken=True), sock):
            pass
    listen(LOCAL, port).close()


def test_a_taken_port_is_told_in_one_sentence() -> None:
    with listen(LOCAL, 0) as sock, pytest.raises(PortTakenError, match=r"is taken: stop what"):
        listen(LOCAL, port_of(sock))


def test_an_address_that_is_not_ours_is_told_in_one_sentence() -> None:
    with pytest.raises(PortTakenError, match="not possible to listen"):
        listen("192.0.2.1", 0)


def test_the_next_free_port_is_taken() -> None:
    with listen(LOCAL, 0) as taken, listen_near(LOCAL, port_of(taken)) as near:
        assert port_of(near) != port_of(taken)


async def test_answers_are_not_held_back_to_be_sent_in_fewer_packets() -> None:
    held_back = asyncio.get_running_loop().create_future()

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken = writer.get_extra_info("socket")
        held_back.set_result(not taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    sock = listen(LOCAL, 0)
    async with await asyncio.start_server(answer, sock=sock):
        _, writer = await asyncio.open_connection(LOCAL, port_of(sock))
        assert await held_back is False
        writer.close()


async def test_a_signal_ends_the_wait() -> None:
    with stop_signal() as stop:
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(stop.wait(), 5)


def test_it_runs_on_uvloop() -> None:
    async def loop_name() -> str:
        return type(asyncio.get_running_loop()).__module__

    assert run(loop_name()).startswith("uvloop")
