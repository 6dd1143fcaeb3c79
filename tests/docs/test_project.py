"""The project's files name no host, no machine, and pin what they need."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NAME = re.compile(r"^[A-Za-z0-9._-]+")


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    found = [line.split("==") for line in lines if not line.startswith("#")]
    return {normal(name): version for name, version in found}


def wanted() -> set[str]:
    extras = PROJECT["optional-dependencies"].values()
    lines = [*PROJECT["dependencies"], *(line for extra in extras for line in extra)]
    names = {normal(match.group()) for line in lines if (match := NAME.match(line))}
    return names - {normal(PROJECT["name"])}


def test_every_dependency_is_pinned() -> None:
    assert wanted() - set(pins()) == set()


@pytest.mark.parametrize("name", ["Makefile", "constraints.txt", "pyproject.toml", ".ci/run"])
def test_no_package_host_and_no_machine_is_named(name: str) -> None:
    text = (ROOT / name).read_text()
    assert re.findall(r"https?://|index-url|find-links|file:|/home/|/root/", text) == []


def test_the_license_is_the_one_that_is_declared() -> None:
    assert PROJECT["license"] == "Apache-2.0"
    assert "Apache License" in (ROOT / "LICENSE").read_text()
