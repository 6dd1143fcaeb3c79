"""`gateway channel` sets a channel up, and no secret is typed or shown."""

from pathlib import Path
from typing import Any

import pytest

from tests.gateway.cli.conftest import Ran, Run
from tests.gateway.cli.live import Live
from tests.gateway.cli.toy_gateway import ToyGateway


@pytest.fixture
def config(live: Live) -> dict[str, Any]:
    return live.configs["lark"]


@pytest.fixture
def lark(run: Run, acme: str, config: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Ran:
    monkeypatch.setenv("THE_SECRET", config["app_secret"])
    return run(
        "channel", "set", "lark", *options(config), "--secret-from-env", "app_secret=THE_SECRET"
    )


def options(config: dict[str, Any]) -> list[str]:
    plain = [f"{name}={value}" for name, value in config.items() if name != "app_secret"]
    return ["--type", "lark", *(word for each in plain for word in ("--config", each))]


def test_a_channel_is_set_enabled_and_disabled(run: Run, lark: Ran) -> None:
    assert "It is disabled" in lark.out
    run("channel", "enable", "lark")
    assert run("channel", "list", "--json").json[0]["enabled"] is True
    run("channel", "disable", "lark")
    assert run("channel", "show", "lark", "--json").json["enabled"] is False


def test_no_secret_is_shown(run: Run, lark: Ran, config: dict[str, Any]) -> None:
    shown = run("channel", "show", "lark")
    assert "- app_secret" in shown.out
    assert config["app_secret"] not in lark.out + lark.err + shown.out


def test_a_secret_may_be_asked_for(
    run: Run, acme: str, config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("typer.prompt", lambda *_, **__: config["app_secret"])
    told = run("channel", "set", "lark", *options(config), "--ask-secret", "app_secret")
    assert told.code == 0
    assert run("channel", "check", "lark").code == 0


def test_a_variable_that_is_not_set_is_told_and_nothing_is_sent(run: Run, acme: str) -> None:
    told = run(
        "channel", "set", "lark", "--type", "lark", "--secret-from-env", "app_secret=NOT_SET"
    )
    assert (told.code, "NOT_SET" in told.err) == (2, True)
    assert run("channel", "list", "--json").json == []


@pytest.mark.parametrize("option", ["--config", "--secret-from-env", "--limit"])
def test_a_pair_without_a_name_or_value_is_told_without_repeating_it(
    run: Run, acme: str, option: str
) -> None:
    told = run("channel", "patch", "lark", option, "hush-hush")
    assert (told.code, "hush-hush" in told.err) == (2, False)


def test_limits_are_patched_and_cleared(run: Run, lark: Ran) -> None:
    run("channel", "patch", "lark", "--limit", "monthly_quota=100", "--label", "Everybody")
    assert run("channel", "show", "lark", "--json").json["limits"] == {"monthly_quota": 100}
    run("channel", "patch", "lark", "--clear", "limits")
    shown = run("channel", "show", "lark", "--json").json
    assert (shown["limits"], shown["label"]) == ({}, "Everybody")


def test_a_check_tells_scope_by_scope(run: Run, lark: Ran) -> None:
    told = run("channel", "check", "lark")
    assert told.code == 0
    assert told.out.count("✓ ok") > 3
    assert "The channel works." in told.out
    assert run("channel", "check", "lark", "--json").json["ok"] is True


def test_a_check_that_is_not_ok_is_an_exit_code(
    run: Run, lark: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THE_SECRET", "wrong")
    run("channel", "patch", "lark", "--secret-from-env", "app_secret=THE_SECRET")
    told = run("channel", "check", "lark")
    assert told.code == 1
    assert "✗ fail" in told.out


def test_what_is_missing_is_told_with_the_page_that_mends_it(
    run: Run, toy: ToyGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_URL", toy.url)
    monkeypatch.setenv("GATEWAY_KEY", "gwk_test")
    link = "https://open.example.com/app/cli_1/auth?q=im:message"
    line = {"id": "s", "label": "im:message", "detail": "not granted", "provider_code": None}
    found = {**line, "state": "missing", "required": True, "fix_url": link}
    optional = {**line, "state": "missing", "required": False, "fix_url": None}
    report = {"ok": False, "checks": [found, optional], "calls": 2}
    toy.answers["/v1/tenants/acme/channels/lark/check"] = [(200, report)]
    told = run("channel", "check", "lark", "--tenant", "acme")
    assert told.code == 1
    assert link in told.out
    assert ("✗ fail" in told.out, "! warn" in told.out) == (True, True)


def test_a_sample_is_sent_and_the_platform_s_answer_shown(run: Run, lark: Ran, acme: str) -> None:
    run("channel", "enable", "lark")
    told = run("channel", "test", "lark", "--to", "mobile:+6591230001")
    assert (told.code, "ok: true" in told.out) == (0, True)
    assert run("channel", "test", "lark", "--to", "mobile:+6599999999").code == 1


def test_the_guide_and_the_usage_are_told(run: Run, lark: Ran) -> None:
    guide = run("channel", "guide", "lark", "--features", "send")
    assert "1. " in guide.out
    assert "im:message" in guide.out
    assert run("channel", "guide", "lark", "--json").json["steps"]
    assert "calls:" in run("channel", "usage", "lark").out


def test_values_of_objects_are_named_by_paths(run: Run, acme: str, folder: Path) -> None:
    hook = ("--type", "webhook", "--config", "url=https://hooks.example.com/in")
    told = run("channel", "set", "hook", *hook, "--config", "headers.X-Team=dba")
    assert told.code == 0
    assert "headers" in run("channel", "show", "hook", "--json").json["secrets_set"]


def test_a_review_is_said_and_shown_until_a_check_finds_it_over(run: Run, lark: Ran) -> None:
    run("channel", "patch", "lark", "--pending-review")
    assert run("channel", "show", "lark", "--json").json["pending_review"] is True
    assert "A review on the platform is awaited since" in run("channel", "guide", "lark").out
    assert "awaited" not in run("channel", "check", "lark").out
    assert run("channel", "show", "lark", "--json").json["pending_review"] is False
    run("channel", "patch", "lark", "--pending-review")
    run("channel", "patch", "lark", "--no-pending-review")
    assert run("channel", "show", "lark", "--json").json["pending_review"] is False


def test_a_draft_is_saved_checked_and_applied(
    run: Run, lark: Ran, config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WRONG", "hush-hush-wrong")
    secret = ("--secret-from-env", "app_secret=WRONG")
    saved = run("channel", "draft", "set", "lark", *options(config), *secret, "--label", "New")
    assert (saved.code, "Nothing changes before" in saved.out) == (0, True)
    assert run("channel", "draft", "check", "lark").code == 1
    assert run("channel", "check", "lark").code == 0
    shown = run("channel", "draft", "show", "lark")
    assert "replaced" in shown.out
    assert "hush-hush" not in saved.out + saved.err + shown.out
    again = ("--secret-from-env", "app_secret=THE_SECRET")
    run("channel", "draft", "set", "lark", *options(config), *again, "--label", "New")
    assert run("channel", "draft", "check", "lark").code == 0
    assert run("channel", "draft", "apply", "lark").code == 0
    assert run("channel", "show", "lark", "--json").json["label"] == "New"
    assert run("channel", "draft", "show", "lark").code == 1


def test_a_draft_is_thrown_away(run: Run, lark: Ran, config: dict[str, Any]) -> None:
    run("channel", "draft", "set", "lark", *options(config), "--label", "New")
    assert run("channel", "draft", "delete", "lark", "--yes").code == 0
    assert run("channel", "show", "lark", "--json").json["draft"] is None


def test_the_card_template_is_printed_as_it_is_imported(run: Run, acme: str) -> None:
    run("channel", "set", "ding", "--type", "dingtalk")
    told = run("channel", "card-template", "ding")
    assert sorted(told.json) == ["editorData", "mode", "type", "widgetInfo"]
    run("channel", "set", "hook", "--type", "webhook")
    assert run("channel", "card-template", "hook").code == 1
