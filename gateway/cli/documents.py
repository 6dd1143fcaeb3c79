"""YAML and JSON files: read without YAML's surprises, written so that they read back the same."""
# ruff: noqa: PLC0415 - YAML waits until a command needs it

import contextlib
import functools
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.cli.output import CommandError

if TYPE_CHECKING:
    import yaml

STDIN = Path("-")
# What every reader of YAML, old or new, takes for the same number, truth value or nothing.
PLAIN = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?|true|false|null|~|")
TEXT_TAG = "tag:yaml.org,2002:str"
MERGE_TAG = "tag:yaml.org,2002:merge"
UNUSUAL_BREAKS = re.compile("[\\r\\x85\\u2028\\u2029]")
WIDTH = 100


def read_file(path: Path) -> Any:  # noqa: ANN401 - whatever is in the file
    """Return what a YAML or JSON file holds; `-` is the standard input.

    Raises:
        CommandError: It cannot be read, or says something that readers of YAML disagree about.
    """
    try:
        text = sys.stdin.read() if path == STDIN else path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.", 2) from None
    except UnicodeDecodeError:
        raise CommandError(f"{path} is not UTF-8.", 2) from None
    return parsed(text, str(path))


def parsed(text: str, name: str) -> Any:  # noqa: ANN401 - whatever is in the text
    """Parse YAML, of which JSON is a part; `name` is what an error calls it."""
    import yaml

    with contextlib.suppress(ValueError):
        return json.loads(text)
    try:
        return yaml.load(text, _loader())  # noqa: S506 - a kind of SafeLoader
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise CommandError(f"{name}{line}: {error.problem}.", 2) from None
    except yaml.YAMLError as error:
        raise CommandError(f"{name}: {error}.", 2) from None


def written(value: object) -> str:
    """Return a value as YAML, in the order it has, long texts line by line."""
    import yaml

    text: str = yaml.dump(
        value, Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=WIDTH, indent=2
    )
    return text


@functools.cache
def _loader() -> Any:  # noqa: ANN401 - a class made of PyYAML's, which has no types
    import yaml

    class Loader(yaml.SafeLoader):
        """Refuses what two readers of YAML would read differently."""

        def compose_node(self, parent: Any, index: Any) -> Any:  # noqa: ANN401 - PyYAML's own
            node = super().compose_node(parent, index)
            _check_scalar(yaml, node)
            return node

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002 - PyYAML's own
            _check_keys(yaml, node)
            return super().construct_mapping(node, deep=deep)

    return Loader


def _check_scalar(yaml: Any, node: Any) -> None:  # noqa: ANN401 - PyYAML's module and node
    if not isinstance(node, yaml.ScalarNode) or node.tag in {TEXT_TAG, MERGE_TAG}:
        return
    if not PLAIN.fullmatch(node.value):
        kind = node.tag.rpartition(":")[2]
        told = f'YAML may read {node.value} as {kind}: write it in quotes, "{node.value}"'
        raise yaml.MarkedYAMLError(problem=told, problem_mark=node.start_mark)


def _check_keys(yaml: Any, node: Any) -> None:  # noqa: ANN401 - PyYAML's module and node
    seen = set()
    for key, _ in getattr(node, "value", ()):
        if key.tag == MERGE_TAG:
            continue
        if key.tag != TEXT_TAG:
            told = f'a name is a text: write it in quotes, "{key.value}"'
            raise yaml.MarkedYAMLError(problem=told, problem_mark=key.start_mark)
        if key.value in seen:
            told = f"{key.value} is there twice"
            raise yaml.MarkedYAMLError(problem=told, problem_mark=key.start_mark)
        seen.add(key.value)


@functools.cache
def _dumper() -> Any:  # noqa: ANN401 - a class made of PyYAML's, which has no types
    import yaml

    class Dumper(yaml.SafeDumper):
        """Writes texts of several lines as blocks, and everything out in full."""

        def ignore_aliases(self, _data: object) -> bool:
            return True

        def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:  # noqa: ANN401, ARG002, FBT001, FBT002 - PyYAML's own
            return super().increase_indent(flow, indentless=False)

    Dumper.add_representer(str, _text)
    return Dumper


def _text(dumper: "yaml.SafeDumper", text: str) -> "yaml.ScalarNode":
    block = "|" if "\n" in text else None
    style = '"' if UNUSUAL_BREAKS.search(text) else block
    return dumper.represent_scalar(TEXT_TAG, text, style=style)
