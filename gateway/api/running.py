"""`/healthz`, `/readyz`, `/metrics`, and the page behind every problem's `type`."""

import html
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from pydantic import BaseModel, Field

from gateway.api.docs import openapi_answer
from gateway.api.parts import Parts
from gateway.api.problem import MEDIA_TYPE
from gateway.problems import PROBLEMS, Problem

router = APIRouter(tags=["running"])


class Alive(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Ready(BaseModel):
    """Whether each component works."""

    status: Annotated[
        Literal["ready", "degraded"],
        Field(description="Degraded: a plugin did not load; the channels of the others work."),
    ]
    checks: dict[str, str]
    plugins: Annotated[dict[str, str], Field(description="Each plugin that did not load, and why.")]


@router.head("/healthz", include_in_schema=False)
async def healthz_head() -> Response:
    """Tell the same to whoever wants no body, as many load balancers do."""
    return Response()


@router.head("/readyz", include_in_schema=False)
async def readyz_head(request: Request) -> Response:
    """Tell by the status alone whether store and engine work."""
    answer = await readyz(request)
    kept = {name: answer.headers[name] for name in ("retry-after",) if name in answer.headers}
    return Response(status_code=answer.status_code, headers=kept)


@router.get("/healthz")
async def healthz() -> Alive:
    """Tell that the process runs."""
    return Alive()


@router.get("/readyz", response_model=Ready, responses=openapi_answer(503))
async def readyz(request: Request) -> Response:
    """Tell whether store and engine work, and name the plugins that did not load.

    A broken plugin takes nobody else with it, least of all out of a load balancer.
    """
    parts: Parts = request.app.state.parts
    found = await parts.ready()
    told = {
        "checks": {name: error or "ok" for name, error in found.items()},
        "plugins": {plugin.name: plugin.error for plugin in parts.registry.broken},
    }
    if not any(found.values()):
        return JSONResponse({"status": "degraded" if told["plugins"] else "ready", **told})
    broken = ", ".join(sorted(name for name, error in found.items() if error))
    problem = Problem("not_ready", f"not ready: {broken}")
    document = {**problem.document, **told}
    return JSONResponse(document, problem.status, problem.headers, media_type=MEDIA_TYPE)


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(request: Request) -> Response:
    """Show the counters for Prometheus; no label names a person or a tenant."""
    parts: Parts = request.app.state.parts
    body, media_type = parts.metrics()
    return Response(body, media_type=media_type)


@router.get("/problems", include_in_schema=False)
async def problems() -> HTMLResponse:
    """Explain every code in words."""
    rows = "".join(
        f'<tr id="{code}"><td><code>{code}</code><td>{kind.status}<td>{html.escape(kind.title)}'
        for code, kind in PROBLEMS.items()
    )
    head = "<!doctype html><html lang=en><meta charset=utf-8><title>Problems</title>"
    return HTMLResponse(f"{head}<h1>Problems</h1><table>{rows}</table>")
