"""`gateway settings` shows what is in force, where it came from, and no secret."""

from pathlib import Path

import pytest

from gateway.settings import Settings
from tests.gateway.cli.conftest import Run


def test_every_setting_is_shown_with_its_sentence(run: Run) -> None:
    rows = run("settings", "--json").json
    assert [row["name"] for row in rows] == [f"GATEWAY_{n.upper()}" for n in Settings.model_fields]
    assert all(row["sentence"].endswith(".") for row in rows)


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "gateway.toml").write_text('port = 9000\nlog_level = "error"\n')
    monkeypatch.setenv("GATEWAY_CONFIG", "gateway.toml")
    monkeypatch.setenv("GATEWAY_PORT", "9100")
    rows = {row["name"]: row for row in run("settings", "--json").json}
    assert (rows["GATEWAY_PORT"]["value"], rows["GATEWAY_PORT"]["source"]) == (
        "9100",
        "environment",
    )
    assert rows["GATEWAY_LOG_LEVEL"]["source"] == "file"
    assert rows["GATEWAY_HOST"]["source"] == "default"


def test_secrets_and_passwords_are_masked(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_OWNER_KEY", "hush-hush-hush-hush-hush")
    monkeypatch.setenv("GATEWAY_ENCRYPTION_KEYS", "also-hush")
    monkeypatch.setenv("GATEWAY_DATABASE_URL", "postgresql://me:hushword@db/x")
    told = run("settings")
    assert "hush" not in told.out
    assert "postgresql://me:••••••@db/x" in told.out
