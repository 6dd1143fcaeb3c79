"""The example of the documentation is applied as it is printed."""

from pathlib import Path

import pytest

from tests.gateway.cli.conftest import Run
from tests.gateway.cli.live import Live

EXAMPLE = Path(__file__).parents[4] / "docs" / "how-to" / "tenant.yaml"


@pytest.fixture(autouse=True)
def environment(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    hook = "https://open.larksuite.com/open-apis/bot/v2/hook/0a1b2c3d-0000-4000-8000-0123456789ab"
    monkeypatch.setenv("LARK_APP_SECRET", "the-application-s-own-secret")
    monkeypatch.setenv("ON_CALL_WEBHOOK_URL", hook)


def test_the_example_is_applied_once_and_its_export_says_the_same(run: Run, folder: Path) -> None:
    made = run("apply", "-f", str(EXAMPLE), "--yes")
    assert (made.code, made.err) == (0, "")
    again = run("apply", "-f", str(EXAMPLE), "--prune", "--yes")
    assert again.out == "There is nothing to change.\n"
    (folder / "export.yaml").write_text(run("export", "acme").out)
    exported = run("apply", "-f", "export.yaml", "--prune", "--yes")
    assert exported.out == "There is nothing to change.\n"
