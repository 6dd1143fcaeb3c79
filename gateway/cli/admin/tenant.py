"""`gateway tenant`: for owners."""

from typing import Annotated, Any

import typer

from gateway.cli.admin.nouns import Noun, add_common, group
from gateway.cli.inputs import Words, given

COLUMNS = {
    "tenant": "id",
    "name": "name",
    "locale": "locale",
    "time zone": "time_zone",
    "regions": "regions",
    "entitled": "entitled",
    "recipients": "recipients",
}
NOUN = Noun("tenant", "tenants", COLUMNS, of_tenant=False)
tenant = group(NOUN, "Organisations whose channels and data stay apart (owner's key).")


def _fields(  # noqa: PLR0913 - each is an option of the command line
    *,
    title: Annotated[str | None, typer.Option("--name", help="What people call it.")] = None,
    locale: Annotated[str | None, typer.Option(help="en or zh-CN, for example.")] = None,
    time_zone: Annotated[str | None, typer.Option(help="Asia/Singapore, for example.")] = None,
    region: Annotated[Words, typer.Option(help="Where it is; repeatable.")] = None,
    recipients: Annotated[str | None, typer.Option(help="anyone or users_only.")] = None,
    entitled: Annotated[
        bool | None, typer.Option("--entitled/--not-entitled", help="Whether channels may be on.")
    ] = None,
) -> dict[str, Any]:
    return given(
        name=title,
        locale=locale,
        time_zone=time_zone,
        regions=region,
        recipients=recipients,
        entitled=entitled,
    )


add_common(tenant, NOUN, _fields, ("list", "show", "set", "patch", "delete"))
