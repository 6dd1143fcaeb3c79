"""`gateway migrate` brings the database up to date, or only looks."""

import asyncio
from pathlib import Path

from gateway.store import open_store
from gateway.store.migrate import newest
from tests.gateway.cli.conftest import Run


def test_a_check_finds_what_is_missing_and_makes_nothing(run: Run, folder: Path) -> None:
    told = run("migrate", "--check", "--json")
    assert told.code == 1
    assert told.json == {"revision": None, "newest": newest(), "was": None}
    assert list(folder.iterdir()) == []


def test_a_new_database_reaches_the_newest_revision(run: Run) -> None:
    assert run("migrate", "--json").json["revision"] == newest()
    assert run("migrate", "--check").code == 0
    assert "newest revision" in run("migrate").out


def test_a_database_in_use_is_told_in_one_sentence(run: Run, folder: Path) -> None:
    store = open_store("sqlite:///data/gateway.db")
    try:
        told = run("migrate")
    finally:
        asyncio.run(store.database.aclose())
    assert told.code == 1
    assert "another gateway already works on this database" in told.err
