"""`/docs`: the API for people, written from the OpenAPI document by this process alone.

No script and nothing from elsewhere: it reads the same behind a strict network.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, select_autoescape

router = APIRouter(include_in_schema=False)
PAGES = Path(__file__).parent / "pages"
METHODS = ("get", "post", "put", "patch", "delete")
CSP = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"
_pages = Environment(loader=FileSystemLoader(PAGES), autoescape=select_autoescape())


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing to say in the address or a header."""

    name: str
    place: str
    required: bool
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing to ask for."""

    id: str
    method: str
    path: str
    title: str
    text: str
    parameters: tuple[Parameter, ...]
    example: str
    answers: tuple[tuple[str, str], ...]


@router.get("/docs")
async def docs(request: Request) -> HTMLResponse:
    """Show every operation."""
    document = request.app.openapi()
    page = _pages.get_template("docs.html").render(info=document["info"], groups=groups(document))
    return HTMLResponse(page, headers={"Content-Security-Policy": CSP})


@router.get("/docs/style.css")
async def style() -> Response:
    """Return the page's looks."""
    return Response((PAGES / "docs.css").read_text(), media_type="text/css")


def groups(document: Mapping[str, Any]) -> dict[str, list[Operation]]:
    """Return the document's operations by tag, in the order in which they stand."""
    found: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                tag = (methods[method].get("tags") or ["other"])[0]
                found.setdefault(tag, []).append(_operation(document, method, path, methods))
    return found


def _operation(
    document: Mapping[str, Any], method: str, path: str, methods: Mapping[str, Any]
) -> Operation:
    told = methods[method]
    parameters = [*methods.get("parameters", ()), *told.get("parameters", ())]
    return Operation(
        id=told.get("operationId", f"{method}{path}"),
        method=method.upper(),
        path=path,
        title=told.get("summary", ""),
        text=told.get("description", ""),
        parameters=tuple(map(_parameter, parameters)),
        example=_example(document, told),
        answers=tuple((code, one.get("description", "")) for code, one in _answers(told)),
    )


def _answers(told: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from sorted(told.get("responses", {}).items())


def _parameter(one: Mapping[str, Any]) -> Parameter:
    schema = one.get("schema", {})
    kinds = [schema, *schema.get("anyOf", ())]
    kind = next((each["type"] for each in kinds if each.get("type") not in {None, "null"}), "")
    required = bool(one.get("required"))
    return Parameter(one["name"], one["in"], required, kind, one.get("description", ""))


def _example(document: Mapping[str, Any], told: Mapping[str, Any]) -> str:
    content = (told.get("requestBody") or {}).get("content", {}).get("application/json", {})
    if not content:
        return ""
    given: Any = content.get("example") or next(iter((content.get("examples") or {}).values()), {})
    value = given.get("value", given) if given else _sketch(document, content.get("schema", {}))
    return json.dumps(value, ensure_ascii=False, indent=2)


def _sketch(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """Return the fields of an object with their kinds, one level deep."""
    name = schema.get("$ref", "").rpartition("/")[2]
    meant = document["components"]["schemas"].get(name, schema) if name else schema
    if meant.get("example") or meant.get("examples"):
        return meant.get("example") or meant["examples"][0]
    fields = meant.get("properties", {})
    return {field: one.get("type", "…") for field, one in fields.items()}
