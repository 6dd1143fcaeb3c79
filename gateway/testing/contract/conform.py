"""Runs the contract against whatever a plugin offers, and never raises for a plugin's sake."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from gateway.plugin import ChannelType
from gateway.registry import PluginInfo
from gateway.testing.contract import Outcome, Report, recordings, run
from gateway.testing.contract.plugins import Found, Problem, Target, find, locate
from gateway.testing.contract.subjects import Chosen, UnusableError, made_up, unusable, written


@dataclass(frozen=True, slots=True)
class Judged:
    """How one channel type did.

    Attributes:
        source: Where its subject came from.
        report: How each rule ended.
        whole: Whether there was a far end, so that the calls were verified too.
        recorded: How many golden files were written.
    """

    source: str
    report: Report
    whole: bool
    recorded: int = 0


@dataclass(frozen=True, slots=True)
class PluginReport:
    """How one plugin did."""

    info: PluginInfo
    problems: tuple[Problem, ...]
    channel_types: tuple[Judged, ...]


@dataclass(frozen=True, slots=True)
class Conformity:
    """How everything that was asked for did."""

    target: str
    plugins: tuple[PluginReport, ...]

    @property
    def judged(self) -> tuple[Judged, ...]:
        """Every channel type that could be verified."""
        return tuple(each for plugin in self.plugins for each in plugin.channel_types)

    @property
    def ok(self) -> bool:
        """Whether something was verified, and nothing is broken but recommendations."""
        troubled = any(plugin.problems for plugin in self.plugins)
        return not troubled and bool(self.judged) and all(one.report.ok for one in self.judged)

    @property
    def whole(self) -> bool:
        """Whether every channel type had a far end."""
        return all(each.whole for each in self.judged)

    def count(self, outcome: Outcome) -> int:
        """Count the rules that ended so, over all channel types."""
        verdicts = (each for one in self.judged for each in one.report.verdicts)
        return sum(verdict.outcome is outcome for verdict in verdicts)


def conform(name: str, subjects: Path | None = None, *, record: bool = False) -> Conformity:
    """Verify every channel type behind `name`.

    Args:
        name: An installed plugin, distribution, channel type or module, a folder or a file.
        subjects: The file that gives the subjects, where it is not beside the plugin.
        record: Write the subjects' golden files first.

    Raises:
        TargetError: There is nothing of that name.
    """
    target = locate(name)
    found = [find(point, target.only) for point in target.points]
    reports = tuple(_judged(each, target, subjects, record=record) for each in found)
    return Conformity(name, reports)


def _judged(found: Found, target: Target, file: Path | None, *, record: bool) -> PluginReport:
    if found.problems:
        return PluginReport(found.info, found.problems, ())
    try:
        given = written(found, target.folder, file)
    except UnusableError as error:
        return PluginReport(found.info, (unusable(error),), ())
    ended = [_one(each, found, given, record=record) for each in found.channel_types]
    problems = tuple(each for each in ended if isinstance(each, Problem))
    return PluginReport(
        found.info, problems, tuple(each for each in ended if isinstance(each, Judged))
    )


def _one(
    offered: ChannelType, found: Found, given: dict[str, Chosen], *, record: bool
) -> Judged | Problem:
    try:
        chosen = given.get(offered.name) or made_up(offered, found.module)
        recorded = _record(chosen) if record else 0
        report = asyncio.run(run(chosen.subject))
    except UnusableError as error:
        return unusable(error)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - from a task of the plugin's own
        return _ended_everything(offered, error)
    return Judged(chosen.source, report, chosen.subject.far_end is not None, recorded)


def _ended_everything(offered: ChannelType, error: BaseException) -> Problem:
    return Problem(
        "ends-nothing-but-itself",
        f"{offered.name} raises {type(error).__name__} outside of any call: {error}",
        "What is raised in a task of the plugin's own reaches the event loop of the gateway.",
        "Await every task that is started, and never raise SystemExit.",
    )


def _record(chosen: Chosen) -> int:
    files = recordings(chosen.subject)
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return len(files)
