"""Query parameters: one that nobody declared is refused, for a misspelt filter lists everything."""

from collections.abc import Iterator, Sequence

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from gateway.problems import ProblemError, field_error

TENANT = "tenant"
"""Narrows any list of an owner's, also where the address names the tenant already."""
_WITHOUT_BODY = frozenset({"GET", "HEAD", "DELETE"})
_OF_BODIES = frozenset({"dry_run"})
"""What must not be passed over: who says it in the address wants nothing to happen."""


def check_parameters(request: Request) -> None:
    """Refuse a parameter that the address does not take.

    Where everything wanted is said by the body, senders may add to the address what they like, but
    for what they might take for an order.

    Raises:
        ProblemError: It names each of them.
    """
    route = request.scope.get("route")
    if not request.query_params or not isinstance(route, APIRoute):
        return
    own = frozenset(_names(route.dependant))
    given = dict.fromkeys(request.query_params)
    if own or request.method in _WITHOUT_BODY:
        known = own | {TENANT}
        said = f"there is no such parameter; known: {', '.join(sorted(known))}"
        _refuse([name for name in given if name not in known], said)
    else:
        _refuse([name for name in given if name in _OF_BODIES], "this is said in the body")


def _refuse(names: Sequence[str], said: str) -> None:
    errors = [field_error(["query", name], said, "extra_forbidden") for name in names]
    if errors:
        raise ProblemError("validation_failed", "some parameters are not known", errors)


def _names(dependant: Dependant) -> Iterator[str]:
    yield from (field.alias for field in dependant.query_params)
    for each in dependant.dependencies:
        yield from _names(each)
