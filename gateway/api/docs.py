"""The OpenAPI document: what FastAPI finds, and the bodies that our own code reads."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import models_json_schema

from gateway import __version__
from gateway.api.problem import MEDIA_TYPE
from gateway.problems import PROBLEMS, ProblemDocument

_REF = "#/components/schemas/{model}"
_SUMMARY = (
    "One POST, and the right people hear of it on their own platform. "
    "Every error is an RFC 9457 problem; every answer carries `X-Request-Id`."
)
Docs = dict[str, Any]


def problems(*statuses: int) -> dict[int | str, Docs]:
    """Return the error answers of a route: those of every route, and these."""
    return openapi_answer(*sorted({401, 403, 404, 422, 500, 503, *statuses}))


def openapi_answer(*statuses: int) -> dict[int | str, Docs]:
    """Return just these error answers."""
    return {status: _answer(status) for status in statuses}


def body_of(
    model: type[BaseModel],
    example: Mapping[str, Any],
    *media: str,
    required: bool = True,
) -> Docs:
    """Describe a body that the handler reads by itself, after it knows who calls."""
    content = {"schema": {"$ref": _REF.format(model=model.__name__)}, "example": dict(example)}
    types = dict.fromkeys(("application/json", *media), content)
    return {"requestBody": {"required": required, "content": types}}


def openapi(app: FastAPI, bodies: Sequence[type[BaseModel]]) -> Docs:
    """Return the document, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title="Notification gateway",
            version=__version__,
            description=_SUMMARY,
            routes=app.routes,
        )
        _add_schemas(document, bodies)
        app.openapi_schema = document
    return app.openapi_schema


def _add_schemas(document: Docs, models: Sequence[type[BaseModel]]) -> None:
    wanted = [(model, "validation") for model in models]
    _, found = models_json_schema(wanted, ref_template=_REF)  # type: ignore[arg-type]
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    problem = TypeAdapter(ProblemDocument).json_schema(ref_template=_REF)
    schemas.update(found.get("$defs", {}))
    schemas.update(problem.pop("$defs", {}))
    schemas["Problem"] = problem


@functools.cache
def _answer(status: int) -> Docs:
    """Describe one error; a hundred routes share it."""
    codes = [code for code, kind in PROBLEMS.items() if kind.status == status]
    examples = {code: {"value": _example(code)} for code in codes}
    content = {"schema": {"$ref": _REF.format(model="Problem")}, "examples": examples}
    headers = {"Retry-After": {"schema": {"type": "integer"}}} if status in {429, 503} else {}
    answer = {"description": ", ".join(codes), "content": {MEDIA_TYPE: content}}
    return {**answer, "headers": headers} if headers else answer


def _example(code: str) -> Docs:
    kind = PROBLEMS[code]
    start = {"type": f"/problems#{code}", "title": kind.title, "status": kind.status}
    return {**start, "detail": f"{kind.title}.", "code": code}
