"""`gateway conform`: does a plugin keep the contract, and if not, what to do."""
# ruff: noqa: PLC0415 - heavy imports wait until a command runs

import contextlib
import logging
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from gateway.cli.output import AsJson, CommandError, print_json, print_table, say

if TYPE_CHECKING:
    from gateway.testing.contract import Verdict
    from gateway.testing.contract.conform import Conformity, Judged, PluginReport
    from gateway.testing.contract.plugins import Problem

COLUMNS = ("", "rule", "finding")
MARKS = {
    "passed": "[green]✓ passed[/]",
    "failed": "[red]✗ failed[/]",
    "advice": "[yellow]! advice[/]",
    "not applicable": "[dim]- not applicable[/]",
}
NO_CALLS = (
    "[yellow]![/] Nothing that makes calls was verified: write a gateway_contract.py beside the "
    "plugin, with a function [bold]subjects[/]."
)


def conform(
    plugin: Annotated[
        str,
        typer.Argument(help="An installed plugin or channel type, a module, a folder or .py file."),
    ],
    *,
    subjects: Annotated[
        Path | None,
        typer.Option(
            help="The file with `subjects()`.", show_default="gateway_contract.py beside the plugin"
        ),
    ] = None,
    badge: Annotated[
        list[Path] | None,
        typer.Option(help="Write a badge: an .svg, or .json for a badge service; repeatable."),
    ] = None,
    record: Annotated[
        bool, typer.Option("--record", help="Write the golden files of the subjects anew.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Verify a plugin against the contract of the test kit; exit code 1 when a rule is broken."""
    _known(badge or ())
    conformity = _verify(plugin, subjects, record=record)
    for path in badge or ():
        _write(path, conformity)
    if as_json:
        print_json(_document(conformity))
    else:
        _show(conformity)
    raise typer.Exit(0 if conformity.ok else 1)


def _known(badges: Iterable[Path]) -> None:
    if odd := [path for path in badges if path.suffix not in (".svg", ".json")]:
        raise CommandError(f"A badge is an .svg or a .json file, not {odd[0].name}.", 2)


def _verify(plugin: str, subjects: Path | None, *, record: bool) -> "Conformity":
    from gateway.testing.contract.conform import conform
    from gateway.testing.contract.plugins import TargetError

    if subjects is not None and not subjects.is_file():
        raise CommandError(f"There is no file {subjects}.", 2)
    try:
        with _quiet():
            return conform(plugin, subjects, record=record)
    except TargetError as error:
        raise CommandError(str(error), 2) from None


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep what a plugin prints off the report, and asyncio from telling of its stray tasks."""
    asyncio_log = logging.getLogger("asyncio")
    level = asyncio_log.level
    asyncio_log.setLevel(logging.CRITICAL + 1)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        asyncio_log.setLevel(level)


def _write(path: Path, conformity: "Conformity") -> None:
    from gateway.testing.contract.badge import badge_of

    badge = badge_of(conformity)
    text = badge.svg() if path.suffix == ".svg" else badge.endpoint()
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"The badge cannot be written to {path}: {error.strerror}.") from None


def _document(conformity: "Conformity") -> dict[str, Any]:
    import dataclasses

    from gateway.plugin import CONTRACT_VERSION

    plugins = [
        {
            **dataclasses.asdict(plugin.info),
            "problems": [dataclasses.asdict(problem) for problem in plugin.problems],
            "channel_types": [_judged(each) for each in plugin.channel_types],
        }
        for plugin in conformity.plugins
    ]
    told = {"target": conformity.target, "contract": CONTRACT_VERSION, "ok": conformity.ok}
    return {**told, "calls_verified": conformity.whole, "plugins": plugins}


def _judged(judged: "Judged") -> dict[str, Any]:
    return {
        "name": judged.report.channel_type,
        "subject": judged.source,
        "ok": judged.report.ok,
        "rules": [_rule(verdict) for verdict in judged.report.verdicts],
    }


def _rule(verdict: "Verdict") -> dict[str, Any]:
    rule = verdict.rule
    told = {"name": rule.name, "outcome": verdict.outcome.value, "why": verdict.why}
    return {**told, "reason": rule.reason, "fix": rule.fix, "recommended": rule.recommended}


def _show(conformity: "Conformity") -> None:
    for plugin in conformity.plugins:
        _show_plugin(plugin)
    if not conformity.whole:
        say(NO_CALLS)
    say(
        "[green]✓ The contract is kept.[/]"
        if conformity.ok
        else "[red]✗ The contract is not kept.[/]"
    )


def _show_plugin(plugin: "PluginReport") -> None:
    info = plugin.info
    say(f"[bold]{escape(info.name)}[/] {escape(info.distribution)} {escape(info.version)}".rstrip())
    if plugin.problems:
        print_table(COLUMNS, [_row("failed", each.name, each) for each in plugin.problems])
    for judged in plugin.channel_types:
        _show_judged(judged)


def _show_judged(judged: "Judged") -> None:
    verdicts = judged.report.verdicts
    say(f"\n[bold]{judged.report.channel_type}[/], verified with {escape(judged.source)}")
    if judged.recorded:
        say(f"{judged.recorded} golden files are written anew.")
    print_table(COLUMNS, [_verdict(each) for each in verdicts])
    counts = Counter(each.outcome.value for each in verdicts)
    say(f"[bold]{', '.join(f'{number} {name}' for name, number in counts.items())}[/]\n")


def _verdict(verdict: "Verdict") -> tuple[str, ...]:
    from gateway.testing.contract.plugins import Problem

    rule, outcome = verdict.rule, verdict.outcome.value
    if outcome == "failed":
        mark = "advice" if rule.recommended else "failed"
        return _row(mark, rule.name, Problem(rule.name, verdict.why, rule.reason, rule.fix))
    return MARKS[outcome], rule.name, f"[dim]{escape(verdict.why)}[/]"


def _row(mark: str, name: str, problem: "Problem") -> tuple[str, ...]:
    lines = (
        escape(problem.why),
        f"[dim]Why it matters:[/] {escape(problem.reason)}",
        f"[dim]What to do:[/] {escape(problem.fix)}",
    )
    return MARKS[mark], f"[bold]{name}[/]", "\n".join(lines)
