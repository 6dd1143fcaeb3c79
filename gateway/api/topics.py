"""`…/topics`: a tenant's named lists of recipients."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from gateway.api.auth import Admin, Reader
from gateway.api.body import parsed, parsed_object, slug
from gateway.api.docs import body_of, problems
from gateway.api.paging import Cursor, Limit, Listed, Time, decode, page, when
from gateway.store.topics import TopicRow
from gateway.topics import TopicBody

router = APIRouter(tags=["topics"], responses=problems())
PATH = "/v1/tenants/{tenant}/topics"
EXAMPLE = {"members": ["user:li.wei", {"email": "tan@example.com"}]}


class TopicSummary(BaseModel):
    """A topic, without its members."""

    name: str
    tenant: str
    member_count: int
    created_at: Time
    updated_at: Time


class Topic(TopicSummary):
    """A topic."""

    members: Annotated[list[Any], Field(description="In any form of `to` but a topic.")]


@router.get(PATH)
async def list_topics(
    call: Reader, tenant: str, limit: Limit = 50, cursor: Cursor = None
) -> Listed[TopicSummary]:
    """List the tenant's topics by name, without their members."""
    rows = await call.parts.topics.list(tenant, decode(cursor) or "", limit + 1)
    return page(rows, limit, lambda row: row.name, _summary)


@router.get(PATH + "/{topic}")
async def get_topic(call: Reader, tenant: str, topic: str) -> Topic:
    """Show one topic with its members."""
    return _shape(await call.parts.topics.get(tenant, topic))


@router.put(
    PATH + "/{topic}",
    responses=problems(400, 409, 413) | {201: {"model": Topic, "description": "Created"}},
    openapi_extra=body_of(TopicBody, EXAMPLE),
)
async def put_topic(
    call: Admin, tenant: str, topic: str, request: Request, response: Response
) -> Topic:
    """Create or replace a topic. What was posted before keeps the members it had then."""
    body = await parsed(request, TopicBody)
    row, new = await call.parts.topics.put(call.by(tenant), slug(topic, "topic"), body)
    response.status_code = 201 if new else 200
    return _shape(row)


@router.patch(
    PATH + "/{topic}",
    responses=problems(400, 409, 413),
    openapi_extra=body_of(TopicBody, EXAMPLE, "application/merge-patch+json"),
)
async def patch_topic(call: Admin, tenant: str, topic: str, request: Request) -> Topic:
    """Change a topic (JSON Merge Patch, which replaces the list as a whole)."""
    patch = await parsed_object(request)
    return _shape(await call.parts.topics.patch(call.by(tenant), topic, patch))


@router.delete(PATH + "/{topic}", status_code=204, responses=problems(409))
async def delete_topic(call: Admin, tenant: str, topic: str) -> None:
    """Delete a topic that no rule names."""
    await call.parts.topics.delete(call.by(tenant), topic)


def _summary(row: TopicRow) -> TopicSummary:
    return TopicSummary.model_validate(_values(row))


def _shape(row: TopicRow) -> Topic:
    return Topic.model_validate({**_values(row), "members": list(row.members)})


def _values(row: TopicRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "tenant": row.tenant,
        "member_count": len(row.members),
        "created_at": when(row.created),
        "updated_at": when(row.updated),
    }
