"""The pages about channels show the example's files, and their code runs as it stands."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "gateway-ntfy"
HOW_TO = ROOT / "docs" / "how-to" / "write-a-channel.md"
TUTORIAL = ROOT / "docs" / "tutorial" / "first-channel.md"
BLOCK = re.compile(r"```(python|toml)\n(.*?)```", re.DOTALL)
NAME = re.compile(r"^# file: (\S+)\n")
MOST_LINES = 40


def blocks(page: Path) -> list[str]:
    return [text for _, text in BLOCK.findall(page.read_text(encoding="utf-8"))]


def files(page: Path) -> dict[str, str]:
    """Return the files that a page has its reader write, by their names."""
    named = [(NAME.match(text), text) for text in blocks(page)]
    return {found[1]: text[found.end() :] for found, text in named if found}


def test_the_plugin_has_forty_lines_at_most() -> None:
    lines = (EXAMPLE / "gateway_ntfy" / "__init__.py").read_text().splitlines()
    assert len([line for line in lines if line.strip()]) <= MOST_LINES


@pytest.mark.parametrize("page", [HOW_TO, TUTORIAL], ids=lambda page: page.stem)
def test_every_file_of_a_page_is_the_one_of_the_example(page: Path) -> None:
    found = files(page)
    assert found
    differs = [name for name in found if (EXAMPLE / name).read_text() != found[name]]
    assert differs == []


def test_what_the_tutorial_has_its_reader_write_keeps_the_contract(tmp_path: Path) -> None:
    for name, text in files(TUTORIAL).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    main = "from gateway.cli import main; main()"
    record = [sys.executable, "-c", main, "conform", ".", "--record"]
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    for command in (record, tests):
        ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stdout + ended.stderr
