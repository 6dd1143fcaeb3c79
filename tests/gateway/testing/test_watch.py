import gc
import os
import random
import socket
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from gateway.testing.contract.watch import watched


@pytest.mark.parametrize(
    ("impure", "name"),
    [
        (time.time, "time.time"),
        (time.monotonic, "time.monotonic"),
        (lambda: time.sleep(0), "time.sleep"),
        (lambda: datetime.now(UTC), "datetime.now"),
        (date.today, "datetime.today"),
        (random.random, "random.random"),
        (lambda: random.Random(1).random(), "random.random"),
        (lambda: os.urandom(1), "posix.urandom"),
        (uuid.uuid4, "posix.urandom"),
        (lambda: socket.getaddrinfo("127.0.0.1", 1), "socket.getaddrinfo"),
        (Path(__file__).read_text, "io.open"),
    ],
)
def test_what_pure_code_does_not_do_is_seen(impure: Callable[[], object], name: str) -> None:
    with watched() as seen:
        impure()
    assert name in [each.removeprefix("_") for each in seen]


def test_pure_code_is_not_suspected() -> None:
    with watched() as seen:
        text = "-".join(sorted({str(number): number for number in range(100)}))
        datetime.fromisoformat("2026-01-05T08:00:00+00:00").strftime("%Y")
    assert seen == []
    assert text


def test_what_happens_when_rubbish_is_collected_is_nobodys_doing() -> None:
    gc.callbacks.append(lambda *_: time.time())
    try:
        with watched() as seen:
            for _ in range(20_000):
                loop: list[object] = []
                loop.append(loop)
    finally:
        gc.callbacks.pop()
    assert seen == []
    assert gc.isenabled()


def test_a_profiler_at_work_is_left_alone() -> None:
    def profiler(*_: object) -> None:
        """Look at nothing."""

    sys.setprofile(profiler)
    try:
        with watched() as seen:
            time.time()
        assert sys.getprofile() is profiler
    finally:
        sys.setprofile(None)
    assert seen == []
