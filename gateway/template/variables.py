"""The JSON Schema that a template's data has to fit. Loaded only where a template has one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator

MOST_BYTES = 64 * 1024
MOST_FAULTS = 20
REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef", "$id", "$schema", "$vocabulary")
"""Nothing is fetched, and nothing that refers to itself can take for ever."""
_DEEPEST = 32


class SchemaError(ValueError):
    """This is no JSON Schema, or one with references."""

    def __init__(self, message: str, loc: Sequence[str | int] = ()) -> None:
        super().__init__(message)
        self.loc = tuple(loc)


@dataclass(frozen=True, slots=True)
class Misfit:
    """What of the data does not fit, and where."""

    loc: tuple[str | int, ...]
    message: str


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema that is ready to judge."""

    _validator: "Draft202012Validator"

    def misfits(self, data: Mapping[str, Any]) -> Sequence[Misfit]:
        """Return the first few things in the data that do not fit."""
        found = []
        for error in self._validator.iter_errors(data):
            found.append(Misfit(tuple(error.instance_path), error.message))
            if len(found) == MOST_FAULTS:
                break
        return found


def schema_of(source: Mapping[str, Any]) -> Schema | None:
    """Compile a schema; an empty one judges nothing.

    Raises:
        SchemaError: It is none, or it refers to something.
    """
    if not source:
        return None
    for loc, name in _references(source, ()):
        raise SchemaError(f"{name} is not available: write the schema out", loc)
    import jsonschema_rs  # noqa: PLC0415 - 8 MB that most installations never need

    try:
        validator = jsonschema_rs.Draft202012Validator(
            dict(source),
            retriever=_nothing_to_fetch,
            pattern_options=jsonschema_rs.RegexOptions(),  # linear in time, whatever the pattern
        )
    except jsonschema_rs.ValidationError as error:
        raise SchemaError(error.message, error.instance_path) from None
    except (ValueError, RecursionError) as error:
        raise SchemaError(str(error)) from None
    return Schema(validator)


def declared(source: Mapping[str, Any]) -> frozenset[str] | None:
    """Return the variables that a schema names; None where it names none at all."""
    properties = source.get("properties")
    return frozenset(properties) if isinstance(properties, Mapping) else None


def _references(
    part: object, loc: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if len(loc) > _DEEPEST:
        raise SchemaError("the schema is nested too deeply", loc[:_DEEPEST])
    match part:
        case Mapping():
            for name, each in part.items():
                if name in REFERENCES:
                    yield (*loc, name), name
                yield from _references(each, (*loc, name))
        case list():
            for at, each in enumerate(part):
                yield from _references(each, (*loc, at))


def _nothing_to_fetch(uri: str) -> NoReturn:
    raise ValueError(f"{uri} is not fetched")
