"""`${NAME}` in a configuration stands for an environment variable: pure."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

MARK = re.compile(r"\$(\$\{)|\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class MissingVariableError(Exception):
    """Variables that are named are not set, or are empty."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(", ".join(names))
        self.names = names


def filled(value: Any, environment: Mapping[str, str]) -> Any:  # noqa: ANN401 - any JSON
    """Return `value` with the variables in its texts; `$${` is a plain `${`.

    Raises:
        MissingVariableError: With everything that is not set.
    """
    missing = tuple(sorted({name for name in variables(value) if not environment.get(name)}))
    if missing:
        raise MissingVariableError(missing)
    return _texts(value, lambda text: MARK.sub(lambda mark: _meant(mark, environment), text))


def escaped(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return what `filled` turns into `value`."""
    return _texts(value, lambda text: text.replace("${", "$${"))


def variables(value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    """Name the variables in a value."""
    match value:
        case str():
            yield from (mark[2] for mark in MARK.finditer(value) if mark[2])
        case dict():
            for inner in value.values():
                yield from variables(inner)
        case list():
            for inner in value:
                yield from variables(inner)


def _meant(mark: re.Match[str], environment: Mapping[str, str]) -> str:
    return mark[1] or environment[mark[2]]


def _texts(value: Any, change: Callable[[str], str]) -> Any:  # noqa: ANN401 - any JSON
    match value:
        case str():
            return change(value)
        case dict():
            return {name: _texts(inner, change) for name, inner in value.items()}
        case list():
            return [_texts(inner, change) for inner in value]
        case _:
            return value
