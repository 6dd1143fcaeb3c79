"""Regular expressions that an admin writes: linear in the text, whatever the expression."""

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator

MARK = "=~"
MOST_BYTES = 100_000  # of a compiled one: `(a{1000}){1000}` is refused
_REMEMBERED = 512


class ExpressionError(ValueError):
    """This is no regular expression, or one that could take for ever."""


def found(expression: str, text: str) -> bool:
    """Tell whether the expression is found anywhere in `text`; `^` and `$` are its ends.

    Raises:
        ExpressionError: It is none, or it looks around or back.
    """
    return bool(_compiled(expression).is_valid(text))


def check(expression: str) -> None:
    """Refuse what is no expression.

    Raises:
        ExpressionError: It is none, or it looks around or back.
    """
    _compiled(expression)


@lru_cache(_REMEMBERED)
def _compiled(expression: str) -> "Draft202012Validator":
    # Rust's engine, by way of the library that judges templates' data: Python's own backtracks.
    import jsonschema_rs  # noqa: PLC0415 - 8 MB that most installations never need

    options = jsonschema_rs.RegexOptions(size_limit=MOST_BYTES, dfa_size_limit=MOST_BYTES)
    try:
        return jsonschema_rs.Draft202012Validator({"pattern": expression}, pattern_options=options)
    except jsonschema_rs.ValidationError:
        raise ExpressionError(
            "no regular expression, or one that looks around, refers back or repeats too much"
        ) from None
