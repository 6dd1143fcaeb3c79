"""`…/users.csv`, `…/users/import` and the same for bindings: files for spreadsheets."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from gateway.api.auth import Admin, Reader
from gateway.api.bindings import BINDINGS
from gateway.api.body import read_body
from gateway.api.docs import problems
from gateway.api.users import PATH as USERS
from gateway.people.importing import Imported

router = APIRouter(tags=["people"], responses=problems())
CSV = "text/csv"
BOM = "\ufeff"
DryRun = Annotated[bool, Query(description="Only tell what would become of the file.")]
FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file", "content": {CSV: {"schema": {"type": "string"}}}}
}


class RowErrorOut(BaseModel):
    """Why one row was passed over."""

    line: Annotated[int, Field(description="Where the row begins; the columns' names are line 1.")]
    column: str | None
    message: str


class ImportedOut(BaseModel):
    """What became of a file's rows. The first 100 errors are listed; the counts are exact."""

    dry_run: bool
    rows: int
    created: int
    updated: int
    unchanged: int
    failed: int
    errors: list[RowErrorOut]


def _body(example: str) -> dict[str, Any]:
    content = {CSV: {"schema": {"type": "string"}, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


@router.get(USERS + ".csv", response_class=StreamingResponse, responses=FILE)
async def export_users(call: Reader, tenant: str) -> StreamingResponse:
    """Export the users as a CSV file that a spreadsheet opens safely."""
    return _file(await call.parts.people.users.export(tenant), f"{tenant}-users.csv")


@router.post(
    USERS + "/import",
    responses=problems(413),
    openapi_extra=_body("id,display_name,mobile\r\nli.wei,Li Wei,+6581234567\r\n"),
)
async def import_users(
    call: Admin, tenant: str, request: Request, *, dry_run: DryRun = False
) -> ImportedOut:
    """Create and change users from a CSV file; a bad row stops no other."""
    body = await read_body(request)
    report = await call.parts.people.users.take(call.by(tenant), body, dry_run=dry_run)
    return _report(report, dry_run=dry_run)


@router.get(BINDINGS + ".csv", response_class=StreamingResponse, responses=FILE)
async def export_bindings(call: Reader, tenant: str, channel: str) -> StreamingResponse:
    """Export who is bound on the channel as a CSV file."""
    lines = await call.parts.people.bindings.export(tenant, channel)
    return _file(lines, f"{tenant}-{channel}-bindings.csv")


@router.post(
    BINDINGS + "/import",
    responses=problems(409, 413),
    openapi_extra=_body("user,identity_kind,identity\r\nli.wei,open_id,ou_1a2b\r\n"),
)
async def import_bindings(  # noqa: PLR0913 - FastAPI hands over the address part by part
    call: Admin,
    tenant: str,
    channel: str,
    *,
    request: Request,
    dry_run: DryRun = False,
    replace: Annotated[bool, Query(description="Replace bindings that differ.")] = False,
) -> ImportedOut:
    """Bind users by hand from a CSV file; a bad row stops no other."""
    body = await read_body(request)
    report = await call.parts.people.bindings.take(
        call.by(tenant), channel, body, dry_run=dry_run, replace=replace
    )
    return _report(report, dry_run=dry_run)


def _file(lines: AsyncIterator[str], name: str) -> StreamingResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_with_mark(lines), media_type=CSV, headers=headers)


async def _with_mark(lines: AsyncIterator[str]) -> AsyncIterator[str]:
    """Begin with a byte order mark: without it Excel takes UTF-8 for something else."""
    yield BOM
    async for line in lines:
        yield line


def _report(report: Imported, *, dry_run: bool) -> ImportedOut:
    errors = [
        RowErrorOut(line=each.line, column=each.column, message=each.message)
        for each in report.errors
    ]
    return ImportedOut(
        dry_run=dry_run,
        rows=report.rows,
        created=report.created,
        updated=report.updated,
        unchanged=report.unchanged,
        failed=report.failed,
        errors=errors,
    )
