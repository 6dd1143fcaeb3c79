"""`gateway serve` runs until a signal, and says plainly why it cannot start."""

import asyncio
import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.store import open_store
from tests.gateway.cli.conftest import Run


def test_a_taken_port_is_one_sentence(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        told = run("serve", "--port", str(taken.getsockname()[1]))
    assert told.code == 1
    assert "is taken" in told.err
    assert "Traceback" not in told.err


def test_a_database_in_use_is_one_sentence(run: Run) -> None:
    store = open_store("sqlite:///data/gateway.db")
    try:
        told = run("serve", "--port", "0")
    finally:
        asyncio.run(store.database.aclose())
    assert told.code == 1
    assert "another gateway already works on this database" in told.err
    assert "Traceback" not in told.err


def test_a_short_owner_key_is_a_wrong_setting(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_OWNER_KEY", "short")
    told = run("serve", "--port", "0")
    assert told.code == 2
    assert "GATEWAY_OWNER_KEY" in told.err


def test_malformed_encryption_keys_are_a_wrong_setting(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_ENCRYPTION_KEYS", "c2hvcnQ=")
    told = run("serve", "--port", "0")
    assert told.code == 2
    assert "c2hvcnQ" not in told.err


def test_an_unknown_database_is_a_wrong_setting(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_DATABASE_URL", "mysql://x")
    monkeypatch.setenv("GATEWAY_ENCRYPTION_KEYS", "c2hvcnQ=")
    told = run("serve", "--port", "0")
    assert (told.code, "database URL" in told.err) == (2, True)


def test_sigterm_ends_it_with_exit_code_0(folder: Path) -> None:
    command = [str(Path(sys.executable).with_name("gateway")), "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        lines = [json.loads(next(process.stderr))]
        process.send_signal(signal.SIGTERM)
        lines += [json.loads(line) for line in process.stderr]
    assert process.returncode == 0
    assert [line["event"] for line in lines] == ["listening", "stopping"]
