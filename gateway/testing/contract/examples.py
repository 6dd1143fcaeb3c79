"""Makes a configuration up from what its model says of itself: examples, defaults, types."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

CANARY = "canary-0123456789"
ADDRESS = "https://platform.example"
BY_TYPE: Mapping[str, Any] = {"boolean": False, "array": [], "object": {}, "null": None}


def example_of(model: type[BaseModel]) -> dict[str, Any]:
    """Return a configuration for `model`; whether it is valid, only the model knows."""
    schema = model.model_json_schema()
    whole = schema.get("examples")
    if isinstance(whole, list) and whole:
        return dict(whole[0])
    needed = set(schema.get("required", ()))
    return {
        name: _value(_resolved(each, schema))
        for name, each in schema.get("properties", {}).items()
        if name in needed or each.get("examples")
    }


def _resolved(field: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference, and take the first of several possible types."""
    if "$ref" in field:
        name = str(field["$ref"]).rpartition("/")[2]
        return {**schema["$defs"][name], **field}
    first = next(iter(field.get("anyOf", ())), None)
    return {**_resolved(first, schema), **field} if first else field


def _value(field: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON
    for name in ("examples", "enum"):
        if field.get(name):
            return field[name][0]
    if "const" in field:
        return field["const"]
    kind = str(field.get("type"))
    if kind in ("integer", "number"):
        return field.get("minimum", field.get("exclusiveMinimum", 0) + 1)
    if kind == "string":
        return _text(field)
    return BY_TYPE.get(kind, CANARY)


def _text(field: Mapping[str, Any]) -> str:
    if str(field.get("format", "")).startswith("uri"):
        return ADDRESS
    text = CANARY if field.get("writeOnly") else "example"
    return text.ljust(int(field.get("minLength", 0)), "0")[: field.get("maxLength")]
