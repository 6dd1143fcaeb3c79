"""What a gateway told of one notification, and how a person sees it."""

from typing import Any, TypedDict

from rich.markup import escape

from gateway.cli.output import print_table, say

ARRIVED = frozenset({"sent", "delivered", "superseded"})
LOST = frozenset({"failed", "expired", "suppressed", "canceled"})
ENDED = ARRIVED | LOST
COLOURS = {**dict.fromkeys(ARRIVED, "green"), **dict.fromkeys(LOST, "red")}
COLUMNS = ("delivery", "recipient", "channel", "state", "reason")
NOBODY = frozenset({"suppressed", "failed"})


class Told(TypedDict):
    """A notification and its deliveries."""

    notification: dict[str, Any]
    deliveries: list[dict[str, Any]]


def failed(told: Told) -> bool:
    """Tell whether something was lost, or nothing reached anybody yet."""
    states = [delivery["state"] for delivery in told["deliveries"]]
    reached_nobody = not states and told["notification"].get("status") in NOBODY
    return reached_nobody or any(state not in ARRIVED for state in states)


def show(told: Told) -> None:
    """Print it for a person."""
    notification = told["notification"]
    say(f"[bold]{notification.get('id', 'dry run')}[/] {notification.get('status', '')}")
    if reason := notification.get("reason"):
        say(f"  {reason}")
    if told["deliveries"]:
        print_table(COLUMNS, [_row(delivery) for delivery in told["deliveries"]])


def _row(delivery: dict[str, Any]) -> tuple[str, ...]:
    state = delivery["state"]
    colour = COLOURS.get(state, "yellow")
    names = (str(delivery.get(name) or "") for name in ("id", "recipient", "channel"))
    return (*map(escape, names), f"[{colour}]{state}[/]", str(delivery.get("reason") or ""))
