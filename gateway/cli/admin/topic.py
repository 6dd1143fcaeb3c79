"""`gateway topic`: a tenant's named lists of recipients."""

from typing import Annotated, Any

import typer

from gateway.cli.admin.nouns import Noun, add_common, group
from gateway.cli.inputs import Words, given, recipients

NOUN = Noun("topic", "topics", {"topic": "name", "members": "member_count"})
topic = group(NOUN, "Named lists of recipients.")


def _fields(
    *,
    member: Annotated[Words, typer.Option(help="user:x, email:x@y, …; repeatable.")] = None,
) -> dict[str, Any]:
    return given(members=recipients(member, "--member"))


add_common(topic, NOUN, _fields, ("list", "show", "set", "delete"))
