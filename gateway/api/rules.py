"""`…/rules`: what a tenant adds to whatever its applications send."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, ValidationError

from gateway.api.auth import Admin, Reader
from gateway.api.body import parsed, parsed_object, refused, slug
from gateway.api.docs import body_of, problems
from gateway.api.paging import Cursor, Limit, Listed, Time, decode, page, when
from gateway.house_rules import RuleBody, shown
from gateway.problems import invalid
from gateway.request import NotifyRequest
from gateway.store.rules import RuleRow

router = APIRouter(tags=["rules"], responses=problems())
PATH = "/v1/tenants/{tenant}/rules"
EXAMPLE = {
    "match": {"type": "ticket.*", "module": "data_export", "state": "pending_approval"},
    "channels": ["lark"],
    "recipients": ["user:li.wei", {"topic": "dba"}],
}
TEST_EXAMPLE = {
    "type": "ticket.created",
    "attributes": {"module": "data_export", "state": "pending_approval"},
}
SAMPLE = {"title": "Test"}
Named = Annotated[list[Any], Field(description="Recipients, in any form of `to`.")]


class Rule(BaseModel):
    """A rule."""

    name: str
    tenant: str
    enabled: bool
    match: Annotated[
        dict[str, Any],
        Field(description="Values of `type` and of attributes; `*` stands for any text."),
    ]
    channels: list[str]
    recipients: Named
    user_window_seconds: int | None
    mobile_only: bool
    created_at: Time
    updated_at: Time


class Finding(BaseModel):
    """One condition of a rule: what would do, what was there, and whether that did."""

    name: str
    wanted: list[str]
    found: list[str]
    holds: bool


class Judged(BaseModel):
    """What a rule makes of a notification."""

    rule: str
    enabled: bool
    matches: bool
    conditions: list[Finding]


class Foreseen(BaseModel):
    """A delivery that would be made."""

    recipient: str
    channel: str | None
    state: str
    reason: str | None
    where: Annotated[str, Field(description="What chose the channel.")]
    named: Annotated[bool, Field(description="Whether the application named the recipient.")]
    rules: Annotated[list[str], Field(description="The rules that made it.")]


class Judgement(BaseModel):
    """Which rules match, who would hear of it and where, and why not."""

    status: str
    reason: str | None
    counts: dict[str, int]
    rules: list[Judged]
    deliveries: Annotated[list[Foreseen], Field(description="The first 200.")]


@router.get(PATH)
async def list_rules(
    call: Reader, tenant: str, limit: Limit = 50, cursor: Cursor = None
) -> Listed[Rule]:
    """List the tenant's rules by name."""
    rows = await call.parts.rules.list(tenant, decode(cursor) or "", limit + 1)
    return page(rows, limit, lambda row: row.name, _shape)


@router.post(
    PATH + "/test",
    responses=problems(400, 413),
    openapi_extra=body_of(NotifyRequest, TEST_EXAMPLE),
)
async def test_rules(call: Reader, tenant: str, request: Request) -> Judgement:
    """Tell what the rules make of a notification. It may lack a card; nothing is sent."""
    wanted = _asked(await parsed_object(request))
    if wanted.tenant not in {None, tenant}:
        raise invalid(["body", "tenant"], "the address names another tenant")
    return Judgement.model_validate(await call.parts.router.judge(tenant, wanted))


@router.get(PATH + "/{rule}")
async def get_rule(call: Reader, tenant: str, rule: str) -> Rule:
    """Show one rule."""
    return _shape(await call.parts.rules.get(tenant, rule))


@router.put(
    PATH + "/{rule}",
    responses=problems(400, 409, 413) | {201: {"model": Rule, "description": "Created"}},
    openapi_extra=body_of(RuleBody, EXAMPLE),
)
async def put_rule(
    call: Admin, tenant: str, rule: str, request: Request, response: Response
) -> Rule:
    """Create or replace a rule. It holds for what is posted from now on."""
    body = await parsed(request, RuleBody)
    row, new = await call.parts.rules.put(call.by(tenant), slug(rule, "rule"), body)
    response.status_code = 201 if new else 200
    return _shape(row)


@router.patch(
    PATH + "/{rule}",
    responses=problems(400, 409, 413),
    openapi_extra=body_of(RuleBody, {"enabled": False}, "application/merge-patch+json"),
)
async def patch_rule(call: Admin, tenant: str, rule: str, request: Request) -> Rule:
    """Change some fields of a rule (JSON Merge Patch)."""
    patch = await parsed_object(request)
    return _shape(await call.parts.rules.patch(call.by(tenant), rule, patch))


@router.delete(PATH + "/{rule}", status_code=204)
async def delete_rule(call: Admin, tenant: str, rule: str) -> None:
    """Delete a rule."""
    await call.parts.rules.delete(call.by(tenant), rule)


def _asked(body: Mapping[str, Any]) -> NotifyRequest:
    """Read a notification; no rule looks at its card, so that may be left out."""
    content = {} if body.get("template") else {"card": SAMPLE}
    try:
        return NotifyRequest.model_validate({**content, **body})
    except ValidationError as error:
        raise refused(error) from None


def _shape(row: RuleRow) -> Rule:
    times = {"created_at": when(row.created), "updated_at": when(row.updated)}
    return Rule.model_validate({"name": row.name, "tenant": row.tenant, **shown(row), **times})
