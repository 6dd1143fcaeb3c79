"""What a bench yields: figures with their denominators, and whether they meet their targets."""

import statistics
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any

Measure = Callable[[], Awaitable[float]]


@dataclass(frozen=True)
class Goal:
    """What a value has to reach, or may not exceed; reported only where `judged` is false."""

    value: float
    at_least: bool = True
    judged: bool = True

    def met_by(self, value: float) -> bool:
        return value >= self.value if self.at_least else value <= self.value

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.value:g}"


@dataclass(frozen=True)
class Figure:
    """One line of the table. Without a denominator the numerator itself is the value."""

    name: str
    unit: str
    numerator: float
    denominator: float | None = None
    ratio: float | None = None
    goal: Goal | None = None

    @property
    def value(self) -> float:
        return self.numerator if self.ratio is None else self.ratio

    @property
    def ok(self) -> bool | None:
        """Whether the goal is met; None where there is none to be judged by."""
        if self.goal is None or not self.goal.judged:
            return None
        return self.goal.met_by(self.value)

    def cells(self) -> tuple[str, str, str, str, str, str]:
        """Return the line's texts."""
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        verdict = {True: "yes", False: "NO", None: ""}[self.ok]
        denominator = "" if self.denominator is None else _text(self.denominator, self.unit)
        goal = str(self.goal or "")
        return self.name, _text(self.numerator, self.unit), denominator, ratio, goal, verdict

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "ok": self.ok}


def _text(value: float, unit: str) -> str:
    return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"


async def paired(over: Measure, under: Measure, rounds: int) -> tuple[float, float, float]:
    """Measure both in turns; return the medians of both and of the rounds' ratios."""
    pairs = [await _pair(over, under, swapped=bool(turn % 2)) for turn in range(rounds)]
    ratios = [upper / lower for upper, lower in pairs]
    uppers, lowers = zip(*pairs, strict=True)
    return statistics.median(uppers), statistics.median(lowers), statistics.median(ratios)


async def _pair(over: Measure, under: Measure, *, swapped: bool) -> tuple[float, float]:
    if swapped:
        lower = await under()
        return await over(), lower
    return await over(), await under()


def quantile(values: list[float], share: float) -> float:
    """Return the value that `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
