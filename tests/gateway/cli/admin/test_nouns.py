"""Each noun is listed, shown, set, patched and deleted with the same words."""

import json
from pathlib import Path

import pytest

from gateway.cli.admin.nouns import cell
from tests.gateway.cli.conftest import Run
from tests.gateway.cli.live import Live


def test_a_tenant_is_made_changed_and_deleted(run: Run, acme: str) -> None:
    run("tenant", "patch", acme, "--region", "sg", "--not-entitled")
    shown = run("tenant", "show", acme, "--json").json
    assert (shown["name"], shown["regions"], shown["entitled"]) == ("Acme", ["sg"], False)
    assert acme in run("tenant", "list").out
    assert run("tenant", "delete", acme, "--yes").code == 0
    assert run("tenant", "show", acme).code == 1


def test_set_replaces_and_patch_changes_only_what_is_given(run: Run, acme: str) -> None:
    address = ("--email", "li@example.com")
    run("user", "set", "li.wei", "--display-name", "李伟", "--mobile", "+6581234567", *address)
    run("user", "patch", "li.wei", "--locale", "zh-CN", "--clear", "email")
    patched = run("user", "show", "li.wei", "--json").json
    assert (patched["mobile"], patched["locale"], patched["email"]) == (
        "+6581234567",
        "zh-CN",
        None,
    )
    run("user", "set", "li.wei", "--locale", "en")
    assert run("user", "show", "li.wei", "--json").json["mobile"] is None


def test_people_read_tables_and_programs_read_json(run: Run, acme: str) -> None:
    run("user", "set", "li.wei", "--department", "dba", "--department", "ops")
    table = run("user", "list").out
    assert "user" in table.splitlines()[0]
    assert "dba, ops" in table
    assert [each["id"] for each in run("user", "list", "--json").json] == ["li.wei"]


def test_a_body_may_come_from_a_file_and_options_win(run: Run, acme: str, folder: Path) -> None:
    (folder / "rule.yaml").write_text("match: {type: ticket.*}\nmobile_only: true\n")
    run("rule", "set", "night", "-f", "rule.yaml", "--match", "module=a", "--match", "module=b")
    shown = run("rule", "show", "night", "--json").json
    assert shown["match"] == {"type": "ticket.*", "module": ["a", "b"]}
    assert shown["mobile_only"] is True


def test_what_is_shown_is_yaml_for_a_person(run: Run, acme: str) -> None:
    run("topic", "set", "dba", "--member", "user:li.wei", "--member", "chat:oc_1@lark")
    assert run("topic", "set", "dba", "--member", "user:li.wei").code == 0
    assert "members:\n  - user:li.wei\n" in run("topic", "show", "dba").out


def test_a_refusal_names_the_field_and_the_code(run: Run, acme: str) -> None:
    told = run("user", "set", "li.wei", "--mobile", "12")
    assert told.code == 1
    assert "body.mobile" in told.err
    assert "[validation_failed]" in told.err


def test_a_name_with_anything_in_it_reaches_no_other_address(run: Run, acme: str) -> None:
    told = run("user", "delete", "../channels", "--yes")
    assert told.code == 1
    assert "[not_found]" in told.err


def test_deleting_asks_and_without_anybody_to_ask_needs_yes(run: Run, acme: str) -> None:
    run("user", "set", "li.wei")
    told = run("user", "delete", "li.wei")
    assert (told.code, "say --yes" in told.err) == (2, True)
    assert run("user", "delete", "li.wei", "--yes").code == 0
    assert run("user", "list", "--json").json == []


def test_a_tenant_is_needed(run: Run, live: Live) -> None:
    told = run("user", "list")
    assert (told.code, "GATEWAY_TENANT" in told.err) == (2, True)


def test_a_key_is_needed(run: Run, acme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GATEWAY_KEY")
    assert (run("user", "list").code, "GATEWAY_KEY" in run("user", "list").err) == (2, True)


@pytest.mark.parametrize("member", ["li.wei", "chat:oc_1", "department:@lark", "fax:1"])
def test_a_recipient_of_no_known_form_is_told(run: Run, acme: str, member: str) -> None:
    assert run("topic", "set", "dba", "--member", member).code == 2


def test_a_key_is_shown_once(run: Run, acme: str) -> None:
    made = run("key", "create", "--role", "sender")
    key = made.out.splitlines()[0]
    listed = run("key", "list", "--json")
    assert key not in listed.out
    [row] = listed.json
    assert key.startswith(row["prefix"])
    assert run("key", "delete", row["id"], "--yes").code == 0
    assert run("key", "list", "--json").json == []


def test_a_rule_is_tried(run: Run, acme: str) -> None:
    run("user", "set", "li.wei")
    run("rule", "set", "night", "--match", "type=ticket.*", "--recipient", "user:li.wei")
    told = run("rule", "test", "--type", "ticket.new", "--attribute", "module=x")
    assert "night" in told.out
    assert "user:li.wei" in told.out
    missed = run("rule", "test", "--type", "other", "--json").json
    assert missed["rules"][0]["matches"] is False
    assert "≠ ticket.*" in run("rule", "test", "--type", "other").out


def test_a_template_is_kept_and_previewed(run: Run, acme: str, folder: Path) -> None:
    (folder / "card.yaml").write_text('card:\n  title: "Hello {{ who }}"\n')
    (folder / "data.json").write_text(json.dumps({"who": "Li"}))
    assert run("template", "set", "hello", "-f", "card.yaml").code == 0
    assert run("template", "list", "--json").json[0]["version"] == 1
    told = run("template", "preview", "hello", "--data", "data.json")
    assert told.code == 0
    assert "lark" in told.out
    preview = run("template", "preview", "hello", "--data", "data.json", "--json").json
    assert preview["card"]["title"] == "Hello Li"


def test_cells_are_one_line() -> None:
    item = {"a": {"b": True, "c": None}, "d": ["x", "y"], "e": {"f": 1}, "g": [], "h": 0}
    paths = ("a.b", "a.c", "d", "e", "g", "h", "none.at.all")
    assert [cell(item, path) for path in paths] == ["yes", "", "x, y", '{"f": 1}', "", "0", ""]
