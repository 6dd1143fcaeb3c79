"""Writes the reference pages from the code; a test fails when they are stale.

Run `make docs` after changing a setting, a command, a reason, a problem, an error or a plugin.
"""
# ruff: noqa: INP001 - a script, no package

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import structlog
import typer

from docs.generate_sdk import sdk
from docs.generate_types import matrix
from docs.one_card import page as one_card
from docs.one_card import surfaces
from docs.seed_rows import page as seed_rows
from gateway import errors
from gateway.cli import app
from gateway.plugin import ChannelType
from gateway.problems import PROBLEMS
from gateway.reasons import EXPLANATIONS
from gateway.registry import load, secret_fields
from gateway.settings import Settings

REFERENCE = Path(__file__).parent / "reference"
NOTE = "<!-- Written by docs/generate.py from the code: run `make docs`, never edit. -->"
CONNECTING = frozenset({"tenant", "url", "key", "as_json"})
EVERY_CHANNEL = (
    "Common to all: `label`, `proxy`, and `limits` (`user_window_seconds`, `monthly_quota`, "
    "`calls_per_second`, `calls_per_minute`; 0 switches one off)."
)


def pages() -> dict[str, str]:
    """Return every generated page by its file name."""
    return {
        "settings.md": _page("Settings", _settings()),
        "cli.md": _page("Command line", _cli()),
        "reasons.md": _page("Reasons", _reasons()),
        "problems.md": _page("Problem codes", _problems()),
        "channel-types.md": _page("Channel types", _channel_types()),
        "one-card.md": _page("One card on every surface", one_card(list(surfaces()))),
        "errors.md": _page("Errors a plugin raises", _errors()),
        "seed-behaviours.md": _page("What the seed products do", seed_rows()),
        "sdk.md": _page("The plugin SDK", sdk()),
    }


def main() -> None:
    """Write the pages."""
    REFERENCE.mkdir(exist_ok=True)
    for name, text in pages().items():
        (REFERENCE / name).write_text(text, encoding="utf-8")


def _page(title: str, parts: Iterable[str]) -> str:
    return "\n\n".join((f"# {title}", NOTE, *parts)) + "\n"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _settings() -> Iterable[str]:
    yield (
        "An operator sets these as environment variables, or in a TOML file that "
        "`GATEWAY_CONFIG` names (there without the prefix and in lower case). The environment "
        "wins. `gateway settings` shows what is in force and where it came from."
    )
    rows = [
        (f"`GATEWAY_{name.upper()}`", _default(field.default), field.description or "")
        for name, field in Settings.model_fields.items()
    ]
    yield _table(("setting", "default", "what it is"), rows)


def _default(value: object) -> str:
    return "not set" if value in (None, ()) else f"`{value}`"


def _cli() -> Iterable[str]:
    group: Any = typer.main.get_command(app)
    yield (
        "`gateway --help` and `gateway COMMAND --help` tell the same. What can be mended is "
        "told in one sentence; the exit code is then 1, or 2 where the call itself was wrong."
    )
    for name, command in group.commands.items():
        yield f"## gateway {name}"
        yield " ".join((command.help or "").split())
        yield from _command(name, command)


def _command(name: str, command: Any) -> Iterable[str]:  # noqa: ANN401 - click's own
    """Yield a command's options, or the same of each command of a group."""
    if not hasattr(command, "commands"):
        yield _options(command.params)
        return
    yield "Each also takes `--url`, `--key`, `--json` and, but for `gateway tenant`, `--tenant`."
    for verb, inner in command.commands.items():
        yield f"### gateway {name} {verb}"
        yield " ".join((inner.help or "").split())
        own = [each for each in inner.params if each.name not in CONNECTING]
        yield from [_options(own)] if own else []


def _options(parameters: Iterable[Any]) -> str:
    return _table(("option", "default", "what it does"), map(_option, parameters))


def _option(parameter: Any) -> tuple[str, str, str]:  # noqa: ANN401 - click's own
    words = (*parameter.opts, *parameter.secondary_opts)
    names = ", ".join(f"`{name}`" for name in words)
    if parameter.param_type_name == "argument":
        names = f"`{parameter.name.upper()}`"
    shown = getattr(parameter, "show_default", None)
    given = shown if isinstance(shown, str) else parameter.default
    default = "" if given in (None, False) else f"`{given}`"
    variable = f" Also `{parameter.envvar}`." if parameter.envvar else ""
    return names, default, f"{(getattr(parameter, 'help', '') or '').rstrip('.')}.{variable}"


def _reasons() -> Iterable[str]:
    yield (
        "Why a delivery is held, failed, suppressed, expired, canceled or superseded. The table "
        "is closed: no other reason occurs."
    )
    rows = [(f"`{reason}`", told.en, told.zh_cn, told.fix) for reason, told in EXPLANATIONS.items()]
    yield _table(("reason", "in words", "中文", "what to do"), rows)


def _problems() -> Iterable[str]:
    yield (
        "Every refusal of the API is an `application/problem+json` document (RFC 9457) whose "
        "`code` is one of these. A 422 also names the fields in `errors`; 429 and 503 carry "
        "`Retry-After`."
    )
    rows = [(f"`{code}`", str(kind.status), kind.title) for code, kind in PROBLEMS.items()]
    yield _table(("code", "status", "title"), rows)


def _channel_types() -> Iterable[str]:
    offers = load(structlog.get_logger("docs")).offers
    types = {name: offers[name].channel_type for name in sorted(offers)}
    yield "What the plugins of this distribution offer. Secrets are in **bold**."
    yield EVERY_CHANNEL
    for title, told, (head, *rows) in matrix(types):
        yield f"## {title}"
        yield told
        yield _table(head, rows)
    for channel_type in types.values():
        yield from _channel_type(channel_type)


def _channel_type(channel_type: ChannelType) -> Iterable[str]:
    yield f"## {channel_type.name}"
    yield f"{' / '.join(dict.fromkeys(channel_type.titles.values()))}."
    secrets = secret_fields(channel_type)
    fields = channel_type.credential.model_fields.items()
    rows = [
        (
            f"**`{name}`**" if name in secrets else f"`{name}`",
            "yes" if field.is_required() else "",
            field.description or field.title or "",
        )
        for name, field in fields
    ]
    yield _table(("field", "required", "what it is"), rows)


def _errors() -> Iterable[str]:
    yield (
        "A plugin says why a call failed by the class it raises, and the class says what "
        "happens next. Anything else that leaves a plugin is a mistake in it: the delivery is "
        "tried again up to five times and then fails as `plugin_error`; its neighbours do not "
        "notice."
    )
    tree = (errors.__doc__ or "").split("\n\n")[1]
    yield f"```text\n{tree}\n```"
    rows = [(f"`{kind.__name__}`", _summary(kind)) for kind in _family(errors.DeliveryError)]
    yield _table(("class", "when"), rows)


def _family(kind: type[Exception]) -> Iterable[type[Exception]]:
    yield kind
    for child in kind.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from _family(child)


def _summary(kind: type[Exception]) -> str:
    return (kind.__doc__ or "").partition("\n\n")[0]


if __name__ == "__main__":
    main()
