"""`/healthz`, `/readyz`, `/metrics`, and the page behind every problem's `type`."""

import html
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from pydantic import BaseModel

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

    status: Literal["ready"] = "ready"
    checks: dict[str, str]


@router.get("/healthz")
async def healthz() -> Alive:
    """Tell that the process runs."""
    return Alive()


@router.get("/readyz", response_model=Ready, responses=openapi_answer(503))
async def readyz(request: Request) -> Response:
    """Tell whether store, engine and plugins work."""
    parts: Parts = request.app.state.parts
    found = await parts.ready()
    checks = {name: error or "ok" for name, error in found.items()}
    if not any(found.values()):
        return JSONResponse({"status": "ready", "checks": checks})
    broken = ", ".join(sorted(name for name, error in found.items() if error))
    problem = Problem("not_ready", f"not ready: {broken}")
    document = {**problem.document, "checks": checks}
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
