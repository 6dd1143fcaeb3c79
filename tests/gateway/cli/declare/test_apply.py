"""`gateway apply` and `gateway export` with a whole gateway behind them."""

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.cli.documents import parsed, written
from tests.gateway.cli.conftest import Ran, Run
from tests.gateway.cli.live import Live

SECRET = "hush-hush-lark-secret"
NUMBERS = count(1)


@pytest.fixture
def tenant() -> str:
    return f"t{next(NUMBERS)}-apply"


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LARK_APP_SECRET", SECRET)


@pytest.fixture
def whole(live: Live, tenant: str) -> dict[str, Any]:
    """Return a document with something of everything."""
    config = {**live.configs["lark"], "app_secret": "${LARK_APP_SECRET}"}
    return {
        "tenant": {"id": tenant, "name": "Acme", "time_zone": "Asia/Singapore"},
        "channels": {"lark": {"type": "lark", "enabled": True, "config": config}},
        "users": {
            "li.wei": {"display_name": "李伟", "mobile": "+6581234567"},
            "tan": {"preferences": {"quiet_hours": {"start": "22:00", "end": "07:00"}}},
        },
        "topics": {"dba": {"members": ["user:li.wei", {"email": "a@example.com"}]}},
        "templates": {"hello": {"card": {"title": "Hello {{ who }}"}}},
        "rules": {"night": {"match": {"type": "ticket.*"}, "recipients": [{"topic": "dba"}]}},
        "bindings": {"lark": {"tan": {"kind": "open_id", "id": "ou_tan"}}},
    }


Apply = Callable[..., Ran]


@pytest.fixture
def apply(run: Run, folder: Path) -> Apply:
    def apply(document: dict[str, Any], *options: str) -> Ran:
        (folder / "tenant.yaml").write_text(written(document))
        return run("apply", "-f", "tenant.yaml", *options)

    return apply


def audit(live: Live, tenant: str) -> list[str]:
    """Return what was ever written in a tenant."""
    address = f"{live.url}/v1/tenants/{tenant}/audit-log?limit=200"
    answer = httpx.get(address, headers={"Authorization": f"Bearer {live.key}"}, trust_env=False)
    return [entry["id"] for entry in answer.json()["items"]]


def test_a_whole_tenant_is_made_and_the_second_time_writes_nothing(
    live: Live, apply: Apply, whole: dict[str, Any], tenant: str
) -> None:
    made = apply(whole, "--yes")
    assert made.code == 0
    assert "8 to create, 1 to enable" in made.out
    before = audit(live, tenant)
    again = apply(whole, "--yes")
    assert "There is nothing to change." in again.out
    assert audit(live, tenant) == before


def test_the_export_of_what_was_applied_changes_nothing(
    apply: Apply, run: Run, whole: dict[str, Any], tenant: str
) -> None:
    apply(whole, "--yes")
    text = run("export", tenant).out
    assert "app_secret: ${LARK_APP_SECRET}" in text
    exported = parsed(text, "the export")
    assert apply(exported, "--prune", "--json").json["steps"] == []
    assert run("export", tenant).out == text


def test_an_export_makes_the_same_tenant_under_another_name(
    apply: Apply, run: Run, whole: dict[str, Any], tenant: str
) -> None:
    apply(whole, "--yes")
    document = parsed(run("export", tenant).out, "the export")
    document["tenant"]["id"] = f"{tenant}-2"
    assert apply(document, "--yes").code == 0
    copy = parsed(run("export", f"{tenant}-2").out, "the export")
    assert copy == document


def test_a_dry_run_shows_the_difference_and_writes_nothing(
    live: Live, apply: Apply, whole: dict[str, Any], tenant: str
) -> None:
    apply(whole, "--yes")
    before = audit(live, tenant)
    whole["users"]["li.wei"]["mobile"] = "+6580000000"
    told = apply(whole, "--dry-run")
    assert 'mobile: "+6581234567" → "+6580000000"' in told.out
    assert audit(live, tenant) == before


def test_no_secret_is_ever_shown(
    apply: Apply, run: Run, whole: dict[str, Any], tenant: str
) -> None:
    whole["channels"]["lark"]["config"]["encrypt_key"] = "written-in-the-file"
    told = apply(whole, "--yes")
    assert "config.app_secret: (secret)" in told.out
    shown = [told, apply(whole, "--secrets", "--dry-run", "--json"), run("export", tenant)]
    for each in shown:
        assert SECRET not in each.out + each.err
        assert "written-in-the-file" not in each.out + each.err


