"""`gateway channel draft`: a configuration that has no effect until it is applied."""

from rich.markup import escape

from gateway.cli.admin.channel_fields import drafted
from gateway.cli.admin.channel_tools import tell_check
from gateway.cli.admin.nouns import Item, Name, Noun, add, add_common, group
from gateway.cli.connecting import Call
from gateway.cli.output import print_json, say


def _hint(shown: Item) -> str:
    return (
        f"Nothing changes before `gateway channel draft apply {shown['channel']}`: "
        f"{len(shown['differences'])} differences."
    )


NOUN = Noun("draft", "channels", {}, hint=_hint, part=("draft",))
draft = group(NOUN, "What a channel is to become: saved first, applied later.")


async def check(call: Call, name: Name) -> None:
    """Prove the draft's credential on the platform; exit code 1 when it is not ok."""
    tell_check(call, await call.gateway.post(call.path("channels", name, "draft", "check"), None))


async def apply(call: Call, name: Name) -> None:
    """Make the draft the channel's configuration; refused where the channel has changed since."""
    answer = await call.gateway.post(call.path("channels", name, "draft", "apply"), None)
    if call.as_json:
        print_json(answer)
    else:
        say(f"[green]✓[/] channel [bold]{escape(name)}[/] is what its draft was.")


add_common(draft, NOUN, drafted, ("show", "set", "delete"))
for verb, command in (("check", check), ("apply", apply)):
    add(draft, NOUN, verb, command)
