"""`gateway key`: a tenant's API keys; one is shown once, when it is made."""

from typing import Annotated, Any

import typer

from gateway.cli.admin.nouns import Noun, add, add_common, group
from gateway.cli.connecting import Call
from gateway.cli.inputs import given
from gateway.cli.output import print_json, say

COLUMNS = {
    "key": "id",
    "begins with": "prefix",
    "role": "role",
    "expires": "expires_at",
    "last used": "last_used_at",
}
NOUN = Noun("key", "api-keys", COLUMNS)
key = group(NOUN, "A tenant's API keys.")


def _fields() -> dict[str, Any]:
    return {}


async def _create(
    call: Call,
    *,
    role: Annotated[str, typer.Option(help="admin, sender or viewer.")],
    expires_at: Annotated[str | None, typer.Option(help="2027-01-01T00:00:00Z, say.")] = None,
) -> None:
    """Make a key and show it, this once."""
    body = given(role=role, expires_at=expires_at)
    made = await call.gateway.post(call.path("api-keys"), body)
    if call.as_json:
        print_json(made)
        return
    typer.echo(made["key"])
    say(f"[dim]{made['id']}, {made['role']} of {made['tenant']}. Nobody can show it again.[/]")


add(key, NOUN, "create", _create)
add_common(key, NOUN, _fields, ("list", "delete"))
