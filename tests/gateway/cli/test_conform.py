"""`gateway conform` names the rule that a plugin breaks, says why and what to do, in any case."""

import json
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.testing import RULES
from tests.gateway.cli.bad_plugins import BAD, GOOD, SUBJECTS, Bad
from tests.gateway.cli.conftest import Run

EXAMPLE = Path(__file__).parents[3] / "examples" / "gateway-ntfy"


@pytest.fixture(autouse=True)
def clean_imports() -> Iterator[None]:
    """Forget what a test's folder was imported from."""
    modules, path = dict(sys.modules), list(sys.path)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - set(modules):
        if name.startswith(("toy", "gateway_contract")):
            del sys.modules[name]


def write(folder: Path, text: str = GOOD, subjects: str | None = SUBJECTS) -> str:
    (folder / "toy.py").write_text(text, encoding="utf-8")
    if subjects is not None:
        (folder / "gateway_contract.py").write_text(subjects, encoding="utf-8")
    return "./toy.py"


def failures(document: dict[str, Any]) -> dict[str, str]:
    """Return what is wrong by its name: problems of the plugin, and broken rules."""
    found = {}
    for plugin in document["plugins"]:
        found |= {each["name"]: each["why"] for each in plugin["problems"]}
        rules = [rule for offered in plugin["channel_types"] for rule in offered["rules"]]
        found |= {each["name"]: each["why"] for each in rules if each["outcome"] == "failed"}
    return found


def test_a_good_plugin_in_a_file_keeps_the_contract(run: Run, folder: Path) -> None:
    told = run("conform", write(folder), "--json")
    assert told.code == 0, told.out
    assert failures(told.json) == {}
    [offered] = told.json["plugins"][0]["channel_types"]
    assert (offered["name"], offered["subject"]) == ("toy", "gateway_contract.py")
    assert len(offered["rules"]) == len(RULES)


@pytest.mark.parametrize("bad", BAD.values(), ids=list(BAD))
def test_a_bad_plugin_is_caught_by_the_name_of_the_rule_it_breaks(
    run: Run, folder: Path, bad: Bad
) -> None:
    told = run("conform", write(folder, bad.text, bad.subjects), "--json")
    assert told.code == 1
    assert "Traceback" not in told.out + told.err
    assert bad.told in failures(told.json)[bad.rule]


def test_a_person_reads_what_happened_why_it_matters_and_what_to_do(run: Run, folder: Path) -> None:
    told = run("conform", write(folder, BAD["looks at the clock"].text))
    assert told.code == 1
    for text in ("✗ failed", "render-is-pure", "render calls time.time", "What to do:"):
        assert text in told.out
    assert "Traceback" not in told.out + told.err


def test_what_a_plugin_prints_does_not_get_into_the_report(run: Run, folder: Path) -> None:
    told = run("conform", write(folder, f"print('hello')\n{GOOD}"), "--json")
    assert told.json["ok"]
    assert "hello" in told.err


def test_without_a_far_end_the_calls_are_said_not_to_be_verified(run: Run, folder: Path) -> None:
    told = run("conform", write(folder, subjects=None), "--badge", "badge.svg")
    assert told.code == 0
    assert "Nothing that makes calls was verified" in told.out
    assert "calls not verified" in (folder / "badge.svg").read_text()


def test_a_configuration_that_cannot_be_made_up_is_told(run: Run, folder: Path) -> None:
    picky = GOOD.replace('description="The token."', 'pattern="^tk_[0-9]+$", description="It."')
    picky = picky.replace("token: SecretStr", "token: str")
    told = run("conform", write(folder, picky, subjects=None), "--json")
    assert told.code == 1
    assert list(failures(told.json)) == ["has-a-subject"]
    examples = picky.replace('pattern="', 'examples=["tk_1"], pattern="')
    write(folder, examples, subjects=None)
    sys.modules.pop("toy")
    assert "has-a-subject" not in failures(run("conform", "./toy.py", "--json").json)


