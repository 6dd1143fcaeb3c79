"""Turns whatever goes wrong into a problem document (RFC 9457)."""

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from gateway.connections import NotConfiguredError
from gateway.fence import PluginFault
from gateway.problems import Problem, ProblemError, field_errors
from gateway.store import StoreUnavailableError

MEDIA_TYPE = "application/problem+json"
_CODES = {401: "unauthenticated", 403: "forbidden", 404: "not_found", 405: "method_not_allowed"}


def respond(problem: Problem, headers: dict[str, str] | None = None) -> JSONResponse:
    """Return the answer of a problem."""
    return JSONResponse(
        problem.document,
        problem.status,
        {**problem.headers, **(headers or {})},
        media_type=MEDIA_TYPE,
    )


def install(app: FastAPI) -> None:
    """Answer every error of this application as a problem."""
    app.add_exception_handler(ProblemError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _framework)
    app.add_exception_handler(StoreUnavailableError, _unavailable)
    app.add_exception_handler(NotConfiguredError, _unopened)
    app.add_exception_handler(PluginFault, _faulty)


async def _refused(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ProblemError)  # noqa: S101 - Starlette hands over what was registered
    return respond(error.problem)


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    """Name the parameters that are not valid; bodies are read by our own code."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
    errors = tuple(field_errors(error.errors(), ()))
    return respond(Problem("validation_failed", "some parameters are not valid", errors))


async def _framework(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    code = _CODES.get(error.status_code, "bad_request")
    detail = HTTPStatus(error.status_code).description or str(error.detail)
    return respond(Problem(code, detail), dict(error.headers or {}))


async def _unavailable(_request: Request, _error: Exception) -> JSONResponse:
    """Say that nothing was written; the database's own words stay in the log."""
    return respond(Problem("store_unavailable", "nothing was accepted; try again shortly"))


async def _unopened(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, NotConfiguredError)  # noqa: S101 - as above
    return respond(Problem(error.code, str(error)))


async def _faulty(_request: Request, error: Exception) -> JSONResponse:
    """Tell whose fault it is: the others of the gateway work."""
    return respond(Problem("plugin_failed", str(error)))
