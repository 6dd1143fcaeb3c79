"""`gateway plugins` lists what is installed and what is wrong with it."""

import pytest

from tests.gateway.cli.conftest import Run


def test_the_installed_plugins_are_listed(run: Run) -> None:
    told = run("plugins", "--json")
    assert told.code == 0
    assert {"lark", "feishu"} <= {plugin["name"] for plugin in told.json}
    assert all(plugin["error"] is None for plugin in told.json)


def test_a_person_sees_a_table(run: Run) -> None:
    told = run("plugins")
    assert "distribution" in told.out
    assert "notification-gateway" in told.out


def test_only_allowed_plugins_are_listed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_PLUGINS", "lark")
    assert [plugin["name"] for plugin in run("plugins", "--json").json] == ["lark"]
