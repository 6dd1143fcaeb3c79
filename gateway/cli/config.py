"""The settings in force, or a sentence about what is wrong with them."""
# ruff: noqa: PLC0415 - heavy imports wait until a command runs

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.cli.output import CommandError

if TYPE_CHECKING:
    from pydantic import ValidationError

    from gateway.settings import Settings

PREFIX = "GATEWAY_"


def load(**given: Any) -> "Settings":  # noqa: ANN401 - the fields of Settings
    """Return the settings; what an option gives wins over the environment and the file.

    Raises:
        CommandError: A setting is wrong; the sentence names it and never shows its value.
    """
    import tomllib

    from pydantic import ValidationError

    from gateway.settings import Settings

    _look_for_file()
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        raise CommandError(_sentence(error), 2) from None
    except tomllib.TOMLDecodeError as error:
        raise CommandError(f"The file that GATEWAY_CONFIG names is not TOML: {error}.", 2) from None


def variable(field: str) -> str:
    """Return the environment variable of a setting."""
    return PREFIX + field.upper()


def _look_for_file() -> None:
    named = os.environ.get("GATEWAY_CONFIG")
    if named and not Path(named).is_file():
        raise CommandError(f"GATEWAY_CONFIG names {named}, and there is no such file.", 2)


def _sentence(error: "ValidationError") -> str:
    told = [_one(each["loc"], each["msg"]) for each in error.errors(include_input=False)]
    return "; ".join(told) + "."


def _one(loc: tuple[int | str, ...], message: str) -> str:
    text = message.removeprefix("Value error, ").rstrip(".")
    return f"{variable(str(loc[0]))}: {text}" if loc else text
