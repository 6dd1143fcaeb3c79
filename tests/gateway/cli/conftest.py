"""Runs commands in this process, in an empty folder, and tells what they said."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway.cli import main
from tests.gateway.cli.live import Live, live_gateway
from tests.gateway.cli.toy_gateway import ToyGateway, toy_gateway


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - any JSON
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in an empty folder without any setting of whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith("GATEWAY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: str) -> Ran:
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        told = capsys.readouterr()
        return Ran(int(ended.value.code or 0), told.out, told.err)

    return run


@pytest.fixture
def toy() -> Iterator[ToyGateway]:
    with toy_gateway() as running:
        yield running


@pytest.fixture(scope="session")
def running_gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("GATEWAY_")]:
            patch.delenv(name)
        with live_gateway(tmp_path_factory.mktemp("live")) as live:
            yield live


@pytest.fixture
def live(running_gateway: Live, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Live:
    """Let commands talk to a whole gateway, as its owner."""
    monkeypatch.setenv("GATEWAY_URL", running_gateway.url)
    monkeypatch.setenv("GATEWAY_KEY", running_gateway.key)
    return running_gateway
