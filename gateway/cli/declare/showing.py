"""Shows a plan to a person or a program; secrets are named and never shown."""

import json
from collections import Counter
from typing import Any

from rich.markup import escape

from gateway.cli.declare.state import NOUNS, Change, Plan, Step
from gateway.cli.output import say

MARKS = {
    "create": "[green]+[/]",
    "change": "[yellow]~[/]",
    "delete": "[red]-[/]",
    "enable": "[green]▶[/]",
    "disable": "[red]■[/]",
}
LONGEST = 60
SECRET = "(secret)"  # noqa: S105 - what is shown in a secret's place
PREVIEW = 20


def show_plan(plan: Plan) -> None:
    """Print what is to be done, and what is left alone."""
    for step in plan.steps:
        say(f"{MARKS[step.verb]} {step.verb} {_noun(step)} [bold]{escape(step.name)}[/]")
        for change in step.changes:
            if step.verb != "create" or change.secret or not _empty(change.after):
                say(f"    {escape(_told(step, change))}")
    if plan.left:
        names = ", ".join(plan.left[:PREVIEW])
        more = f" and {len(plan.left) - PREVIEW} more" if len(plan.left) > PREVIEW else ""
        say(f"[dim]Not in the file, left alone (--prune deletes): {escape(names)}{more}[/]")


def summary(plan: Plan) -> str:
    """Return the number of each kind of write in one line."""
    counts = Counter(step.verb for step in plan.steps)
    return ", ".join(f"{counts[verb]} to {verb}" for verb in MARKS if counts[verb])


def document(plan: Plan) -> dict[str, Any]:
    """Return the plan for a program."""
    return {
        "steps": [
            {
                "verb": step.verb,
                "kind": _noun(step),
                "name": step.name,
                "changes": [_change(each) for each in step.changes],
            }
            for step in plan.steps
        ],
        "left": list(plan.left),
    }


def _noun(step: Step) -> str:
    return NOUNS.get(step.section, step.section)


def _change(change: Change) -> dict[str, Any]:
    if change.secret:
        after = None if change.after is None else SECRET
        return {"path": change.path, "after": after, "secret": True}
    return {"path": change.path, "before": change.before, "after": change.after}


def _told(step: Step, change: Change) -> str:
    if change.secret:
        return f"{change.path}: {'removed' if change.after is None else SECRET}"
    after = _short(change.after)
    return (
        f"{change.path}: {after if step.verb == 'create' else f'{_short(change.before)} → {after}'}"
    )


def _empty(value: object) -> bool:
    """Tell whether a value says nothing; false does say something."""
    if isinstance(value, dict):
        return all(map(_empty, value.values()))
    return value is None or value in ("", [])


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
