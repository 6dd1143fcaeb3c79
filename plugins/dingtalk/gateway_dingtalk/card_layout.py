"""What our card template shows: each part once, for the two languages that a template is told in.

A template is a file of the Card Platform: what its editor shows, and what phones draw. Both are
written from this one list, so that they cannot say different things.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from .cards import SLOTS

Size = Literal["title", "note"]
Tone = Literal["ink", "pale", "blue", "green", "red", "orange"]


@dataclass(frozen=True, slots=True)
class When:
    """A condition on a variable: that it is a value, or where none is named, that it is set."""

    variable: str
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text: the value of a variable."""

    id: str
    variable: str
    size: Size
    tone: Tone
    when: tuple[When, ...] = ()


@dataclass(frozen=True, slots=True)
class Body:
    """The text, in the platform's Markdown."""

    id: str
    variable: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A thin line between two parts."""

    id: str


@dataclass(frozen=True, slots=True)
class Press:
    """A button's answer goes to the gateway: what it is called, and the variable it brings back."""

    slot: str
    brings: str


@dataclass(frozen=True, slots=True)
class Open:
    """A button opens the page that a variable names."""

    variable: str


@dataclass(frozen=True, slots=True)
class Button:
    """A button that is labelled by a variable."""

    id: str
    label: str
    color: Literal["blue", "gray"]
    does: Press | Open
    when: tuple[When, ...]


Part = Line | Body | Rule | Button
ROOT = "node_card"
SUMMARY = "title"
"""The variable that the list of chats shows."""

STATUSES: Mapping[str, Tone] = {
    "pending": "orange",
    "approved": "green",
    "rejected": "red",
    "closed": "pale",
    "info": "blue",
}
"""The values of `status`, and how each colours the line that tells it."""
_COLORS: tuple[Literal["blue", "gray"], ...] = ("blue", "gray")


def _status(value: str, tone: Tone) -> Line:
    shown = (When("status", value), When("status_text"))
    return Line(f"node_status_{value}", "status_text", "note", tone, shown)


def _note(variable: str) -> Line:
    return Line(f"node_{variable}", variable, "note", "pale", (When(variable),))


def _press(slot: str, color: Literal["blue", "gray"]) -> Button:
    label = f"{slot}_text"
    shown = (When("show_actions"), When(label))
    return Button(f"node_{slot}", label, color, Press(slot, "notice_id"), shown)


LAYOUT: tuple[Part, ...] = (
    Line("node_title", "title", "title", "ink"),
    *(_status(value, tone) for value, tone in STATUSES.items()),
    Body("node_markdown", "markdown"),
    Rule("node_rule"),
    _note("source"),
    _note("time"),
    _note("footer"),
    *(_press(slot, color) for slot, color in zip(SLOTS, _COLORS, strict=True)),
    Button(
        "node_detail",
        "detail_text",
        "gray",
        Open("detail_url"),
        (When("detail_url"), When("detail_text")),
    ),
)


def variables_of(part: Part) -> tuple[str, ...]:
    """Name the variables that a part shows, brings back or depends on."""
    match part:
        case Line():
            return (part.variable, *(each.variable for each in part.when))
        case Body():
            return (part.variable,)
        case Rule():
            return ()
        case Button():
            does = part.does.brings if isinstance(part.does, Press) else part.does.variable
            return (part.label, does, *(each.variable for each in part.when))
