"""The command line answers at once and never shows a traceback for what a person can mend."""

import subprocess
import sys

import pytest

from tests.gateway.cli.conftest import Run

HEAVY = ("fastapi", "sqlalchemy", "aiohttp", "pydantic", "uvicorn", "httpx", "alembic", "yaml")
COMMANDS = (
    *("serve", "demo", "emulate", "notify", "plugins"),
    *("conform", "doctor", "migrate", "settings"),
    *("apply", "export", "explain", "deliveries"),
    *("tenant", "channel", "user", "bind", "topic", "template", "rule", "key"),
)


def test_importing_the_command_line_imports_nothing_heavy() -> None:
    probe = f"import sys, gateway.cli; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_names_every_command(run: Run) -> None:
    told = run("--help")
    assert told.code == 0
    assert all(command in told.out for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(run: Run, command: str) -> None:
    assert run(command, "--help").code == 0


def test_a_wrong_setting_is_one_sentence_that_names_it(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_PORT", "many")
    told = run("plugins")
    assert told.code == 2
    assert told.err.count("\n") == 1
    assert "GATEWAY_PORT" in told.err
    assert "Traceback" not in told.err


def test_a_wrong_secret_is_not_repeated(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_EGRESS_ALLOW", "s3cret-by-mistake")
    assert "s3cret" not in run("plugins").err


def test_a_settings_file_that_is_not_there_is_told(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_CONFIG", "nowhere.toml")
    told = run("settings")
    assert told.code == 2
    assert "nowhere.toml" in told.err
