"""CloudEvents in structured mode: the envelope says what happened, `data` whom it concerns."""

from typing import Any

from pydantic import ValidationError

from gateway.api.body import parse_object, refused
from gateway.problems import FieldError, ProblemError, invalid
from gateway.request import NotifyRequest

MEDIA_TYPE = "application/cloudevents+json"
SHARED = ("id", "source", "type", "subject", "time")
REQUIRED = ("id", "source", "type", "specversion")
_KNOWN = {*SHARED, "specversion", "datacontenttype", "dataschema", "data"}


def unwrapped(body: bytes) -> NotifyRequest:
    """Read an event. Its extension attributes become attributes of the notification.

    Raises:
        ProblemError: It is no CloudEvent 1.0, or its `data` is no notification.
    """
    event = parse_object(body)
    _check(event)
    data = event.get("data", {})
    shared = {name: event[name] for name in SHARED if event.get(name) is not None}
    try:
        return NotifyRequest.model_validate({**data, **shared, **_attributes(event, data)})
    except ValidationError as error:
        raise _inside_data(refused(error)) from None


def _check(event: dict[str, Any]) -> None:
    for name in REQUIRED:
        if not event.get(name):
            raise invalid(["body", name], f"a CloudEvent has a {name}", "missing")
    if event["specversion"] != "1.0":
        raise invalid(["body", "specversion"], "this gateway reads CloudEvents 1.0")
    if not isinstance(event.get("data", {}), dict):
        raise invalid(["body", "data"], "the data of an event is an object", "dict_type")
    for name in SHARED:
        if name in event.get("data", {}):
            raise invalid(["body", "data", name], "this belongs to the event", "extra_forbidden")


def _attributes(event: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
    extensions = {name: value for name, value in event.items() if name not in _KNOWN}
    given = data.get("attributes")
    if not extensions or not isinstance(given, dict | None):
        return {}
    return {"attributes": {**extensions, **(given or {})}}


def _inside_data(error: ProblemError) -> ProblemError:
    """Say where in the event a field is that was read from its data."""
    problem = error.problem
    return ProblemError(problem.code, problem.detail, [_moved(each) for each in problem.errors])


def _moved(error: FieldError) -> FieldError:
    head, *rest = error["loc"]
    inside = bool(rest) and rest[0] not in SHARED
    return {**error, "loc": [head, "data", *rest] if inside else error["loc"]}
