"""The HTTP API as one application."""

import functools

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute
from starlette.types import Lifespan

from gateway import __version__
from gateway.api import (
    app_page,
    audit,
    bindings,
    card_template,
    channel_tools,
    channel_types,
    channels,
    deliveries,
    drafts,
    events,
    keys,
    login_links,
    login_page,
    notifications,
    notify,
    notify_batch,
    people,
    problem,
    reference,
    rules,
    running,
    tables,
    templates,
    tenants,
    topics,
    users,
)
from gateway.api.docs import openapi
from gateway.api.middleware import RequestIds
from gateway.api.parts import Parts
from gateway.channel_config import ChannelBody, ChannelPatch, DraftBody
from gateway.directory import BindingBody, UserBody
from gateway.house_rules import RuleBody
from gateway.people.auto import AutoBody
from gateway.people.members import MembersBody
from gateway.plugin import Clock, Log
from gateway.request import BatchRequest, NotifyRequest
from gateway.templates import TemplateBody
from gateway.tenants import TenantBody
from gateway.topics import TopicBody

RESOURCES = (
    notify,
    notify_batch,
    notifications,
    deliveries,
    events,
    channel_types,
    card_template,
    tenants,
    keys,
    channels,
    channel_tools,
    drafts,
    users,
    bindings,
    login_links,
    people,
    tables,
    rules,
    topics,
    templates,
    audit,
    running,
    reference,
    login_page,
    app_page,
)

BODIES = (
    NotifyRequest,
    BatchRequest,
    TenantBody,
    notifications.UpdateBody,
    deliveries.RetryBody,
    keys.KeyBody,
    ChannelBody,
    ChannelPatch,
    DraftBody,
    channel_tools.TestBody,
    channel_types.Pasted,
    UserBody,
    BindingBody,
    AutoBody,
    MembersBody,
    RuleBody,
    TopicBody,
    TemplateBody,
    templates.PreviewBody,
)


def create_api(parts: Parts) -> FastAPI:
    """Make the application that serves `parts`."""
    app = bare_api(parts.clock, parts.log)
    app.state.parts = parts
    return app


def bare_api(clock: Clock, log: Log, lifespan: Lifespan[FastAPI] | None = None) -> FastAPI:
    """Make the application without its parts: `lifespan` sets `app.state.parts`."""
    app = FastAPI(
        title="Notification gateway",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        routes=[*_routes()],
        lifespan=lifespan,
    )
    app.add_middleware(RequestIds, clock=clock, log=log)
    problem.install(app)
    app.openapi = lambda: openapi(app, BODIES)  # type: ignore[method-assign]
    return app


@functools.cache
def _routes() -> tuple[BaseRoute, ...]:
    """Return every route, for any number of applications: to prepare them takes 50 ms."""
    everything = APIRouter(generate_unique_id_function=_operation_id)
    for resource in RESOURCES:
        everything.include_router(resource.router)
    return tuple(everything.routes)


def _operation_id(route: APIRoute) -> str:
    """Name an operation by its function, which client generators turn into a method."""
    return f"{route.name}_short" if route.path == "/notify" else route.name
