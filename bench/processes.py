"""Processes of the benches: started, asked, and ended by their id, all within a time."""

import asyncio
import contextlib
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

START_SECONDS = 60.0
PART_SECONDS = 240.0
END_SECONDS = 30.0
ROOT = Path(__file__).parents[1]


@contextlib.asynccontextmanager
async def process(*command: str, **environment: str) -> AsyncIterator[Process]:
    """Run a command while the body runs; it ends with its input, or is killed."""
    child = await asyncio.create_subprocess_exec(
        *command, stdin=PIPE, stdout=PIPE, env={**os.environ, **environment}, cwd=ROOT
    )
    try:
        yield child
    finally:
        await _end(child)


async def _end(child: Process) -> None:
    if child.stdin is not None:
        child.stdin.close()
    try:
        async with asyncio.timeout(END_SECONDS):
            await child.wait()
    except TimeoutError:
        child.kill()
        await child.wait()


@contextlib.asynccontextmanager
async def part(name: str, **arguments: object) -> AsyncIterator[Process]:
    """Run one of `bench.parts` in a process of its own."""
    async with process(sys.executable, "-m", "bench.parts", name) as child:
        assert child.stdin is not None
        child.stdin.write(json.dumps(arguments).encode() + b"\n")
        yield child


async def line_of(child: Process, seconds: float) -> Any:  # noqa: ANN401 - any JSON
    """Return the JSON that a part prints as its next line."""
    assert child.stdout is not None
    async with asyncio.timeout(seconds):
        line = await child.stdout.readline()
    if not line:
        raise RuntimeError("a part of the bench ended without an answer")
    return json.loads(line)


async def measured(name: str, **arguments: object) -> Any:  # noqa: ANN401 - any JSON
    """Run a part to its end and return what it printed."""
    async with part(name, **arguments) as child:
        return await line_of(child, PART_SECONDS)


@contextlib.asynccontextmanager
async def served(name: str, **arguments: object) -> AsyncIterator[Any]:
    """Let a part serve while the body runs; yields what it printed when it was ready."""
    async with part(name, **arguments) as child:
        yield await line_of(child, START_SECONDS)
