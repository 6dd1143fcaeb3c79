from pathlib import Path

from mypy import api

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def test_mypy_strict_finds_nothing_in_what_plugin_authors_write() -> None:
    config = ["--config-file", str(ROOT / "pyproject.toml"), "--strict", "--warn-unused-ignores"]
    example = ROOT / "examples" / "gateway-ntfy"
    files = [str(HERE / "api.py"), str(example / "gateway_ntfy"), str(example / "tests")]
    found, trouble, status = api.run([*config, "--no-error-summary", *files])
    assert (found, trouble, status) == ("", "", 0)
