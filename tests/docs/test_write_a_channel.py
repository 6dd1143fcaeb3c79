"""The page's examples are the files that are tested, and they run as they stand."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "write-a-channel.md"
PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)
PLUGIN, CONTRACT, SCRIPTED = PYTHON.findall(PAGE.read_text(encoding="utf-8"))


def test_the_page_shows_the_plugin_that_is_tested() -> None:
    assert (ROOT / "tests" / "typing" / "ntfy.py").read_text() == PLUGIN


def test_the_examples_run_in_a_plugin_authors_folder(tmp_path: Path) -> None:
    (tmp_path / "gateway_ntfy.py").write_text(PLUGIN)
    (tmp_path / "test_contract.py").write_text(CONTRACT)
    (tmp_path / "test_send.py").write_text(SCRIPTED)
    options = ["-q", "-p", "no:cacheprovider", "-o", "asyncio_mode=auto", "--rootdir", "."]
    command = [sys.executable, "-m", "pytest", *options, "."]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "passed" in ended.stdout
