"""The options that say what a channel, or a draft of one, is to be."""

import inspect
from typing import Annotated, Any

import typer

from gateway.cli.connecting import KEYWORD, signed
from gateway.cli.inputs import Words, asked, from_environment, given, nested, pairs
from gateway.cli.output import CommandError

FromEnvironment = Annotated[
    Words, typer.Option(help="NAME=VARIABLE: a secret from the environment; repeatable.")
]
PendingReview = Annotated[
    bool | None,
    typer.Option(
        "--pending-review/--no-pending-review",
        help="Whether a version of its application awaits a review on the platform.",
    ),
]


def drafted(  # noqa: PLR0913 - each is an option of the command line
    *,
    kind: Annotated[str | None, typer.Option("--type", help="lark or webhook, say.")] = None,
    config: Annotated[Words, typer.Option(help="NAME=VALUE; repeatable; no secrets.")] = None,
    secret_from_env: FromEnvironment = None,
    ask_secret: Annotated[
        Words, typer.Option(help="NAME: ask for this secret, unseen; repeatable.")
    ] = None,
    limit: Annotated[Words, typer.Option(help="NAME=NUMBER; 0 is off; repeatable.")] = None,
    label: Annotated[str | None, typer.Option(help="What people call it.")] = None,
) -> dict[str, Any]:
    """Return the body of a draft."""
    secrets = [*from_environment(secret_from_env), *asked(ask_secret)]
    settings = nested([*pairs(config, "--config"), *secrets])
    return given(type=kind, config=settings or None, limits=_limits(limit), label=label)


def whole(*, pending_review: bool | None = None, **options: Any) -> dict[str, Any]:  # noqa: ANN401 - those of a draft
    """Return the body of a channel: what a draft has, and whether a review is awaited."""
    return {**drafted(**options), **given(pending_review=pending_review)}


signed(
    whole,
    [
        *inspect.signature(drafted).parameters.values(),
        inspect.Parameter("pending_review", KEYWORD, default=None, annotation=PendingReview),
    ],
    whole,
)


def _limits(texts: Words) -> dict[str, int] | None:
    found = pairs(texts, "--limit")
    if not all(value.isascii() and value.isdigit() for _, value in found):
        raise CommandError("--limit takes NAME=NUMBER.", 2)
    return {name: int(value) for name, value in found} or None
