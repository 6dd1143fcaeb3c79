"""`gateway explain` and `gateway deliveries`: what became of what was sent."""

from typing import Annotated, Any

import typer
from rich.markup import escape

from gateway.cli.admin.nouns import print_items
from gateway.cli.connecting import Call
from gateway.cli.inputs import given
from gateway.cli.output import print_json, say
from gateway.cli.posting import path_to
from gateway.cli.told import COLOURS

COLUMNS = {
    "delivery": "id",
    "recipient": "recipient",
    "channel": "channel",
    "state": "state",
    "reason": "reason",
    "attempts": "attempt_count",
    "from": "created_at",
}
Text = str | None


async def explain(
    call: Call, notification: Annotated[str, typer.Argument(help="Its id: ntf_…")]
) -> None:
    """Tell why each recipient and channel is where it is."""
    told = await call.gateway.get(path_to("notifications", notification, "explain"))
    if call.as_json:
        print_json(told)
        return
    say(f"[bold]{escape(notification)}[/] {told['status']} {told['reason'] or ''}")
    for one in told["recipients"]:
        _tell(one)


async def deliveries(  # noqa: PLR0913 - each filter is an option of the command line
    call: Call,
    *,
    state: Annotated[Text, typer.Option(help="held or failed, say.")] = None,
    channel: Annotated[Text, typer.Option(help="Only on this channel.")] = None,
    recipient: Annotated[Text, typer.Option(help="Only for user:x, say.")] = None,
    reason: Annotated[Text, typer.Option(help="not_bound, say.")] = None,
    notification: Annotated[Text, typer.Option(help="Only of this one: ntf_…")] = None,
    limit: Annotated[int, typer.Option(help="How many at most, up to 200.")] = 50,
) -> None:
    """List deliveries, the newest first."""
    query: dict[str, Any] = given(
        state=state,
        channel=channel,
        recipient=recipient,
        reason=reason,
        notification=notification,
        tenant=call.named,
        limit=limit,
    )
    items = (await call.gateway.get("/v1/deliveries", **query))["items"]
    if call.as_json:
        print_json(items)
    else:
        print_items(items, COLUMNS)


def _tell(one: dict[str, Any]) -> None:
    colour = COLOURS.get(one["state"], "yellow")
    place = f"{escape(one['recipient'])} on {one['channel'] or 'no channel'}"
    say(f"\n{place}: [{colour}]{one['state']}[/] {one['reason'] or ''}")
    say(f"  {escape(one['sentence']['en'])} {escape(one['fix'] or '')}".rstrip())
    for step in one["steps"]:
        sentence, detail = step["sentence"]["en"], str(step.get("detail") or "")
        more = f" [dim]{escape(detail)}[/]" if detail not in sentence else ""
        say(f"  {step['step']}: {escape(sentence)}{more}")
