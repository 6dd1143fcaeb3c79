"""`gateway channel`: a tenant's uses of platforms."""

from rich.markup import escape

from gateway.cli.admin.channel_fields import whole
from gateway.cli.admin.channel_tools import card_template, check, guide, try_out, usage
from gateway.cli.admin.draft import draft
from gateway.cli.admin.nouns import Item, Name, Noun, add, add_common, group
from gateway.cli.connecting import Call, Command
from gateway.cli.output import print_json, say

COLUMNS = {
    "channel": "name",
    "type": "type",
    "enabled": "enabled",
    "health": "health.state",
    "held": "hold.reason",
    "in review since": "pending_review_since",
    "label": "label",
}


def _hint(channel: Item) -> str:
    return "" if channel["enabled"] else "It is disabled: `gateway channel enable` lets it send."


NOUN = Noun("channel", "channels", COLUMNS, hint=_hint)
channel = group(NOUN, "A tenant's uses of platforms, and whether they work.")


def _switch(verb: str, told: str) -> Command:
    async def switch(call: Call, name: Name) -> None:
        answer = await call.gateway.post(call.path("channels", name, verb), None)
        if call.as_json:
            print_json(answer)
        else:
            say(f"[green]✓[/] channel [bold]{escape(name)}[/] {told}")

    return switch


enable = _switch("enable", "is enabled.")
enable.__doc__ = "Let a channel send; it needs a complete configuration."
disable = _switch("disable", "is disabled; nothing goes out on it any more.")
disable.__doc__ = "Stop a channel at once."

add_common(channel, NOUN, whole, ("list", "show", "set", "patch", "delete"))
for verb, command in (
    ("enable", enable),
    ("disable", disable),
    ("check", check),
    ("test", try_out),
    ("guide", guide),
    ("card-template", card_template),
    ("usage", usage),
):
    add(channel, NOUN, verb, command)
channel.add_typer(draft)
