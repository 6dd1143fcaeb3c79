"""Users and bindings go in and out as CSV, and are matched by their addresses."""

from pathlib import Path
from typing import Any

import pytest

from tests.gateway.cli.conftest import Run
from tests.gateway.cli.live import Live
from tests.gateway.cli.toy_gateway import ToyGateway

PEOPLE = "id,display_name,mobile\nli.wei,李伟,+6591230001\nghost,Nobody,+6599999999\n"


@pytest.fixture
def lark(run: Run, acme: str, live: Live, monkeypatch: pytest.MonkeyPatch) -> str:
    config = live.configs["lark"]
    monkeypatch.setenv("THE_SECRET", config["app_secret"])
    plain = [f"{name}={value}" for name, value in config.items() if name != "app_secret"]
    words = [word for each in plain for word in ("--config", each)]
    run(
        "channel",
        "set",
        "lark",
        "--type",
        "lark",
        *words,
        "--secret-from-env",
        "app_secret=THE_SECRET",
    )
    run("channel", "enable", "lark")
    return "lark"


def test_users_go_in_and_out(run: Run, acme: str, folder: Path) -> None:
    (folder / "in.csv").write_text(PEOPLE)
    tried = run("user", "import", "in.csv", "--dry-run")
    assert "2 rows: 2 created" in tried.out
    assert run("user", "list", "--json").json == []
    assert run("user", "import", "in.csv").code == 0
    assert "li.wei,李伟" in run("user", "export").out
    run("user", "export", "--out", "out.csv")
    assert run("user", "import", "out.csv", "--json").json["unchanged"] == 2


def test_a_bad_row_is_told_with_its_line_and_is_an_exit_code(
    run: Run, acme: str, folder: Path
) -> None:
    (folder / "in.csv").write_text("id,mobile\nli.wei,12\ntan,\n")
    told = run("user", "import", "in.csv")
    assert told.code == 1
    assert "1 created" in told.out
    assert "mobile" in told.out
    assert run("user", "import", "nowhere.csv").code == 2


def test_users_are_bound_by_their_addresses(run: Run, lark: str, folder: Path) -> None:
    (folder / "in.csv").write_text(PEOPLE)
    run("user", "import", "in.csv")
    tried = run("bind", "auto", lark, "--by", "mobile", "--dry-run")
    assert "1 matched" in tried.out
    assert run("bind", "list", lark, "--json").json == []
    told = run("bind", "auto", lark, "--json").json
    assert [each["user"] for each in told["matched"]] == ["li.wei"]
    assert [each["user"] for each in told["not_found"]] == ["ghost"]
    assert "user:li.wei" in run("bind", "list", lark).out


def test_a_user_is_bound_and_unbound_by_hand(run: Run, lark: str) -> None:
    run("user", "set", "tan")
    assert run("bind", "set", lark, "tan", "open_id:ou_tan").code == 0
    [bound] = run("bind", "list", lark, "--json").json
    assert (bound["identity"]["id"], bound["method"]) == ("ou_tan", "manual")
    assert run("bind", "unbind", lark, "tan", "--yes").code == 0
    assert run("bind", "list", lark, "--json").json == []
    assert run("bind", "set", lark, "tan", "ou_tan").code == 2


def test_a_user_gets_a_link_to_log_in_by(run: Run, lark: str) -> None:
    run("user", "set", "tan")
    told = run("bind", "link", lark, "tan")
    assert "tan" in told.out
    assert any(f"/{lark}/login?link=" in line for line in told.out.splitlines())
    assert set(run("bind", "link", lark, "tan", "--json").json) == {"url", "expires_at"}
    assert run("bind", "link", lark, "nobody").code == 1


def test_bindings_go_in_and_out(run: Run, lark: str, folder: Path) -> None:
    run("user", "set", "tan")
    (folder / "in.csv").write_text("user,identity_kind,identity\ntan,open_id,ou_tan\n")
    assert run("bind", "import", lark, "in.csv", "--json").json["created"] == 1
    assert "ou_tan" in run("bind", "export", lark).out


def test_all_pages_of_a_matching_become_one_report(
    run: Run, toy: ToyGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_URL", toy.url)
    monkeypatch.setenv("GATEWAY_KEY", "gwk_test")
    path = "/v1/tenants/acme/channels/lark/bindings/auto"
    toy.answers[path] = [(200, matching("li.wei", "more")), (200, matching("tan", None))]
    told = run("bind", "auto", "lark", "--tenant", "acme", "--json").json
    assert [each["user"] for each in told["matched"]] == ["li.wei", "tan"]
    assert told["counts"] == {"users": 4, "matched": 2, "conflicts": 2, "failed": 0}
    assert [body.get("cursor") for _, _, body in toy.asked] == [None, "more"]
    assert "Somebody else has it." in run("bind", "auto", "lark", "--tenant", "acme").out


def matching(user: str, cursor: str | None) -> dict[str, Any]:
    identity = {"kind": "open_id", "id": f"ou_{user}"}
    conflict = {"user": f"{user}-2", "identity": identity, "detail": "Somebody else has it."}
    return {
        "dry_run": False,
        "notes": ["The directory was listed."],
        "counts": {"users": 2, "matched": 1, "conflicts": 1, "failed": 0},
        "matched": [{"user": user, "identity": identity, "by": "mobile"}],
        "conflicts": [conflict],
        **{name: [] for name in ("already_bound", "ambiguous", "not_found", "failed")},
        "calls": 1,
        "next_cursor": cursor,
    }
