"""`gateway doctor` says what is wrong and what to do about it."""

import asyncio
import base64
import socket
from datetime import UTC, datetime
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.probes import clock_difference, plugins_of, sqlite_version
from gateway.registry import GROUP, load
from gateway.store import open_store
from gateway.testing.context import CapturingLog
from tests.gateway.cli.conftest import Ran, Run
from tests.gateway.cli.toy_gateway import ToyGateway

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def free_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_PORT", "0")


def finding(told: Ran, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in told.json if each["name"] == name)
    return found


def test_a_fresh_place_has_nothing_that_fails(run: Run, folder: Path) -> None:
    told = run("doctor", "--json")
    assert told.code == 0
    assert "fail" not in {each["state"] for each in told.json}
    assert list(folder.iterdir()) == []


def test_a_warning_and_a_failure_always_say_what_to_do(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_OWNER_KEY", "short")
    monkeypatch.setenv("GATEWAY_EGRESS_ALLOW", "0.0.0.0/0")
    told = run("doctor", "--json")
    assert told.code == 1
    assert all(each["fix"] for each in told.json if each["state"] != "ok")


def test_wrong_settings_are_the_only_finding(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_LOG_LEVEL", "loud")
    told = run("doctor", "--json")
    assert told.code == 1
    assert [each["name"] for each in told.json] == ["settings"]


def test_an_old_sqlite_is_a_warning() -> None:
    assert sqlite_version((3, 51, 2)).state == "warn"
    assert sqlite_version((3, 51, 3)).state == "ok"


def test_the_revision_of_the_database_is_told(run: Run) -> None:
    run("migrate")
    assert "revision" in finding(run("doctor", "--json"), "database")["detail"]


def test_a_database_that_a_gateway_works_on_is_fine(run: Run) -> None:
    store = open_store("sqlite:///data/gateway.db")
    try:
        found = finding(run("doctor", "--json"), "database")
    finally:
        asyncio.run(store.database.aclose())
    assert found["state"] == "ok"
    assert "working on it" in found["detail"]


def test_a_database_of_an_older_revision_is_to_be_migrated(run: Run) -> None:
    asyncio.run(open_store("sqlite:///data/gateway.db").database.aclose())
    found = finding(run("doctor", "--json"), "database")
    assert (found["state"], found["fix"]) == ("warn", "`gateway migrate`")


def test_a_file_that_is_no_database_fails(run: Run, folder: Path) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "gateway.db").write_text("this is not a database, whatever its name is")
    assert finding(run("doctor", "--json"), "database")["state"] == "fail"


def test_a_key_file_that_others_may_read_fails(run: Run, folder: Path) -> None:
    key_file = folder / "data" / "gateway.db.key"
    key_file.parent.mkdir()
    key_file.write_text("x")
    key_file.chmod(0o644)
    found = finding(run("doctor", "--json"), "encryption keys")
    assert (found["state"], found["fix"]) == ("fail", "chmod 600 data/gateway.db.key")
    key_file.chmod(0o600)
    assert finding(run("doctor", "--json"), "encryption keys")["state"] == "ok"


def test_malformed_encryption_keys_fail(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_ENCRYPTION_KEYS", "c2hvcnQ=")
    found = finding(run("doctor", "--json"), "encryption keys")
    assert found["state"] == "fail"
    assert "c2hvcnQ" not in found["detail"]


def test_good_keys_are_only_counted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_OWNER_KEY", "a-key-that-is-long-enough")
    monkeypatch.setenv("GATEWAY_ENCRYPTION_KEYS", base64.b64encode(bytes(32)).decode())
    told = run("doctor", "--json")
    assert finding(told, "encryption keys")["detail"] == "1 in GATEWAY_ENCRYPTION_KEYS."
    assert finding(told, "owner key")["state"] == "ok"


def test_a_taken_port_is_a_warning(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("GATEWAY_PORT", str(taken.getsockname()[1]))
        assert finding(run("doctor", "--json"), "port")["state"] == "warn"


def test_egress_to_the_metadata_address_is_a_warning(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_EGRESS_ALLOW", "169.254.0.0/16")
    assert finding(run("doctor", "--json"), "egress")["state"] == "warn"
    monkeypatch.setenv("GATEWAY_EGRESS_ALLOW", "10.1.0.0/16")
    assert finding(run("doctor", "--json"), "egress")["state"] == "ok"


def test_no_plugin_at_all_fails(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_PLUGINS", "nobody")
    assert finding(run("doctor", "--json"), "plugins")["state"] == "fail"


def test_a_broken_plugin_is_a_warning_where_others_work_and_a_failure_where_none_does() -> None:
    log = CapturingLog()
    found = load(log, points=[EntryPoint("toy", "tests.no_such_module", GROUP)])
    assert plugins_of(found).state == "fail"
    assert "toy" in plugins_of(found).detail
    found.offers.update(load(log).offers)
    assert plugins_of(found).state == "warn"


def test_a_running_gateway_is_asked_whether_it_is_ready(run: Run, toy: ToyGateway) -> None:
    toy.answers["/readyz"] = [(200, {"status": "ready"})]
    assert finding(run("doctor", "--json", "--url", toy.url), "running gateway")["state"] == "ok"
    broken = {"status": "degraded", "plugins": {"toy": "RuntimeError: no licence"}}
    toy.answers["/readyz"] = [(200, broken)]
    told = finding(run("doctor", "--json", "--url", toy.url), "running gateway")
    assert (told["state"], "no licence" in told["detail"]) == ("warn", True)
    toy.answers["/readyz"] = [(503, {"status": "not_ready"})]
    told = run("doctor", "--json", "--url", toy.url)
    assert told.code == 1
    assert finding(told, "running gateway")["state"] == "fail"


def test_a_gateway_that_is_not_there_fails(run: Run) -> None:
    told = run("doctor", "--json", "--url", "http://127.0.0.1:1")
    assert finding(told, "running gateway")["state"] == "fail"


def test_two_clocks_may_differ_by_seconds_only() -> None:
    assert clock_difference("Mon, 05 Jan 2026 08:00:10 GMT", NOW).state == "ok"
    assert clock_difference("Mon, 05 Jan 2026 08:05:00 GMT", NOW).state == "fail"
    assert clock_difference(None, NOW).state == "warn"


def test_a_person_sees_marks(run: Run) -> None:
    assert "✓ ok" in run("doctor").out