def test_a_secret_that_is_not_in_the_environment_stops_everything_before_the_first_write(
    live: Live,
    apply: Apply,
    whole: dict[str, Any],
    tenant: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("LARK_APP_SECRET")
    assert apply(whole, "--dry-run").code == 0
    told = apply(whole, "--yes")
    assert told.code == 2
    assert "the environment lacks LARK_APP_SECRET" in told.err
    assert "not_found" not in told.err
    assert run_exists(live, tenant) == 404


def run_exists(live: Live, tenant: str) -> int:
    answer = httpx.get(
        f"{live.url}/v1/tenants/{tenant}",
        headers={"Authorization": f"Bearer {live.key}"},
        trust_env=False,
    )
    return answer.status_code


def test_what_the_file_does_not_name_is_deleted_only_with_prune(
    apply: Apply, run: Run, whole: dict[str, Any], tenant: str
) -> None:
    apply(whole, "--yes")
    emptied = {**whole, "rules": {}, "topics": {}, "users": {"tan": whole["users"]["tan"]}}
    left = apply(emptied, "--yes")
    assert "left alone (--prune deletes): rule night, topic dba, user li.wei" in left.out
    pruned = apply(emptied, "--yes", "--prune")
    assert "3 to delete" in pruned.out
    assert run("user", "list", "--tenant", tenant, "--json").json[0]["id"] == "tan"
    assert apply(emptied, "--yes", "--prune").out.startswith("There is nothing to change.")


def test_a_refusal_in_the_middle_says_what_was_done_and_what_not(
    apply: Apply, run: Run, whole: dict[str, Any], tenant: str
) -> None:
    whole["topics"]["broken"] = {"members": [{"chat": "oc_1", "channel": "nowhere"}]}
    told = apply(whole, "--yes")
    assert told.code == 1
    assert "create topic broken: " in told.err
    assert "Done before it: 6 of 10." in told.err
    assert "Not done: this and create template hello, create rule night" in told.err
    assert run("topic", "show", "dba", "--tenant", tenant).code == 0
    del whole["topics"]["broken"]
    assert "3 to create" in apply(whole, "--yes").out


def test_without_anybody_to_ask_it_needs_yes(apply: Apply, whole: dict[str, Any]) -> None:
    told = apply(whole)
    assert told.code == 2
    assert "say --yes" in told.err


def test_an_admin_applies_everything_but_the_tenant_itself(
    apply: Apply, run: Run, whole: dict[str, Any], tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(whole, "--yes")
    key = run("key", "create", "--role", "admin", "--tenant", tenant, "--json").json["key"]
    monkeypatch.setenv("GATEWAY_KEY", key)
    whole["tenant"] = {"id": tenant}
    whole["rules"]["night"]["enabled"] = False
    assert "1 to change." in apply(whole, "--yes").out
    assert "There is nothing to change." in apply(whole, "--yes").out
    whole["tenant"]["name"] = "Mine"
    told = apply(whole, "--yes")
    assert (told.code, "owner" in told.err) == (2, True)


def test_settings_that_the_file_leaves_out_stay_as_they_are(
    apply: Apply, run: Run, whole: dict[str, Any], tenant: str
) -> None:
    apply(whole, "--yes")
    apply({"tenant": {"id": tenant, "locale": "zh-CN"}}, "--yes")
    shown = run("tenant", "show", tenant, "--json").json
    assert (shown["locale"], shown["time_zone"]) == ("zh-CN", "Asia/Singapore")


def test_only_some_sections_are_exported_where_that_is_asked(
    apply: Apply, run: Run, whole: dict[str, Any], tenant: str
) -> None:
    apply(whole, "--yes")
    document = parsed(run("export", tenant, "--only", "rules").out, "the export")
    assert document.keys() == {"tenant", "rules"}
    assert run("export", tenant, "--only", "rulez").code == 2
    assert run("export", "nobody").code == 1


def test_what_is_wrong_with_a_file_is_told_before_anything_is_written(
    live: Live, apply: Apply, whole: dict[str, Any], tenant: str
) -> None:
    whole["users"]["li.wei"]["mobile"] = 6581234567
    told = apply(whole, "--yes")
    assert told.code == 2
    assert "users.li.wei.mobile" in told.err
    assert "Traceback" not in told.err
    assert run_exists(live, tenant) == 404


def test_an_awaited_review_is_applied_and_exported_and_otherwise_left_alone(
    apply: Apply, run: Run, whole: dict[str, Any], tenant: str
) -> None:
    only = {"tenant": whole["tenant"], "channels": whole["channels"]}
    apply(only, "--yes")
    assert "pending_review" not in run("export", tenant).out
    silent = parsed(written(only), "silent.yaml")
    only["channels"]["lark"]["pending_review"] = True
    assert "pending_review: false → true" in apply(only, "--yes").out
    assert parsed(run("export", tenant).out, "it")["channels"]["lark"]["pending_review"] is True
    assert "There is nothing to change." in apply(only, "--yes").out
    assert "There is nothing to change." in apply(silent, "--yes").out
    only["channels"]["lark"]["pending_review"] = False
    apply(only, "--yes")
    assert "pending_review" not in run("export", tenant).out
