"""`gateway user`: the persons a tenant knows."""

from typing import Annotated, Any

import typer

from gateway.cli.admin.nouns import Noun, add, add_common, group
from gateway.cli.admin.tables import CsvFile, DryRun, Out, export_table, import_table
from gateway.cli.connecting import Call
from gateway.cli.inputs import Words, given

COLUMNS = {
    "user": "id",
    "name": "display_name",
    "email": "email",
    "mobile": "mobile",
    "locale": "locale",
    "time zone": "time_zone",
    "departments": "departments",
}
NOUN = Noun("user", "users", COLUMNS)
user = group(NOUN, "The persons a tenant knows.")


def _fields(  # noqa: PLR0913 - each is an option of the command line
    *,
    display_name: Annotated[str | None, typer.Option(help="What people call them.")] = None,
    email: Annotated[str | None, typer.Option(help="An address.")] = None,
    mobile: Annotated[str | None, typer.Option(help="With its country: +6581234567.")] = None,
    locale: Annotated[str | None, typer.Option(help="en or zh-CN, for example.")] = None,
    time_zone: Annotated[str | None, typer.Option(help="Asia/Singapore, for example.")] = None,
    department: Annotated[Words, typer.Option(help="Repeatable.")] = None,
) -> dict[str, Any]:
    return given(
        display_name=display_name,
        email=email,
        mobile=mobile,
        locale=locale,
        time_zone=time_zone,
        departments=department,
    )


async def _import(call: Call, file: CsvFile, *, dry_run: DryRun = False) -> None:
    """Create and change users from a CSV file; a bad row stops no other, exit code 1 then."""
    await import_table(call, call.path("users", "import"), file, dry_run=dry_run)


async def _export(call: Call, *, out: Out = None) -> None:
    """Write the users as a CSV file."""
    await export_table(call, call.path("users.csv"), out)


add_common(user, NOUN, _fields, ("list", "show", "set", "patch", "delete"))
add(user, NOUN, "import", _import)
add(user, NOUN, "export", _export)
