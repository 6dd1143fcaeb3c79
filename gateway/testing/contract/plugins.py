"""Finds what `gateway conform` is pointed at: an installed plugin, a module, a folder or a file."""

import os
import re
import sys
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path

from gateway.plugin import ChannelType
from gateway.registry import GROUP, PluginInfo, load
from gateway.testing.context import CapturingLog


class TargetError(Exception):
    """There is nothing of that name; the text says where was looked."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What keeps a plugin from being verified at all.

    Attributes:
        name: What reports call it.
        why: What happened.
        reason: Why it matters.
        fix: What to do about it.
    """

    name: str
    why: str
    reason: str
    fix: str


@dataclass(frozen=True, slots=True)
class Target:
    """Where plugins are, before anything of them is imported.

    Attributes:
        points: The entry points, as an installed distribution would have them.
        folder: Where it was found, for a path.
        only: The one channel type that was asked for.
    """

    points: tuple[EntryPoint, ...]
    folder: Path | None = None
    only: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """One plugin, loaded or not."""

    info: PluginInfo
    module: object = None
    channel_types: tuple[ChannelType, ...] = ()
    problems: tuple[Problem, ...] = ()


def locate(name: str) -> Target:
    """Find what `name` means: a path, or what is installed under that name.

    Raises:
        TargetError: Nothing is.
    """
    if os.sep in name or name in {".", ".."} or name.endswith(".py"):
        return _at(Path(name))
    target = _installed(name) or _importable(name)
    if target is None and Path(name).exists():
        return _at(Path(name))
    if target is None:
        raise TargetError(
            f"There is no plugin, channel type, module or folder called {name}; "
            "`gateway plugins` lists what is installed."
        )
    return target


def find(point: EntryPoint, only: str | None = None) -> Found:
    """Load one plugin as the gateway does, and tell what is wrong with it."""
    registry = load(CapturingLog(), points=[point])
    (info,) = registry.plugins
    if info.error:
        return Found(info, problems=(_does_not_load(info.error),))
    types = [offer.channel_type for offer in registry.offers.values()]
    chosen = tuple(each for each in types if only in (None, each.name))
    problems = () if types else (_offers_nothing(point),)
    return Found(info, point.load(), chosen, problems)


def _does_not_load(error: str) -> Problem:
    return Problem(
        "loads",
        error,
        "The gateway starts without a plugin that does not load.",
        "Mend what Python says; at import define things only, and do nothing.",
    )


def _offers_nothing(point: EntryPoint) -> Problem:
    return Problem(
        "offers-a-channel-type",
        f"{point.value} has no hook `channel_types`, or it offers none",
        "A plugin without a channel type gives an admin nothing to choose.",
        "Return a list of `ChannelType` from a function `channel_types` marked `@hookimpl`.",
    )


def _installed(name: str) -> Target | None:
    points = tuple(entry_points(group=GROUP))
    named = tuple(point for point in points if name == point.name or _same(name, point))
    if named:
        return Target(named)
    offers = load(CapturingLog(), points=points).offers
    if name not in offers:
        return None
    owner = offers[name].plugin.name
    return Target(tuple(point for point in points if point.name == owner), only=name)


def _same(name: str, point: EntryPoint) -> bool:
    return point.dist is not None and _normal(point.dist.name) == _normal(name)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _importable(name: str) -> Target | None:
    try:
        known = find_spec(name) is not None
    except (ImportError, ValueError):
        return None
    return Target((_point(name.rpartition(".")[2], name),)) if known else None


def _at(path: Path) -> Target:
    path = path.resolve()
    if path.suffix == ".py" and path.is_file():
        return _target([_point(path.stem, path.stem)], path.parent, [path.parent])
    if (path / "pyproject.toml").is_file():
        return _target(_declared(path), path, [path / "src", path])
    if (path / "__init__.py").is_file():
        return _target([_point(path.name, path.name)], path, [path.parent])
    raise TargetError(
        f"{path} is neither a Python file nor a folder with a pyproject.toml or an __init__.py."
    )


def _target(points: Iterable[EntryPoint], folder: Path, roots: Iterable[Path]) -> Target:
    sys.path[:0] = [str(root) for root in roots if root.is_dir()]
    return Target(tuple(points), folder)


def _declared(folder: Path) -> list[EntryPoint]:
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
        named = project["project"]["entry-points"][GROUP]
        return [_point(name, value) for name, value in named.items()]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TargetError(
            f"The pyproject.toml in {folder} has no usable table [project.entry-points.{GROUP}] "
            f"({type(error).__name__}); the gateway finds plugins by it."
        ) from None


def _point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name=name, value=str(value), group=GROUP)