@pytest.mark.parametrize(
    ("subjects", "told"),
    [
        ("raise SystemExit(1)\n", "raises SystemExit"),
        ("nothing = 1\n", "no function `subjects`"),
        ("def subjects():\n    return [1]\n", "gives a int"),
        ("def subjects():\n    raise ValueError('no')\n", "raises ValueError: no"),
    ],
)
def test_a_broken_contract_file_is_a_finding(
    run: Run, folder: Path, subjects: str, told: str
) -> None:
    ran = run("conform", write(folder, subjects=subjects), "--json")
    assert ran.code == 1
    assert told in failures(ran.json)["has-a-subject"]


def test_a_contract_file_may_be_somewhere_else(run: Run, folder: Path) -> None:
    plugin = write(folder, subjects=None)
    (folder / "elsewhere.py").write_text(SUBJECTS, encoding="utf-8")
    told = run("conform", plugin, "--subjects", "elsewhere.py", "--json")
    assert told.json["plugins"][0]["channel_types"][0]["subject"] == "elsewhere.py"
    assert run("conform", plugin, "--subjects", "nowhere.py").code == 2


@pytest.mark.parametrize("name", ["lark", "feishu", "webhook", "lark-robot", "gateway_lark"])
def test_an_installed_plugin_is_verified_at_its_own_emulator(run: Run, name: str) -> None:
    told = run("conform", name, "--json")
    assert told.code == 0, failures(told.json)
    assert told.json["calls_verified"]


def test_one_channel_type_of_several_can_be_asked_for(run: Run) -> None:
    [plugin] = run("conform", "feishu-robot", "--json").json["plugins"]
    assert [each["name"] for each in plugin["channel_types"]] == ["feishu-robot"]


@pytest.mark.parametrize("name", ["nothing", "./nowhere.py", "."])
def test_what_is_not_there_is_one_sentence(run: Run, name: str) -> None:
    told = run("conform", name)
    assert (told.code, told.err.count("\n")) == (2, 1)


@pytest.mark.parametrize(
    "text", ["[project", "[project]\nname = 'x'\n", "[project.entry-points]\n"]
)
def test_a_project_that_names_no_plugin_is_one_sentence(run: Run, folder: Path, text: str) -> None:
    (folder / "pyproject.toml").write_text(text)
    told = run("conform", ".")
    assert told.code == 2
    assert "[project.entry-points.gateway]" in told.err


def test_the_third_partys_folder_keeps_every_rule_that_concerns_it(run: Run, folder: Path) -> None:
    told = run("conform", str(EXAMPLE), "--json", "--badge", "b.svg", "--badge", "b.json")
    assert told.code == 0, failures(told.json)
    assert failures(told.json) == {}
    shown = json.loads((folder / "b.json").read_text())
    assert shown["schemaVersion"] == 1
    assert shown["message"].endswith("kept")
    assert ET.parse(folder / "b.svg").getroot().tag.endswith("svg")


def test_a_badge_of_a_broken_plugin_says_so(run: Run, folder: Path) -> None:
    run("conform", write(folder, BAD["blocks"].text), "--badge", "b.json")
    assert json.loads((folder / "b.json").read_text())["message"] == "1 broken"
    run("conform", write(folder, BAD["exits at import"].text), "--badge", "b.svg")
    assert run("conform", "toy", "--badge", "badge.png").code == 2


def test_golden_files_are_written_when_asked_for(run: Run, folder: Path) -> None:
    subjects = SUBJECTS.replace("plugin=toy,", "plugin=toy, golden=Path('golden'),")
    plugin = write(folder, subjects=f"from pathlib import Path\n{subjects}")
    before = failures(run("conform", plugin, "--json").json)
    assert list(before) == ["matches-its-golden-files"]
    assert run("conform", plugin, "--record").code == 0
    assert run("conform", plugin).code == 0
