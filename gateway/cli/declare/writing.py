"""Carries a plan out, one write after the other, and stops at the first refusal."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gateway.cli.declare.placeholders import MissingVariableError, filled
from gateway.cli.declare.state import Step
from gateway.cli.output import CommandError
from gateway.cli.posting import Gateway, path_to

MOST_NAMED = 20
METHODS = {
    "create": "PUT",
    "change": "PUT",
    "delete": "DELETE",
    "enable": "POST",
    "disable": "POST",
}


def ready(steps: Sequence[Step], environment: Mapping[str, str]) -> list[tuple[Step, Any]]:
    """Return each step with its body, secrets in the clear.

    Raises:
        CommandError: With every variable that is not set; nothing has been written then.
    """
    missing: list[str] = []
    found: list[tuple[Step, Any]] = []
    for step in steps:
        try:
            found.append((step, _body(step, environment)))
        except MissingVariableError as error:
            missing += error.names
    if missing:
        names = ", ".join(dict.fromkeys(missing))
        raise CommandError(f"Nothing was written: the environment lacks {names}.", 2)
    return found


async def write(
    gateway: Gateway,
    tenant: str,
    steps: Sequence[tuple[Step, Any]],
    heard: Callable[[Step], None],
) -> None:
    """Make every write in turn; `heard` is told of each that is done.

    Raises:
        CommandError: The gateway refused one, in its own words, with what was done and what not.
    """
    for done, (step, body) in enumerate(steps):
        try:
            await gateway.call(_method(step), _path(tenant, step), body)
        except CommandError as error:
            left = [str(each) for each, _ in steps[done + 1 :]]
            raise CommandError(_stopped(step, error, done, left)) from None
        heard(step)


def _body(step: Step, environment: Mapping[str, str]) -> Any:  # noqa: ANN401 - any JSON
    if not step.body:
        return None if METHODS[step.verb] != "PUT" else {}
    if step.section == "bindings":
        return {"identity": dict(step.body)}
    if step.section != "channels":
        return dict(step.body)
    secret = {each.path.removeprefix("config.") for each in step.changes if each.secret}
    config = {
        name: filled(value, environment) if name in secret else value
        for name, value in step.body["config"].items()
    }
    return {**step.body, "config": config}


def _method(step: Step) -> str:
    # A tenant's fields that the file leaves out stay as they are.
    tenants = step.section == "tenant" and step.verb == "change"
    return "PATCH" if tenants else METHODS[step.verb]


def _path(tenant: str, step: Step) -> str:
    if step.section == "tenant":
        return path_to("tenants", tenant)
    if step.section == "bindings":
        channel, _, user = step.name.partition("/")
        return path_to("tenants", tenant, "channels", channel, "bindings", user)
    switch = (step.verb,) if METHODS[step.verb] == "POST" else ()
    return path_to("tenants", tenant, step.section, step.name, *switch)


def _stopped(step: Step, error: CommandError, done: int, left: Sequence[str]) -> str:
    named = ", ".join(left[:MOST_NAMED])
    more = f" and {len(left) - MOST_NAMED} more" if len(left) > MOST_NAMED else ""
    rest = f" Not done: this and {named}{more}." if left else " Not done: this one."
    return f"{step}: {error} Done before it: {done} of {done + 1 + len(left)}.{rest}"
