"""Another project's clients of the group robots talk to the emulator on a real port."""

import importlib
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette

from gateway_lark.emulator import Emulator, create

from .conftest import served

pytestmark = pytest.mark.judge

Client = Any  # the clients have no types worth naming
PATHS = {"NotifyLark": "/open-apis/bot/v2/hook/", "NotifyFeishu": "/open-apis/bot/v2/hook/{token}/"}


@pytest.fixture(scope="module")
def app() -> Starlette:
    return create(enforce_limits=False)


@pytest.fixture(scope="module")
def address(app: Starlette) -> Iterator[str]:
    with served(app) as address:
        yield address


@pytest.fixture
def emulator(app: Starlette) -> Emulator:
    found: Emulator = app.state.emulator
    found.reset()
    return found


def client(name: str, address: str, token: str) -> Client:
    """Return a client that calls us, or fail: a judge who is absent must not acquit."""
    module = f"apprise.plugins.{name.removeprefix('Notify').lower()}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kind = getattr(importlib.import_module(module), name)
    near = type(name, (kind,), {"notify_url": address + PATHS[name], "request_rate_per_sec": 0})
    return near(token=token)


@pytest.mark.parametrize("name", PATHS)
def test_a_client_of_robots_is_heard(emulator: Emulator, address: str, name: str) -> None:
    emulator.add_robot("0a1b2c3d-judge", next(iter(emulator.chats.values())))
    assert client(name, address, "0a1b2c3d-judge").send(body="disk is full", title="db-1") is True
    [message] = emulator.messages
    assert "disk is full" in message.content


@pytest.mark.parametrize("name", PATHS)
def test_a_client_that_reads_only_the_status_believes_an_expired_robot(
    emulator: Emulator, address: str, name: str
) -> None:
    logging.disable(logging.CRITICAL)
    try:
        assert client(name, address, "no-such-robot").send(body="x", title="t") is True
        emulator.robot_refusal_status = 400
        assert client(name, address, "no-such-robot").send(body="x", title="t") is False
    finally:
        emulator.robot_refusal_status = 200
        logging.disable(logging.NOTSET)
    assert emulator.messages == []
    assert set(emulator.rejections) == {19001}
