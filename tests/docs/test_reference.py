"""The documentation is compared with the code, and its examples are run."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from docs.generate import REFERENCE, pages
from gateway.cli import main
from gateway.request import NotifyRequest
from tests.gateway.cli.toy_gateway import ToyGateway, toy_gateway

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.zh-CN.md")
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)")
SHELL = re.compile(r"```sh\n(.*?)```", re.DOTALL)
BODY = re.compile(r"-d '(\{.*?\})'", re.DOTALL)
NOTIFY = re.compile(r"^(?:\.venv/bin/)?gateway notify (?:[^\n]*\\\n)*[^\n;]*", re.MULTILINE)


@pytest.mark.parametrize("name", sorted(pages()))
def test_a_generated_page_says_what_the_code_says(name: str) -> None:
    written = (REFERENCE / name).read_text(encoding="utf-8")
    assert written == pages()[name], "stale: run `make docs`"


def test_no_page_is_left_of_something_that_is_gone() -> None:
    assert {page.name for page in REFERENCE.iterdir()} == set(pages())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = LINK.findall(page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_page_can_be_reached_from_the_index() -> None:
    linked = {
        (ROOT / "docs" / target).resolve()
        for target in LINK.findall((ROOT / "docs" / "index.md").read_text(encoding="utf-8"))
    }
    found = {page.resolve() for page in ROOT.glob("docs/**/*.md")}
    assert found - linked == {(ROOT / "docs" / "index.md").resolve()}


@pytest.mark.parametrize("name", READMES)
def test_the_bodies_of_a_readme_are_accepted(name: str) -> None:
    bodies = BODY.findall((ROOT / name).read_text(encoding="utf-8"))
    assert bodies
    for body in bodies:
        NotifyRequest.model_validate(json.loads(body))


def commands() -> Iterator[Any]:
    """Yield every `gateway notify` that a page tells people to type."""
    for page in PAGES:
        for block in SHELL.findall(page.read_text(encoding="utf-8")):
            for line in NOTIFY.findall(block):
                yield pytest.param(line, id=f"{page.name}: {line[:60]}")


@pytest.mark.parametrize("line", list(commands()))
def test_a_notify_line_of_the_pages_posts_what_the_gateway_takes(
    line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = shlex.split(line.replace("\\\n", " "))[1:]
    with toy_gateway() as toy:
        prepare(toy, monkeypatch)
        with pytest.raises(SystemExit):
            main(arguments)
    body = toy.asked[0][2]
    assert NotifyRequest.model_validate(body).tenant == "demo"


def prepare(toy: ToyGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_URL", toy.url)
    monkeypatch.setenv("GATEWAY_KEY", "gwk_test")
    toy.answers["/notify"] = [(202, {"id": "ntf_1", "status": "accepted", "deliveries": []})]
    toy.answers["/v1/notifications/ntf_1"] = [(200, {"id": "ntf_1", "status": "completed"})]
    toy.answers["/v1/deliveries"] = [(200, {"items": [], "next_cursor": None})]


def test_both_readmes_make_the_same_promises() -> None:
    counts = [
        len(re.findall(r"^\| \d \|", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))
        for name in READMES
    ]
    assert counts == [8, 8]
