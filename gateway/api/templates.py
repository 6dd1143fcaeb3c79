"""`…/templates`: cards with holes, by name, version and language."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from gateway.api.auth import Admin, Reader
from gateway.api.body import parsed, slug
from gateway.api.docs import body_of, problems
from gateway.api.paging import Cursor, Limit, Listed, Time, decode, page, when
from gateway.previewing import Wanted
from gateway.problems import invalid
from gateway.store.templates import TemplateRow
from gateway.templates import TemplateBody, shown
from gateway.tenants import Locale

router = APIRouter(tags=["templates"], responses=problems())
PATH = "/v1/tenants/{tenant}/templates"
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]
AnyVersion = Annotated[Version | None, Query(description="By default the version in use.")]
EXAMPLE: dict[str, Any] = {
    "card": {
        "title": "Approve {{ ticket.id }}?",
        "severity": "warning",
        "blocks": [
            {"type": "markdown", "text": "**{{ applicant }}** asks for an export."},
            {
                "type": "fields",
                "fields": [
                    {"$for": "row in rows", "label": "{{ row.name }}", "value": "{{ row.value }}"}
                ],
            },
        ],
    },
    "locales": {"zh-CN": {"card": {"title": "请审批 {{ ticket.id }}"}}},
    "variables": {"type": "object", "required": ["ticket", "applicant", "rows"]},
}
EXAMPLE_DATA = {
    "data": {
        "ticket": {"id": "#4711"},
        "applicant": "Li Wei",
        "rows": [{"name": "Rows", "value": "20,000"}],
    },
    "locale": "zh-CN",
}


class TemplateSummary(BaseModel):
    """A version of a template, without its cards."""

    name: str
    tenant: str
    version: int
    languages: Annotated[list[str], Field(description="Those it speaks besides its own card.")]
    created_at: Time


class Template(TemplateSummary):
    """A version of a template."""

    card: dict[str, Any]
    locales: dict[str, Any]
    variables: dict[str, Any]


class PreviewBody(BaseModel):
    """With what data, and for whom, a template is to be shown."""

    model_config = ConfigDict(extra="forbid")

    data: dict[str, Any] = Field(default_factory=dict)
    locale: Annotated[Locale | None, Field(description="A recipient's.")] = None
    version: Annotated[Version | None, Field(description="By default the one in use.")] = None


class LossOut(BaseModel):
    """A part of the card that a channel shows otherwise."""

    loc: list[str | int]
    becomes: Annotated[str, Field(description="page, link, text, shortened or nothing")]
    why: str


class PayloadOut(BaseModel):
    """What the card becomes on one channel, or on a type of which the tenant has none."""

    type: str
    channel: str | None
    payload: dict[str, Any] | None
    bytes: int | None
    losses: list[LossOut]
    error: str | None


class WarningOut(BaseModel):
    """Something worth knowing before it is sent."""

    code: str
    channel: str | None
    loc: list[str | int]
    message: str


class PreviewOut(BaseModel):
    """What a template becomes."""

    template: str
    version: int
    locale: Annotated[str | None, Field(description="null: the template's own card.")]
    card: dict[str, Any]
    payloads: list[PayloadOut]
    warnings: list[WarningOut]


@router.get(PATH)
async def list_templates(
    call: Reader, tenant: str, limit: Limit = 50, cursor: Cursor = None
) -> Listed[TemplateSummary]:
    """List the tenant's templates by name, each in the version in use."""
    rows = await call.parts.templates.list(tenant, decode(cursor) or "", limit + 1)
    return page(rows, limit, lambda row: row.name, _summary)


@router.get(PATH + "/{template}")
async def get_template(
    call: Reader, tenant: str, template: str, version: AnyVersion = None
) -> Template:
    """Show one template."""
    return _shape(await call.parts.templates.get(tenant, template, version))


@router.get(PATH + "/{template}/versions")
async def list_template_versions(
    call: Reader, tenant: str, template: str, limit: Limit = 50, cursor: Cursor = None
) -> Listed[TemplateSummary]:
    """List a template's versions, the newest first."""
    before = _number(decode(cursor))
    rows = await call.parts.templates.versions(tenant, template, before, limit + 1)
    return page(rows, limit, lambda row: str(row.version), _summary)


@router.put(
    PATH + "/{template}",
    responses=problems(400, 409, 413) | {201: {"model": Template, "description": "Created"}},
    openapi_extra=body_of(TemplateBody, EXAMPLE),
)
async def put_template(
    call: Admin, tenant: str, template: str, request: Request, response: Response
) -> Template:
    """Create a template, or add a version to it, which is used from now on."""
    body = await parsed(request, TemplateBody)
    row = await call.parts.templates.put(call.by(tenant), slug(template, "template"), body)
    response.status_code = 201 if row.version == 1 else 200
    return _shape(row)


@router.delete(PATH + "/{template}", status_code=204)
async def delete_template(call: Admin, tenant: str, template: str) -> None:
    """Delete a template with all its versions; what was sent by it stays."""
    await call.parts.templates.delete(call.by(tenant), template)


@router.post(
    PATH + "/{template}/preview",
    responses=problems(400, 413),
    openapi_extra=body_of(PreviewBody, EXAMPLE_DATA),
)
async def preview_template(
    call: Reader, tenant: str, template: str, request: Request
) -> PreviewOut:
    """Fill a template and show it on every channel type; nothing is stored, nobody is called."""
    body = await parsed(request, PreviewBody)
    wanted = Wanted(body.data, body.locale, body.version)
    return PreviewOut.model_validate(await call.parts.previews.preview(tenant, template, wanted))


def _number(cursor: str | None) -> int | None:
    if cursor is not None and not (cursor.isascii() and cursor.isdigit()):
        raise invalid(["query", "cursor"], "this cursor is not one of ours")
    return int(cursor[:9]) if cursor else None


def _summary(row: TemplateRow) -> TemplateSummary:
    return TemplateSummary.model_validate(_values(row))


def _shape(row: TemplateRow) -> Template:
    return Template.model_validate({**_values(row), **shown(row)})


def _values(row: TemplateRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "tenant": row.tenant,
        "version": row.version,
        "languages": sorted(row.locales),
        "created_at": when(row.created),
    }
